"""ML-LR: robust modules learn at the learning rate, the rest at a fraction of it.

    η_robust(t) = η(t)        for θ in Mods_Robust
    η_rest(t)   = ρ · η(t)    for all other θ (embeddings, norms and the head among them)

Source: [paper] differentiated learning rates for Mods_Robust and the rest. [ours] ρ = `rest_ratio`, 0.1 by
default (0 freezes the rest), one schedule with the ratio kept throughout, and Mods_Robust as patterns in
the config.
"""

from __future__ import annotations

from pydantic import Field, field_validator

from harness.errors import ConfigError
from harness.modules import validate_pattern
from harness.specs import GroupRule, TrainSpec
from harness.strategies import StrategySettings


class Settings(StrategySettings):
    """Which modules are robust, and how much slower the rest learns."""

    modules: tuple[str, ...] = Field(min_length=1)
    """Mods_Robust as patterns: `q`, `q.0-3`, `q.2`, `*.0`."""
    rest_ratio: float = Field(default=0.1, ge=0)
    """ρ: learning rate of the rest over that of the robust modules; 0 freezes the rest."""

    @field_validator("modules")
    @classmethod
    def _known_patterns(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        """Raises ValueError for a malformed pattern, so that the config's reader can name the key."""
        try:
            return tuple(validate_pattern(pattern) for pattern in patterns)
        except ConfigError as error:
            raise ValueError(str(error)) from None


def train_spec(settings: Settings) -> TrainSpec:
    """Two groups that partition the parameters: `robust`, and `rest` (which may be empty, e.g. under
    LoRA).
    """
    return TrainSpec(
        learning_rate=settings.learning_rate,
        groups=(
            GroupRule(name="robust", modules=settings.modules, scale=1.0),
            GroupRule(name="rest", modules=("*",), scale=settings.rest_ratio, optional=True),
        ),
    )
