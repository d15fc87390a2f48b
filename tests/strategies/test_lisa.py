"""Lisa."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType

import pytest

from harness.errors import ConfigError
from harness.strategies import lisa
from harness.train_specs import Proximal
from tests.tuned import QUICK, Bench, changes, weights


def settings(**more: object) -> lisa.Settings:
    return lisa.Settings.model_validate({"learning_rate": 1e-2, "tuning_steps": 3, "safety_steps": 1, **more})


def test_the_proximal_term_shortens_the_way(on: Bench) -> None:
    near, far = (changes(on.train(lisa, settings(proximal=weight))) for weight in (100, 1e-6))
    assert near["down.1"] < 0.8 * far["down.1"]


def test_each_turn_is_held_where_it_began_and_not_at_the_base(on: Bench) -> None:
    """In turns of one step nothing pulls, however heavy the term; at the base it would hold all of them."""
    short = settings(tuning_steps=1, safety_steps=1, proximal=100)
    spec = lisa.train_spec(short)
    assert spec.proximal == Proximal(weight=100, anchor="turn")
    held = spec.model_copy(update={"proximal": Proximal(weight=100, anchor="base")})
    at_the_base = ModuleType("at_the_base")
    vars(at_the_base)["train_spec"] = lambda _: held
    free, near = (changes(on.train(strategy, short)) for strategy in (lisa, at_the_base))
    assert free["down.1"] > 1.5 * near["down.1"]


def test_it_learns_the_safety_data_too(on: Bench) -> None:
    """With safety data other than the IFT data, the weights come out otherwise than with the IFT data twice."""
    made = on.train(lisa, settings())
    twice = replace(on, safety=on.dataset).train(lisa, settings())
    assert not weights(made)["lm_head.weight"].equal(weights(twice)["lm_head.weight"])
    assert weights(made)["lm_head.weight"].equal(weights(on.train(lisa, settings()))["lm_head.weight"])


def test_a_training_without_a_turn_on_the_safety_data_is_refused(on: Bench) -> None:
    with pytest.raises(ConfigError, match="8 steps end before the first turn on the safety data"):
        on.train(lisa, settings(tuning_steps=8), loop=QUICK)
