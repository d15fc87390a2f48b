"""Safe LoRA."""

from __future__ import annotations

import torch

from harness.specs import LoraSpec
from harness.strategies import ModuleWeights, safe_lora
from tests.tuned import Bench, changes, weights


def settings(threshold: float) -> safe_lora.Settings:
    return safe_lora.Settings(learning_rate=1e-2, threshold=threshold)


def of(module: str = "q.0", **tensors: torch.Tensor) -> ModuleWeights:
    return ModuleWeights(name="x", module=module, **tensors)


def test_a_change_across_the_alignment_is_projected() -> None:
    """The alignment changed the first row alone, so that nothing of a change of the second row is left."""
    base, unaligned, tuned = torch.zeros(2, 3), torch.zeros(2, 3), torch.zeros(2, 3)
    unaligned[0], tuned[1] = torch.tensor([-3.0, 0, -4]), torch.tensor([1.0, 2, 3])
    made = safe_lora.restored(settings(0.5), of(base=base, tuned=tuned, unaligned=unaligned))
    assert made.equal(base)


def test_a_change_along_the_alignment_is_kept() -> None:
    base, unaligned, tuned = torch.zeros(2, 3), torch.zeros(2, 3), torch.zeros(2, 3)
    unaligned[0], tuned[0] = torch.tensor([-3.0, 0, -4]), torch.tensor([1.0, 2, 3])
    assert safe_lora.restored(settings(0.5), of(base=base, tuned=tuned, unaligned=unaligned)).equal(tuned)


def test_the_projection_is_the_papers() -> None:
    torch.manual_seed(0)
    base, unaligned, tuned = (torch.randn(4, 3) for _ in range(3))
    v = base - unaligned
    expected = base + v @ v.T / v.norm() @ (tuned - base)
    torch.testing.assert_close(
        safe_lora.restored(settings(1), of(base=base, tuned=tuned, unaligned=unaligned)), expected
    )


def test_what_lies_outside_the_layers_stays_as_tuned(on: Bench) -> None:
    trained = on.train(safe_lora, settings(1))
    made, tuned = weights(on.restore(safe_lora, settings(1), trained)), weights(trained)
    same = {name for name in tuned if made[name].equal(tuned[name])}
    assert {"model.embed_tokens.weight", "model.norm.weight", "lm_head.weight"} <= same
    assert "model.layers.0.self_attn.q_proj.weight" not in same


def test_an_adapter_stays_one_with_the_projected_change(on: Bench) -> None:
    trained = on.train(safe_lora, settings(1), lora=LoraSpec(rank=4, alpha=8))
    made = on.restore(safe_lora, settings(1), trained)
    name = "model.layers.0.mlp.down_proj.weight"
    v = weights(on.base)[name] - weights(on.unaligned)[name]
    torch.testing.assert_close(_change(made), v @ v.T / v.norm() @ _change(trained), rtol=1e-3, atol=1e-6)
    assert changes(made)["down.0"] != changes(trained)["down.0"]


def _change(folder: object) -> torch.Tensor:
    """BA of one matrix."""
    from pathlib import Path

    assert isinstance(folder, Path)
    found = weights(folder)
    a, b = (found[f"base_model.model.model.layers.0.mlp.down_proj.lora_{half}.weight"] for half in "AB")
    return b @ a
