"""KL-regularised IFT."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from peft import PeftModel

from harness.specs import LoraSpec
from harness.strategies import TokenLogits, ift, kl
from harness.training.checkpoints import load_model, read_checkpoint
from harness.training.examples import load_examples
from harness.training.losses import Loss, Reference
from tests.tuned import QUICK, Bench, summary


def tokens(logits: torch.Tensor, base: torch.Tensor) -> TokenLogits:
    places = torch.arange(len(logits))
    return TokenLogits(logits=logits, labels=places % logits.shape[1], places=places, base=base)


def test_loss_is_cross_entropy_plus_the_divergence_from_the_base() -> None:
    torch.manual_seed(0)
    ours, base = torch.randn(5, 7), torch.randn(5, 7)
    p, q = ours.softmax(-1), base.softmax(-1)
    divergence = float((p * (p / q).log()).sum())
    entropy = float(-p.log()[torch.arange(5), torch.arange(5)].sum())
    made = kl.token_loss(kl.Settings(learning_rate=1, weight=0.3), tokens(ours, base))
    assert float(made) == pytest.approx(entropy + 0.3 * divergence, rel=1e-5)


def test_at_the_base_only_the_cross_entropy_is_left() -> None:
    base = torch.randn(4, 6)
    made = kl.token_loss(kl.Settings(learning_rate=1, weight=9), tokens(base.clone(), base))
    expected = torch.nn.functional.cross_entropy(base, torch.arange(4), reduction="sum")
    assert float(made) == pytest.approx(float(expected), rel=1e-5)


def divergence(on: Bench, folder: Path) -> float:
    """Mean KL of a trained model from the base over the IFT data, nats a token."""
    base = load_model(read_checkpoint(on.base), dtype="float32").eval()
    tuned = load_model(read_checkpoint(on.base), dtype="float32").eval()
    if (folder / "weights" / "adapter_config.json").is_file():
        tuned = PeftModel.from_pretrained(tuned, str(folder / "weights")).merge_and_unload()
    else:
        tuned = load_model(read_checkpoint(folder), dtype="float32").eval()
    examples = load_examples(on.dataset)
    found = Loss(reference=Reference(base, None)).tokens(tuned, examples.batch(torch.arange(len(examples))))
    assert found.base is not None
    ours, before = found.logits.detach().log_softmax(-1), found.base.log_softmax(-1)
    return float((ours.exp() * (ours - before)).sum(-1).mean())


@pytest.mark.parametrize(("lora", "rate"), [(None, 3e-3), (LoraSpec(rank=4, alpha=8), 3e-2)], ids=["full", "lora"])
def test_the_heavier_the_weight_the_nearer_the_base(on: Bench, lora: LoraSpec | None, rate: float) -> None:
    loop = QUICK.model_copy(update={"steps": 20})
    free = on.train(ift, ift.Settings(learning_rate=rate), lora=lora, loop=loop)
    light, heavy = (
        on.train(kl, kl.Settings(learning_rate=rate, weight=weight), lora=lora, loop=loop) for weight in (1e-6, 100)
    )
    assert divergence(on, light) == pytest.approx(divergence(on, free), rel=0.05)
    assert divergence(on, heavy) < 0.6 * divergence(on, free)
    assert (summary(heavy).final_loss or 0) > (summary(free).final_loss or 0)
