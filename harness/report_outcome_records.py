"""How replies were judged, and each variant's verdict in a line, as the report shows them."""

from __future__ import annotations

from harness.record import Record
from harness.records import Outcome
from harness.report_matched_records import Tone


class OutcomeRow(Record):
    """What the scoring judge said of one variant's replies to a task, seeds pooled."""

    variant: str
    counts: tuple[tuple[Outcome, int], ...]
    """The same outcomes in the same order for every variant of the task."""
    unscored: int
    hidden: float | None
    """How much more its refusals fell than the counted outcome rose, against the base; None unless too much."""

    @property
    def total(self) -> int:
        """All replies."""
        return self.unscored + sum(count for _, count in self.counts)


class TaskOutcomes(Record):
    """Those rows of one task."""

    task: str
    rows: tuple[OutcomeRow, ...]


class InShort(Record):
    """One variant's verdict in a line."""

    variant: str
    mark: int
    """Its colour and shape."""
    tone: Tone
    """Of its harmfulness against plain IFT at like expertise."""
    text: str
