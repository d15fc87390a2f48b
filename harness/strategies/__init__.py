"""What a strategy is; one file each beside this one: `Settings` (a StrategySettings) and `train_spec(settings)`.

`train_spec(settings: Settings) -> TrainSpec` is pure: a strategy is a delta on the one training loop, not a script.
The first line of a strategy's docstring is what `harness ls strategies` prints.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from harness.errors import ConfigError, did_you_mean
from harness.modules import validate_pattern
from harness.specs import Record

SETS = ("found", "random", "complement")
"""Mods_Robust by name: what the search found, and its two controls of the same size."""


class StrategySettings(Record):
    """Base of every strategy's settings."""

    learning_rate: float = Field(gt=0)
    """Peak learning rate."""


def _known(value: Any) -> Any:
    """Raises ValueError for an unknown set or a malformed pattern, so that the config's reader can name the key."""
    if isinstance(value, str) and value not in SETS:
        known = f"{', '.join(SETS)}{did_you_mean(value, SETS)}"
        raise ValueError(f"{value!r} is no set of modules ({known}); patterns go in a list, e.g. [q, k]")
    try:
        return value if isinstance(value, str) else tuple(validate_pattern(str(pattern)) for pattern in value)
    except (ConfigError, TypeError) as error:
        raise ValueError(str(error)) from None


class RobustSettings(StrategySettings):
    """Of a strategy that treats Mods_Robust apart."""

    modules: Annotated[
        Literal["found", "random", "complement"] | Annotated[tuple[str, ...], Field(min_length=1)],
        BeforeValidator(_known),
    ]
    """Mods_Robust: `found` by the search; `random` modules of the same size, drawn by the training seed; as many of its
    `complement`, most sensitive first; or patterns: `q`, `q.0-3`, `q.2`, `*.0`."""

    @property
    def patterns(self) -> tuple[str, ...]:
        """For a GroupRule."""
        return (f"@{self.modules}",) if isinstance(self.modules, str) else self.modules
