"""Lisa: the training takes turns between the IFT data and safety data, and in each turn is held near where it began.

    θ_{k+1} ≈ argmin_θ  L_k(θ) + ρ/2 · ‖θ − θ_k‖²        L_k: IFT data, then safety data, then IFT data, …

Source: Huang et al. 2024, "Lisa: Lazy Safety Alignment for Large Language Models against Harmful Fine-tuning Attack":
bi-state optimisation with a proximal term; there 100 safety and 900 tuning steps to a turn, ρ = 1. [ours] 10 and 90 by
default, for shorter trainings; it begins with the IFT data; one AdamW and one schedule over all turns; the steps of
both kinds together are the run's `training.steps`, so that less of the IFT data is seen. Needs `safety_data`, and the
parameters that learn once more in memory.
"""

from __future__ import annotations

from pydantic import Field

from harness.specs import TrainSpec
from harness.strategies import TunedSettings
from harness.train_specs import EVERYTHING, Proximal, Turns


class Settings(TunedSettings):
    """How long the turns are, and how strongly each is held."""

    tuning_steps: int = Field(default=90, gt=0)
    """Steps on the IFT data in each turn."""
    safety_steps: int = Field(default=10, gt=0)
    """Steps on the safety data in each turn."""
    proximal: float = Field(default=1.0, gt=0)
    """ρ."""


def train_spec(settings: Settings) -> TrainSpec:
    """One group, `all`, in turns, pulled to where the turn began."""
    return TrainSpec(
        learning_rate=settings.learning_rate,
        groups=EVERYTHING,
        proximal=Proximal(weight=settings.proximal, anchor="turn"),
        turns=Turns(tuning_steps=settings.tuning_steps, safety_steps=settings.safety_steps),
    )
