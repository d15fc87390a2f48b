"""ML-LR."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from harness.strategies.ml_lr import Settings, train_spec


def test_robust_modules_learn_at_the_rate_and_the_rest_at_a_tenth() -> None:
    spec = train_spec(Settings(learning_rate=1e-3, modules=("q", "gate.0-3")))
    assert [(rule.name, rule.modules, rule.scale) for rule in spec.groups] == [
        ("robust", ("q", "gate.0-3"), 1.0),
        ("rest", ("*",), 0.1),
    ]
    assert spec.learning_rate == 1e-3


def test_rest_ratio_0_freezes_the_rest() -> None:
    assert train_spec(Settings(learning_rate=1e-3, modules=("q",), rest_ratio=0)).groups[1].scale == 0


def test_robust_modules_must_exist_and_the_rest_need_not() -> None:
    groups = train_spec(Settings(learning_rate=1e-3, modules=("q",))).groups
    assert [rule.optional for rule in groups] == [False, True]


@pytest.mark.parametrize("name", ["found", "random", "complement"])
def test_modules_may_come_from_the_search(name: str) -> None:
    spec = train_spec(Settings.model_validate({"learning_rate": 1e-3, "modules": name}))
    assert spec.groups[0].modules == (f"@{name}",)
    assert spec.needs_search


def test_patterns_need_no_search() -> None:
    assert not train_spec(Settings(learning_rate=1e-3, modules=("q",))).needs_search


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"modules": ()}, "at least 1 item"),
        ({"modules": ("gat",)}, "did you mean 'gate'"),
        ({"modules": ("q",), "rest_ratio": -1}, "greater than or equal to 0"),
        ({"modules": ("q",), "ratio": 1}, "Extra inputs"),
    ],
)
def test_bad_settings(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Settings.model_validate({"learning_rate": 1e-3, **settings})
