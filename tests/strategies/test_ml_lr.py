"""ML-LR."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from harness.strategies import ml_lr
from harness.strategies.ml_lr import Settings, train_spec
from tests.tuned import Bench, changes


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


def test_the_rest_moves_and_far_less_than_the_robust_modules(on: Bench) -> None:
    moved = changes(on.train(ml_lr, Settings(learning_rate=1e-3, modules=("q", "up.1"), rest_ratio=0.01)))
    robust = {"q.0", "q.1", "up.1"}
    assert min(moved[name] for name in robust) > 10 * max(moved[name] for name in moved.keys() - robust)
    assert min(moved.values()) > 0


def test_the_rest_keeps_still_at_a_ratio_of_0(on: Bench) -> None:
    moved = changes(on.train(ml_lr, Settings(learning_rate=1e-3, modules=("q",), rest_ratio=0)))
    assert {name for name, change in moved.items() if change > 0} == {"q.0", "q.1"}


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
