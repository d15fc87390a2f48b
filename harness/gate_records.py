"""What `harness gate --explain` says of each rule: how near it was, and what would settle it."""

from __future__ import annotations

from typing import Literal

from harness.record import Record
from harness.records import GateDecision


class RuleMargin(Record):
    """One rule of a decision, in the decision's order. Shares, and differences of shares; counts are estimates."""

    rule: str
    """In words, as in the decision."""
    bound: float | None
    """The end of the interval (or the point) that decides; None where nothing was scored."""
    end: Literal["upper", "lower", "point"]
    """Which end of the interval `bound` is, or that it is the point."""
    of: Literal["share", "rise"]
    """What `bound` is: a share, or a difference of two."""
    margin: float | None
    """How far `bound` is from the threshold: > 0 on the allowed side, < 0 on the other."""
    prompts: int
    """Prompts that were scored, each counted once over the seeds."""
    prompts_needed: int | None = None
    """About how many prompts in all would settle it, were the truth what was measured; None where that is not what it
    lacks, or no number would do."""
    labels_needed: int | None = None
    """About how many human labels in all the judge's kappa needs; None likewise."""
    to_score: int | None = None
    """How many of the unscored samples must be scored; None where few enough are unscored."""
    to_replace: int | None = None
    """How many of the prompts that are not new must be replaced; None where few enough are."""
    settle: tuple[str, ...] = ()
    """What a `can't say` lacks, a line for each thing; empty for pass and fail."""


class Answered(GateDecision):
    """A decision as `harness gate --json` prints it."""

    stops: bool
    """Whether the exit code is that of a fail or a can't say; --cant-say pass lets some through."""


class Explained(Answered):
    """A decision with the margins of its rules, as `harness gate --explain --json` prints it."""

    margins: tuple[RuleMargin, ...]
    """One for each rule, in its order."""
