"""RESTA."""

from __future__ import annotations

import json

import pytest
import torch

from harness.specs import LoraSpec
from harness.strategies import ModuleWeights, resta
from tests.tuned import Bench, weights


def settings(**more: float) -> resta.Settings:
    return resta.Settings.model_validate({"learning_rate": 1e-2, "scale": 0.5, **more})


def of(name: str = "x") -> ModuleWeights:
    torch.manual_seed(0)
    base, tuned, unaligned = (torch.randn(60, 50) for _ in range(3))
    return ModuleWeights(name=name, module="q.0", base=base, tuned=tuned, unaligned=unaligned)


def test_the_safety_vector_is_added_to_every_parameter(on: Bench) -> None:
    trained = on.train(resta, settings())
    made, tuned = weights(on.restore(resta, settings(), trained)), weights(trained)
    base, unaligned = weights(on.base), weights(on.unaligned)
    for name in tuned:
        torch.testing.assert_close(made[name], tuned[name] + 0.5 * (base[name] - unaligned[name]))


def test_an_adapter_is_merged(on: Bench) -> None:
    trained = on.train(resta, settings(), lora=LoraSpec(rank=4, alpha=8))
    folder = on.restore(resta, settings(), trained)
    assert json.loads((folder / "checkpoint.json").read_text())["kind"] == "full"
    name = "model.layers.0.mlp.down_proj"
    found, base, unaligned = weights(trained), weights(on.base), weights(on.unaligned)
    a, b = (found[f"base_model.model.{name}.lora_{half}.weight"] for half in "AB")
    before, sibling = base[f"{name}.weight"], unaligned[f"{name}.weight"]
    expected = before + 2 * b @ a + 0.5 * (before - sibling)
    torch.testing.assert_close(weights(folder)[f"{name}.weight"], expected)


def test_dare_drops_a_share_of_the_change_and_scales_the_rest() -> None:
    one = of()
    assert one.unaligned is not None
    made = resta.restored(settings(drop=0.25), one) - 0.5 * (one.base - one.unaligned) - one.base
    ratio = made / (one.tuned - one.base)
    kept = ratio.abs() > 0.5
    assert float(kept.float().mean()) == pytest.approx(0.75, abs=0.03)
    torch.testing.assert_close(ratio[kept], torch.full_like(ratio[kept], 1 / 0.75), rtol=1e-3, atol=1e-3)


def test_dare_drops_the_same_by_seed_and_name() -> None:
    asked = ((0, "x"), (0, "x"), (1, "x"), (0, "y"))
    made = [resta.restored(settings(drop=0.5, seed=seed), of(name)) for seed, name in asked]
    assert made[0].equal(made[1])
    assert not made[0].equal(made[2])
    assert not made[0].equal(made[3])
