"""A checkpoint or adapter tuned elsewhere: nothing is trained, it is asked and judged as the other variants are.

Source: [ours]. A full checkpoint, or a LoRA adapter of the base, as `save_pretrained` leaves it; several are the seeds
of one way of tuning, in the order given. What it was tuned on is not known here, so no scored prompt can be looked for
in it, and it is on no curve.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, field_validator

from harness.specs import CheckpointSpec
from harness.strategies import StrategySettings


class Settings(StrategySettings):
    """Where it lies."""

    trains: ClassVar[bool] = False
    path: str | tuple[str, ...] = Field(min_length=1)
    """A folder or a hub id; or a list of them, one for each seed of the tuner."""
    revision: str | None = None
    """Branch, tag or commit of the hub id."""

    @field_validator("path")
    @classmethod
    def _each_once(cls, path: str | tuple[str, ...]) -> str | tuple[str, ...]:
        paths = (path,) if isinstance(path, str) else path
        twice = next((one for one in paths if paths.count(one) > 1), None)
        if twice is not None:
            raise ValueError(f"{twice} is named twice; each seed is a checkpoint of its own")
        if own := next((one for one in paths if one.partition(":")[0] == "builtin"), None):
            raise ValueError(f"{own} can be a base alone; give a folder or a hub id")
        return path


def train_spec(settings: Settings) -> CheckpointSpec:
    """The checkpoints, one for each seed; nothing is trained."""
    paths = (settings.path,) if isinstance(settings.path, str) else settings.path
    return CheckpointSpec(paths=paths, revision=settings.revision)
