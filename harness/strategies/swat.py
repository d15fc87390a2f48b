"""SWAT: the robust modules warm up alone, then every parameter learns at the common rate.

    η_robust(t) = η(t)                        for all t
    η_rest(t)   = 0 for t < φT, then η(t)     φ = `warmup_fraction`, T = all steps

Source: [paper] v2: warm up Mods_Rob with low-level features, then train all parameters. [ours] φ = 0.25 by default; one
optimizer state and one schedule over both phases (its rate does not rise again); embeddings, norms and head are in the
rest unless the search took them (`search.outside`) or a pattern names them. Needs the analysis and the search, or
modules by hand.
"""

from __future__ import annotations

from pydantic import Field

from harness.specs import GroupRule, Phase, TrainSpec
from harness.strategies import RobustSettings


class Settings(RobustSettings):
    """Which modules warm up, and for how long."""

    warmup_fraction: float = Field(default=0.25, gt=0, le=1)
    """φ: share of the steps in which Mods_Rob learns alone; 1 never trains the rest."""


def train_spec(settings: Settings) -> TrainSpec:
    """Two groups at one rate, in two phases."""
    warm = Phase(name="warm-up", fraction=settings.warmup_fraction, groups=("robust",))
    rest = 1.0 - settings.warmup_fraction
    return TrainSpec(
        learning_rate=settings.learning_rate,
        groups=(
            GroupRule(name="robust", modules=settings.patterns, scale=1.0),
            GroupRule(name="rest", modules=("*",), scale=1.0, optional=True),
        ),
        phases=(warm, Phase(name="all", fraction=rest)) if rest > 0 else (warm,),
    )
