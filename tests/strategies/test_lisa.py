"""Lisa."""

from __future__ import annotations

import pytest

from harness.errors import ConfigError
from harness.strategies import lisa
from tests.tuned import QUICK, Bench, changes


def settings(**more: object) -> lisa.Settings:
    return lisa.Settings.model_validate({"learning_rate": 1e-2, "tuning_steps": 3, "safety_steps": 1, **more})


def test_the_proximal_term_shortens_the_way(on: Bench) -> None:
    near, far = (changes(on.train(lisa, settings(proximal=weight))) for weight in (100, 1e-6))
    assert near["down.1"] < 0.8 * far["down.1"]


def test_it_learns_the_safety_data_too(on: Bench) -> None:
    """With safety data other than the IFT data, the weights come out otherwise than with the IFT data twice."""
    from tests.tuned import weights

    twice = on.train(lisa, settings(), extra=())
    once = on.train(lisa, settings(safety_steps=2), extra=())
    assert not weights(twice)["lm_head.weight"].equal(weights(once)["lm_head.weight"])


def test_a_training_without_a_turn_on_the_safety_data_is_refused(on: Bench) -> None:
    with pytest.raises(ConfigError, match="8 steps end before the first turn on the safety data"):
        on.train(lisa, settings(tuning_steps=8), loop=QUICK)
