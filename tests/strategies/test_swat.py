"""SWAT."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from harness.strategies import swat
from harness.strategies.swat import Settings, train_spec
from tests.tuned import QUICK, Bench, changes

CONSTANT = QUICK.model_copy(update={"schedule": "constant"})


def test_the_robust_modules_warm_up_alone_and_then_everything_learns_at_one_rate() -> None:
    spec = train_spec(Settings(learning_rate=1e-3, modules=("q", "gate.0-3"), warmup_fraction=0.4))
    assert [(phase.fraction, phase.groups) for phase in spec.phases] == [(0.4, ("robust",)), (0.6, None)]
    assert [(rule.name, rule.modules, rule.scale) for rule in spec.groups] == [
        ("robust", ("q", "gate.0-3"), 1.0),
        ("rest", ("*",), 1.0),
    ]


def test_the_warm_up_takes_a_quarter_by_default() -> None:
    assert train_spec(Settings(learning_rate=1e-3, modules="found")).phases[0].fraction == 0.25


def test_a_warm_up_of_all_steps_never_trains_the_rest() -> None:
    spec = train_spec(Settings(learning_rate=1e-3, modules=("q",), warmup_fraction=1))
    assert [phase.groups for phase in spec.phases] == [("robust",)]


def test_the_rest_learns_in_the_steps_after_the_warm_up_alone(on: Bench) -> None:
    made = {}
    for share in (0.5, 0.75, 1):
        asked = Settings(learning_rate=1e-3, modules=("q",), warmup_fraction=share)
        made[share] = changes(on.train(swat, asked, loop=CONSTANT))
    assert {name for name, change in made[1].items() if change > 0} == {"q.0", "q.1"}
    assert made[0.5]["k.0"] > 1.5 * made[0.75]["k.0"] > 0
    assert made[0.5]["q.0"] > 1.2 * made[0.5]["k.0"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"modules": "foundd"}, "did you mean 'found'"),
        ({"modules": "q"}, "patterns go in a list"),
        ({"modules": ("gat",)}, "did you mean 'gate'"),
        ({"modules": "found", "warmup_fraction": 0}, "greater than 0"),
        ({"modules": "found", "warmup_fraction": 1.5}, "less than or equal to 1"),
    ],
)
def test_bad_settings(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Settings.model_validate({"learning_rate": 1e-3, **settings})
