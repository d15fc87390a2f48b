"""The values of a sweep, and how they stand in names."""

from __future__ import annotations

from typing import Any

import pytest

from harness.errors import ConfigError
from harness.sweep_values import short, values_of


def values(given: Any) -> tuple[Any, ...]:
    return values_of(given, at="x", cap=500).values


def names(given: Any) -> tuple[str, ...]:
    return values_of(given, at="x", cap=500).names


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (2e-4, "2e-4"), (0.1, "0.1"), (0.01, "0.01"), (1e-3, "1e-3"), (0.0025, "0.0025"), (1.0, "1"), (300, "300"),
        (1000, "1000"), (1_500_000, "1.5e6"), (1_234_567, "1234567"), (1234.5, "1234"), (0, "0"), (-0.5, "-0.5"),
        (True, "true"), (None, "none"), ("found", "found"), (["q", "k.0-3"], "q+k.0-3"), (float("inf"), "inf"),
    ],
)  # fmt: skip
def test_values_are_written_short(value: Any, name: str) -> None:
    assert short(value, digits=3) == name


def test_a_range_has_both_ends() -> None:
    logarithmic = values({"from": 0.01, "to": 1, "steps": 5, "scale": "log"})
    assert logarithmic == (0.01, 0.0316227766017, 0.1, 0.316227766017, 1)
    assert values({"from": 0.1, "to": 0.4, "steps": 4}) == (0.1, 0.2, 0.3, 0.4)
    assert values({"from": 3, "to": 1, "steps": 2}) == (3, 1)


def test_a_range_of_whole_numbers_stays_whole() -> None:
    assert [repr(v) for v in values({"from": 1, "to": 64, "steps": 4, "scale": "log"})] == ["1", "4", "16", "64"]
    assert [repr(v) for v in values({"from": 0, "to": 1, "steps": 3})] == ["0.0", "0.5", "1.0"]


def test_powers_of_ten_that_yaml_takes_for_text_are_numbers() -> None:
    assert values(["2e-4", "found"]) == (2e-4, "found")
    assert values({"from": "1e-4", "to": "1e-3", "steps": 2}) == (1e-4, 1e-3)


def test_names_have_as_many_digits_as_tell_them_apart() -> None:
    assert names({"from": 1, "to": 1.002, "steps": 3}) == ("1", "1.001", "1.002")
    assert names([0.123456781, 0.123456782]) == ("0.123456781", "0.123456782")
    assert names([0.12345]) == ("0.12345",)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], "has no values"),
        (3, "must be a list, or a range such as {from: 0.01,"),
        ([1, 1.0], "1 stands there twice"),
        (["1", 1], "1 stands there twice"),
        ([{"a": 1}], "neither number, word, null nor a list"),
        ([[]], "neither number, word, null nor a list"),
        (["a/b"], "'a/b' does not fit into a variant's name"),
        ({"from": 1, "too": 2, "steps": 2}, "no key 'too'; did you mean 'to'?; it has from, to, steps, scale"),
        ({"from": 1}, "a range needs to and steps, e.g. {from: 0.01"),
        ({"from": "a", "to": 2, "steps": 2}, "from: must be a finite number (got 'a')"),
        ({"from": 1, "to": float("nan"), "steps": 2}, "to: must be a finite number"),
        ({"from": 1, "to": 10**400, "steps": 2}, "to: must be a finite number"),
        ({"from": 1, "to": True, "steps": 2}, "to: must be a finite number"),
        ({"from": 1, "to": 2, "steps": 1}, "steps: must be a whole number from 2 to 500 (got 1)"),
        ({"from": 1, "to": 2, "steps": 2.0}, "steps: must be a whole number"),
        ({"from": 1, "to": 2, "steps": 10**9}, "steps: must be a whole number from 2 to 500"),
        ({"from": 1, "to": 2, "steps": 2, "scale": "lgo"}, "scale: must be linear or log; did you mean 'log'?"),
        ({"from": 1, "to": 1, "steps": 2}, "from and to are the same (1)"),
        ({"from": 0, "to": 1, "steps": 2, "scale": "log"}, "scale: log needs from and to above 0 (got 0 and 1)"),
    ],
)
def test_mistakes_are_named(given: Any, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        values_of(given, at="my.yaml: variants.a.sweep.rate", cap=500)
    assert str(caught.value).startswith("my.yaml: variants.a.sweep.rate: ")
    assert words in str(caught.value)
