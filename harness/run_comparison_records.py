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
    decision: Literal["pass", "fail", "cant_say"] | None
    """The gate's answer; None without a gate."""
    gate: str
    """How its rules came out, in words."""
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


class CoursePoint(Record):
    """One run's share."""

    run: int
    """From 1."""
    value: float
    low: float | None
    high: float | None
    title: str
    """Run, share and interval in words."""


class Course(Record):
    """A variant's shares on a task over the runs."""

    runs: int
    points: tuple[CoursePoint, ...]
    gaps: tuple[int, ...]
    """Runs without a share: no line goes across them."""


class RunLine(Record):
    """One variant on one task over the runs."""

    variant: str
    cells: tuple[RunCell | None, ...]
    """One for each run; None where it has no score."""
    course: Course | None
    """None under three runs with a share."""

    @property
    def alone(self) -> bool:
        """Whether one run alone has it, so that nothing is compared."""
        return sum(cell is not None for cell in self.cells) < 2


class RunTask(Record):
    """One task over the runs."""

    card: TaskCard
    """Of the first run that has it."""
    lines: tuple[RunLine, ...]


class RunShown(Record):
    """A difference from the first run that is shown."""

    variant: str
    task: str
    """Its title."""
    outcome: str
    first: float | None
    value: float | None
    against: RunDifference


class SilentTask(Record):
    """Variants of which a task shows no difference, or cannot show one."""

    task: str
    """Its title."""
    variants: tuple[str, ...]
    reach: float | None
    """How far from zero the furthest interval reaches; None where there are no intervals."""
    notes: tuple[str, ...]
    """Why they cannot be compared, each reason once; empty where they are."""


class RunSummary(Record):
    """A run against the first."""

    number: int
    name: str
    worse: tuple[RunShown, ...]
    better: tuple[RunShown, ...]
    same: tuple[SilentTask, ...]
    """No difference shown."""
    apart: tuple[SilentTask, ...]
    """Not comparable."""
    missing: int
    """Variants on tasks that only one of the two runs scores."""

    @property
    def counts(self) -> tuple[tuple[int, str], ...]:
        """(how many, what) of all variants on all tasks, without what there is none of."""
        named = (
            (len(self.worse), "worse"),
            (len(self.better), "better"),
            (sum(len(one.variants) for one in self.same), "no difference shown"),
            (sum(len(one.variants) for one in self.apart), "not comparable"),
            (self.missing, "only in one of the two"),
        )
        return tuple((count, what) for count, what in named if count)


class RunComparison(Record):
    """Several runs side by side; differences are from the first."""

    runs: tuple[RunHead, ...]
    changes: tuple[ChangedValue, ...]
    tasks: tuple[RunTask, ...]
    summaries: tuple[RunSummary, ...]
    """One for each run but the first."""
    confidence: float
    """Of the differences' intervals: that of the first run."""
