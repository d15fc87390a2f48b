"""ML-LR: robust modules learn at the learning rate, the rest at a fraction of it.

    η_robust(t) = η(t)        for θ in Mods_Robust
    η_rest(t)   = ρ · η(t)    for all other θ

Source: [paper] differentiated learning rates for Mods_Robust and the rest; the ratio goes down to 1e-4. [ours] ρ =
`rest_ratio`, 0.1 by default (0 freezes the rest), one schedule with the ratio kept throughout; Mods_Robust from our
search, a control, or patterns in the config; embeddings, norms and head are in the rest unless the search took them
(`search.outside`) or a pattern names them. Needs the analysis and the search, or modules by hand.
"""

from __future__ import annotations

from pydantic import Field

from harness.specs import GroupRule, TrainSpec
from harness.strategies import RobustSettings


class Settings(RobustSettings):
    """Which modules are robust, and how much slower the rest learns."""

    rest_ratio: float = Field(default=0.1, ge=0)
    """ρ: learning rate of the rest over that of the robust modules; 0 freezes the rest."""


def train_spec(settings: Settings) -> TrainSpec:
    """Two groups that partition the parameters: `robust`, and `rest` (which may be empty, e.g. under LoRA)."""
    return TrainSpec(
        learning_rate=settings.learning_rate,
        groups=(
            GroupRule(name="robust", modules=settings.patterns, scale=1.0),
            GroupRule(name="rest", modules=("*",), scale=settings.rest_ratio, optional=True),
        ),
    )
