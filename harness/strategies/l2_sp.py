"""L2-SP: plain IFT with a penalty on the distance from the base's weights, the starting point.

    L = Σ_t −log π_θ(y_t) / n + w/2 · ‖θ − θ_base‖²        w = `weight`

Source: Li, Grandvalet and Davoine 2018, "Explicit Inductive Bias for Transfer Learning with Convolutional Networks".
[ours] Over all parameters that learn, embeddings and norms among them, w = 0.1 by default; the penalty's gradient goes
through AdamW with the loss's own and is clipped with it. Under LoRA the distance is that of the adapted matrices,
‖s·BA‖². Needs the parameters that learn once more in memory, but not under LoRA.
"""

from __future__ import annotations

from pydantic import Field

from harness.specs import TrainSpec
from harness.strategies import TunedSettings
from harness.train_specs import EVERYTHING, Proximal


class Settings(TunedSettings):
    """How strongly the base's weights pull."""

    weight: float = Field(default=0.1, gt=0)
    """w."""


def train_spec(settings: Settings) -> TrainSpec:
    """One group, `all`, pulled to the base."""
    return TrainSpec(
        learning_rate=settings.learning_rate,
        groups=EVERYTHING,
        proximal=Proximal(weight=settings.weight, anchor="base"),
    )
