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
    scratch: Path | None = None
    """Folder that outlives a stopped process, so that work need not be done twice; gone once the stage is done."""
    shared: Path | None = None
    """Folder that stays and that all stages share, for what was paid for, by a digest of what was asked."""

    def kept(self, name: str) -> Path | None:
        """A file in the scratch folder, to write or to read back; None where this stage has no such folder."""
        if self.scratch is None:
            return None
        self.scratch.mkdir(parents=True, exist_ok=True)
        return self.scratch / name

    def input(self, name: str) -> Path:
        """The folder of the input called `name`. Raises StageError where the plan did not give it."""
        for known, path in self.inputs:
            if known == name:
                return path
        raise StageError(f"the plan gives this stage no input called {name!r}")

    def has(self, name: str) -> bool:
        """Whether the plan gave an input called `name`."""
        return any(known == name for known, _ in self.inputs)
