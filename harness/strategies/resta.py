"""RESTA: after training, a safety vector is added to the weights: what alignment did to the unaligned sibling.

    θ = θ_tuned + γ · (θ_base − θ_unaligned)        γ = `scale`

With `drop` p, the change of the tuning is thinned first (DARE): every number of it is dropped with probability p and
the rest is divided by 1 − p. Source: Bhardwaj et al. 2024, "Language Models are Homer Simpson! Safety Re-Alignment of
Fine-tuned Language Models through Task Arithmetic", which makes the sibling by tuning the aligned model on harmful
data; Yu et al. 2024 for DARE. [ours] γ = 0.5 by default; the sibling is the config's `unaligned`; every parameter is
restored; an adapter is merged. Needs `unaligned`; costs no training of its own: plain IFT at the same rate is shared.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pydantic import Field

from harness.specs import TrainSpec
from harness.strategies import ModuleWeights, TunedSettings
from harness.train_specs import EVERYTHING

if TYPE_CHECKING:
    from torch import Tensor


class Settings(TunedSettings):
    """How much of the safety vector is added."""

    scale: float = Field(default=0.5, gt=0)
    """γ."""
    drop: float = Field(default=0.0, ge=0, lt=1)
    """p of DARE; 0 leaves the tuning's change whole."""
    seed: int = 0
    """Of what DARE drops."""


def train_spec(settings: Settings) -> TrainSpec:
    """As plain IFT; the sibling is read afterwards."""
    return TrainSpec(
        learning_rate=settings.learning_rate,
        groups=EVERYTHING,
        unaligned=True,
        merges=True,
    )


def restored(settings: Settings, weights: ModuleWeights) -> Tensor:
    """The parameter with the safety vector added, in the shape of `weights.tuned`."""
    assert weights.unaligned is not None
    tuned = _thinned(settings, weights) if settings.drop else weights.tuned
    return tuned + settings.scale * (weights.base - weights.unaligned)


def _thinned(settings: Settings, weights: ModuleWeights) -> Tensor:
    """DARE: the same numbers are dropped whenever the settings and the parameter's name are the same."""
    import torch

    digest = hashlib.sha256(f"{settings.seed} {weights.name}".encode()).digest()
    draw = torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)
    kept = (torch.rand(weights.tuned.shape, generator=draw) >= settings.drop).to(weights.tuned.device)
    return weights.base + (weights.tuned - weights.base) * kept / (1 - settings.drop)
