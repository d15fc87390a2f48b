"""Plain IFT: every parameter learns at one rate; the control that other strategies are measured against.

    θ ← θ − η(t) · AdamW(∇L_completion)   for all θ

Source: [paper] the benign IFT that makes an aligned model more harmful. [ours] it is run at several
learning rates, because lowering every rate also lowers the drift.
"""

from __future__ import annotations

from harness.specs import TrainSpec
from harness.strategies import TunedSettings
from harness.train_specs import EVERYTHING


class Settings(TunedSettings):
    """Plain IFT has a learning rate and nothing else."""


def train_spec(settings: Settings) -> TrainSpec:
    """One group, `all`, at the learning rate."""
    return TrainSpec(learning_rate=settings.learning_rate, groups=EVERYTHING)
