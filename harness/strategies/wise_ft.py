"""WiSE-FT: after plain IFT, every weight is interpolated between the base's and the tuned one.

    θ = (1 − α) θ_base + α θ_tuned        α = `share`

Source: Wortsman et al. 2022, "Robust fine-tuning of zero-shot models" (weight-space ensembling). It was made for image
classifiers under shifts of distribution; that it keeps alignment is to be measured here. [ours] α = 0.5 by default, as
the paper recommends where nothing is known; embeddings, norms and head are interpolated too. Needs nothing; costs no
training of its own: plain IFT at the same rate is shared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from harness.specs import TrainSpec
from harness.strategies import ModuleWeights, TunedSettings
from harness.train_specs import EVERYTHING

if TYPE_CHECKING:
    from torch import Tensor


class Settings(TunedSettings):
    """How much of the change is kept."""

    share: float = Field(default=0.5, gt=0, le=1)
    """α: 1 is plain IFT; 0 would be the base."""


def train_spec(settings: Settings) -> TrainSpec:
    """As plain IFT."""
    return TrainSpec(learning_rate=settings.learning_rate, groups=EVERYTHING)


def restored(settings: Settings, weights: ModuleWeights) -> Tensor:
    """The interpolated parameter, in the shape of `weights.tuned`."""
    return weights.base.lerp(weights.tuned, settings.share)
