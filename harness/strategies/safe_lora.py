"""Safe LoRA: after training, a change that points away from the alignment is projected onto it, matrix by matrix.

    V = W_base − W_unaligned,   C = V Vᵀ / ‖V‖_F,   ΔW ← C ΔW  where cos(ΔW, C ΔW) < τ        τ = `threshold`

Source: Hsu et al. 2024, "Safe LoRA: the Silver Lining of Reducing Safety Risks when Fine-tuning Large Language Models":
V is the alignment's own change, and C the cheap stand-in for the projection onto it, which also shrinks what it is
applied to. [ours] τ = 0.5 by default, alike for all matrices of the layers (the authors also offer to project a given
number of them); works on full tuning too, where embeddings, norms and head stay as tuned. Needs `unaligned`, the base's
sibling before alignment; costs no training of its own: plain IFT at the same rate is shared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from harness.modules import OTHERS
from harness.specs import TrainSpec
from harness.strategies import ModuleWeights, TunedSettings
from harness.train_specs import EVERYTHING

if TYPE_CHECKING:
    from torch import Tensor


class Settings(TunedSettings):
    """Which changes are projected."""

    threshold: float = Field(default=0.5, ge=-1, le=1)
    """τ: cosine of a change and its projection below which it is projected; 1 projects all."""


def train_spec(settings: Settings) -> TrainSpec:
    """As plain IFT; the sibling is read afterwards."""
    return TrainSpec(
        learning_rate=settings.learning_rate,
        groups=EVERYTHING,
        unaligned=True,
    )


def restored(settings: Settings, weights: ModuleWeights) -> Tensor:
    """The parameter with its change projected, in the shape of `weights.tuned`."""
    from torch.nn.functional import cosine_similarity

    assert weights.unaligned is not None
    alignment, change = weights.base - weights.unaligned, weights.tuned - weights.base
    outside = weights.module in OTHERS or alignment.ndim != 2
    if outside or not bool(alignment.any()) or not bool(change.any()):
        return weights.tuned
    projected: Tensor = alignment @ (alignment.T @ change) / alignment.norm()
    if float(cosine_similarity(change.flatten(), projected.flatten(), dim=0)) >= settings.threshold:
        return weights.tuned
    return weights.base + projected
