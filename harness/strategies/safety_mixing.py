"""Safety mixing (SafeInstr): a share of the IFT data is harmful requests with the refusals to learn.

    D = D_IFT ∪ D_safety,    |D_safety| = s · |D|        s = `share`

Source: Bianchi et al. 2024, "Safety-Tuned LLaMAs": a few per cent of safety examples are enough. [ours] s = 0.03 by
default; the examples are drawn from the config's `safety_data` by its seed, and the mixture keeps all IFT data, so that
for a given number of steps a little less of it is seen. Needs `safety_data`, of one source.
"""

from __future__ import annotations

from pydantic import Field

from harness.specs import TrainSpec
from harness.strategies import TunedSettings
from harness.train_specs import EVERYTHING


class Settings(TunedSettings):
    """How much of the mixture is safety data."""

    share: float = Field(default=0.03, gt=0, lt=1)
    """s: of the mixture's rows."""


def train_spec(settings: Settings) -> TrainSpec:
    """As plain IFT, on the mixture."""
    return TrainSpec(
        learning_rate=settings.learning_rate,
        groups=EVERYTHING,
        safety_share=settings.share,
    )
