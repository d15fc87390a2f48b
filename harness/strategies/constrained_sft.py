"""Constrained SFT: the first tokens of a completion may hardly leave the base's distribution, later ones freely.

    L = − Σ_t (2 / β_t) log σ(β_t · log(π_θ(y_t) / π_base(y_t)))

Where β_t is small this is cross-entropy; where it is large, a token that is already likelier than under the base gives
next to no gradient. Source: Qi et al. 2024, "Safety Alignment Should Be Made More Than Just a Few Tokens Deep", section
4: β_1 = 0.5, β_2..5 = 2, then 0.1, the defaults here; the paper lets the learning rate rise over its first 10 steps,
here the run's schedule holds. [ours] In a conversation of several turns every completion begins anew at t = 1. Needs a
forward pass of the base for each batch, and the base's memory once more, but not under LoRA.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from harness.specs import TrainSpec
from harness.strategies import TokenLogits, TunedSettings
from harness.train_specs import EVERYTHING

if TYPE_CHECKING:
    from torch import Tensor


class Settings(TunedSettings):
    """How strongly each place of the completion is held."""

    first: float = Field(default=0.5, gt=0)
    """β of the first token."""
    early: float = Field(default=2.0, gt=0)
    """β from the second token to the last early one."""
    early_tokens: int = Field(default=5, ge=1)
    """How many tokens are early, the first among them."""
    late: float = Field(default=0.1, gt=0)
    """β of the rest."""


def train_spec(settings: Settings) -> TrainSpec:
    """One group, `all`, with the base's logits at hand."""
    return TrainSpec(
        learning_rate=settings.learning_rate,
        groups=EVERYTHING,
        base_logits=True,
    )


def token_loss(settings: Settings, tokens: TokenLogits) -> Tensor:
    """The constrained loss, summed over the tokens."""
    import torch
    from torch.nn.functional import logsigmoid

    assert tokens.base is not None
    at = tokens.labels[:, None]
    ours = tokens.logits.log_softmax(-1).gather(1, at)[:, 0]
    before = tokens.base.log_softmax(-1).gather(1, at)[:, 0]
    beta = torch.full_like(ours, settings.late)
    beta[tokens.places < settings.early_tokens] = settings.early
    beta[tokens.places == 0] = settings.first
    return -(2 / beta * logsigmoid(beta * (ours - before))).sum()
