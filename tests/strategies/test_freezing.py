"""Layer freezing (SPPFT)."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from harness.strategies import freezing
from harness.strategies.freezing import Settings
from tests.tuned import Bench, weights


def test_frozen_layers_do_not_move_and_the_rest_does(on: Bench) -> None:
    tuned = weights(on.train(freezing, Settings(learning_rate=1e-2, layers=(1, 1))))
    for name, before in weights(on.base).items():
        assert tuned[name].equal(before) == (".layers.1." in name and "norm" not in name), name


def test_found_layers_are_asked_of_the_analysis() -> None:
    spec = freezing.train_spec(Settings(learning_rate=1e-2, layers="found", count=3))
    assert spec.needs_analysis and not spec.needs_search
    assert spec.groups[0].modules == ("@safety_layers:3",)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"layers": "found"}, "found with a count"),
        ({"layers": (0, 1), "count": 2}, "without one"),
        ({"layers": (3, 1)}, "must not be below 0 or after the last"),
    ],
)
def test_a_mistake_is_named(given: dict[str, Any], expected: str) -> None:
    with pytest.raises(ValidationError, match=expected):
        Settings.model_validate({"learning_rate": 1e-2, **given})
