"""Comparisons at like expertise or training loss, as the report shows them."""

from __future__ import annotations

from typing import Literal

from harness.record import Record
from harness.records import MatchedComparison, TaskCard

Tone = Literal["worse", "better", "same", "unknown"]
"""Against the reference: shown worse, shown better, no difference shown, not compared."""


class Matched(Record):
    """A variant against a curve of others at like expertise or training loss, in words."""

    variant: str
    label: str
    """What is alike, and against whom."""
    tone: Tone
    text: str
    silence: str = ""
    """Why nothing is shown; empty where something is."""


class MatchedRow(Record):
    """One comparison as a line of a table."""

    comparison: MatchedComparison
    tone: Tone
    place: str
    """Where on the curve the reference lies."""
    ratio: str
    shown: str
    """What may be concluded."""


class MatchedAnswer(Record):
    """What comparisons with one family show, and of which variants."""

    tone: Tone
    shown: str
    """As in the rows, e.g. `less harmful`."""
    variants: tuple[str, ...]


class MatchedGroup(Record):
    """All comparisons with one family."""

    family: str
    answers: tuple[MatchedAnswer, ...]
    """Better, worse, same, unknown; each variant is in one of them."""
    rows: tuple[MatchedRow, ...]
    """In the answers' order."""


class MatchedTable(Record):
    """All comparisons on one harmfulness task over one expertise task, or over the training loss."""

    harm: TaskCard
    expertise: TaskCard | None
    groups: tuple[MatchedGroup, ...]
    """Against plain IFT, then of strategies against each control."""
    others: tuple[MatchedGroup, ...]
    """Controls among themselves, and strategies among themselves."""
