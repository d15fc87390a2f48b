"""What several runs side by side are made from and what they show. Shares lie in 0..1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness.records import Score, TaskCard
from harness.report_records import ReportSources, Tone
from harness.specs import Record


@dataclass(frozen=True)
class RunInput:
    """A finished run, as it is laid beside others."""

    sources: ReportSources
    headline: str
    """Its report's answer in one sentence."""
    facts: tuple[tuple[str, str], ...]
    """(what, value) of its model and data: locations, revisions, digests."""


class RunHead(Record):
    """A run, as the comparison names it."""

    number: int
    """From 1, in the order given; 1 is the reference."""
    name: str
    created: str
    """UTC, ISO 8601."""
    version: str
    """Of the harness, with its commit where there is one."""
    gate: str
    """In words."""
    headline: str


class ChangedValue(Record):
    """A value that is not the same in all runs."""

    kind: Literal["config", "model and data", "tasks", "packages", "machine"]
    name: str
    values: tuple[str, ...]
    """One for each run; `–` where it has none."""


class RunDifference(Record):
    """One run's share of a variant on a task minus the first run's."""

    kind: Literal["paired", "unpaired", "not_comparable"]
    """On the same prompts; on other prompts; not to be subtracted."""
    difference: float | None
    low: float | None
    high: float | None
    """None where not comparable."""
    tone: Tone
    prompts: int
    """That both runs scored; 0 unless paired."""
    note: str
    """What to know of it, or why it cannot be compared; empty where all prompts are shared."""


class RunCell(Record):
    """One variant on one task in one run."""

    score: Score
    against: RunDifference | None
    """None in the first run, and where the first run has no score."""


class RunLine(Record):
    """One variant on one task over the runs."""

    variant: str
    cells: tuple[RunCell | None, ...]
    """One for each run; None where it has no score."""
    trend: tuple[tuple[float, float], ...]
    """(x, y) in 0..1, y upwards on the task's scale; empty under three runs with a score."""


class RunTask(Record):
    """One task over the runs."""

    card: TaskCard
    """Of the first run that has it."""
    lines: tuple[RunLine, ...]
    low: float
    high: float
    """The trends' scale: lowest and highest share of the task."""


class RunComparison(Record):
    """Several runs side by side; differences are from the first."""

    runs: tuple[RunHead, ...]
    changes: tuple[ChangedValue, ...]
    tasks: tuple[RunTask, ...]
    confidence: float
    """Of the differences' intervals: that of the first run."""
