"""Constrained SFT."""

from __future__ import annotations

import math

import pytest
import torch

from harness.strategies import TokenLogits
from harness.strategies.constrained_sft import Settings, token_loss, train_spec
from tests.tuned import Bench, summary


def tokens(logits: torch.Tensor, base: torch.Tensor) -> TokenLogits:
    places = torch.arange(len(logits))
    return TokenLogits(logits=logits, labels=torch.zeros_like(places), places=places, base=base)


def gradients(settings: Settings, ahead: float, *, count: int = 7) -> list[float]:
    """dL/d log π(y_t) of each place where the label is `ahead` nats likelier than under the base."""
    base = torch.full((count, 2), math.log(0.5))
    likely = math.log(0.5) + ahead
    logits = torch.tensor([[likely, math.log(1 - math.exp(likely))]] * count, requires_grad=True)
    token_loss(settings, tokens(logits, base)).backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    # Through the softmax, d log π / d logit of the label is 1 − π.
    return [float(g[0]) / (1 - math.exp(likely)) for g in logits.grad]


def test_weights_of_the_places_are_the_papers() -> None:
    """The gradient is −2σ(−β_t Δ): β is 0.5 for the first token, 2 up to the fifth, 0.1 after."""
    made = gradients(Settings(learning_rate=1), 0.4)
    betas = [0.5, 2, 2, 2, 2, 0.1, 0.1]
    assert made == pytest.approx([-2 / (1 + math.exp(beta * 0.4)) for beta in betas], rel=1e-4)


def test_a_small_beta_is_cross_entropy() -> None:
    made = gradients(Settings(learning_rate=1, first=1e-4, early=1e-4, late=1e-4), 0.3)
    assert made == pytest.approx([-1.0] * 7, rel=1e-3)


def test_a_large_beta_leaves_what_is_likelier_already() -> None:
    made = gradients(Settings(learning_rate=1, first=40, early=40, late=0.1), 0.5)
    assert abs(made[0]) < 1e-6 < abs(made[6])


def test_it_trains_with_the_bases_logits(on: Bench) -> None:
    from harness.strategies import constrained_sft

    assert train_spec(Settings(learning_rate=1)).base_logits
    losses = summary(on.train(constrained_sft, Settings(learning_rate=1e-2))).losses
    assert losses[-1].loss < losses[0].loss
