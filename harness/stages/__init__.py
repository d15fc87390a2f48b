"""One file a stage; each has `run(params, context)`, which reads finished stages and writes one folder.

`evaluate` also has `run_many`, so that adapters of one base model share an engine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness.errors import StageError


@dataclass(frozen=True)
class Progress:
    """How far a stage is; drawn by the parent process."""

    done: int
    total: int
    note: str = ""
    """Short, e.g. `loss 1.234` or `generating`."""


@dataclass(frozen=True)
class StageContext:
    """Where a stage reads and writes."""

    folder: Path
    """Empty folder to write to; becomes the finished stage."""
    inputs: tuple[tuple[str, Path], ...]
    """(name, folder) of each finished stage it reads."""
    progress: Callable[[Progress], None]

    def input(self, name: str) -> Path:
        """The folder of the input called `name`. Raises StageError where the plan did not give it."""
        for known, path in self.inputs:
            if known == name:
                return path
        raise StageError(f"the plan gives this stage no input called {name!r}")

    def has(self, name: str) -> bool:
        """Whether the plan gave an input called `name`."""
        return any(known == name for known, _ in self.inputs)
