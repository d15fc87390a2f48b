"""What a strategy is; one file each beside this one: `Settings` (a StrategySettings) and `train_spec(settings)`.

`train_spec(settings: Settings) -> TrainSpec` is pure: a strategy is a delta on the one training loop, not a script.
The first line of a strategy's docstring is what `harness ls strategies` prints.
"""

from __future__ import annotations

from pydantic import Field

from harness.specs import Record


class StrategySettings(Record):
    """Base of every strategy's settings."""

    learning_rate: float = Field(gt=0)
    """Peak learning rate."""
