"""WiSE-FT."""

from __future__ import annotations

import pytest
import torch

from harness.specs import LoraSpec
from harness.strategies import wise_ft
from tests.tuned import Bench, changes, summary, weights


def settings(share: float) -> wise_ft.Settings:
    return wise_ft.Settings(learning_rate=1e-2, share=share)


def test_every_weight_lies_between_the_bases_and_the_tuned_one(on: Bench) -> None:
    trained = on.train(wise_ft, settings(0.25))
    made, base, tuned = weights(on.restore(wise_ft, settings(0.25), trained)), weights(on.base), weights(trained)
    for name in base:
        torch.testing.assert_close(made[name], 0.75 * base[name] + 0.25 * tuned[name])


def test_the_whole_share_is_the_tuned_model(on: Bench) -> None:
    trained = on.train(wise_ft, settings(1))
    made, tuned = weights(on.restore(wise_ft, settings(1), trained)), weights(trained)
    assert all(made[name].equal(tuned[name]) for name in tuned)


def test_an_adapter_stays_one_and_changes_by_the_share(on: Bench) -> None:
    trained = on.train(wise_ft, settings(0.5), lora=LoraSpec(rank=4, alpha=8))
    made = on.restore(wise_ft, settings(0.5), trained)
    assert (made / "weights" / "adapter_config.json").is_file()
    before, after = changes(trained), changes(made)
    assert after == pytest.approx({module: 0.5 * change for module, change in before.items()}, rel=1e-4)


def test_the_trainings_loss_is_not_that_of_the_restored_weights(on: Bench) -> None:
    trained = on.train(wise_ft, settings(0.5))
    made = summary(on.restore(wise_ft, settings(0.5), trained))
    assert (made.final_loss, made.losses) == (None, summary(trained).losses)
