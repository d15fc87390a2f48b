"""One decision of the gate in the forms that pipelines read: JUnit, SARIF, Markdown, annotations, a badge.

Each module has one pure function from a GateReport to text. Names and reasons are hostile: what hides or reorders is
made visible (harness/hostile.py), and what is markup in the form is escaped.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.gate_records import RuleMargin
from harness.hostile import one_line
from harness.records import GateDecision, RuleResult
from harness.report_words import baseline_words

TOOL = "benign-ift-harness"


@dataclass(frozen=True)
class Line:
    """One rule for one variant, its texts each on one line without hidden characters."""

    number: int
    """From 1, in the decision's order."""
    result: RuleResult
    variant: str
    task: str
    rule: str
    reason: str
    settle: tuple[str, ...]
    """What a can't say lacks."""

    @property
    def said(self) -> str:
        """Reason, and what would settle it, in one line."""
        return "; ".join((self.reason, *self.settle))


@dataclass(frozen=True)
class GateReport:
    """What every output is made from."""

    run: str
    """The run's name."""
    config: str
    """The config's file, as the run was given it."""
    decision: GateDecision
    margins: tuple[RuleMargin, ...]
    """One for each rule of the decision, in its order."""
    cant_say_fails: bool = True
    """Whether a can't say is to stop a pipeline."""

    @property
    def lines(self) -> tuple[Line, ...]:
        """The decision's rules."""
        pairs = zip(self.decision.rules, self.margins, strict=True)
        return tuple(_line(number, rule, margin) for number, (rule, margin) in enumerate(pairs, start=1))

    @property
    def title(self) -> str:
        """The run's name on one line."""
        return one_line(self.run)

    @property
    def heading(self) -> str:
        """`gate of NAME`, and against which baseline, on one line."""
        against = self.decision.baseline
        return f"gate of {self.title}" + ("" if against is None else f" against {one_line(baseline_words(against))}")

    @property
    def baseline(self) -> tuple[tuple[str, str], ...]:
        """(`baseline.name`, its value) and so on of the run that it was measured against, each on one line."""
        against = self.decision.baseline
        if against is None:
            return ()
        values = (
            ("name", against.name), ("variant", against.variant or ""), ("config_digest", against.config_digest),
            ("created", against.created), ("git_commit", against.git_commit),
        )  # fmt: skip
        return tuple((f"baseline.{key}", one_line(value)) for key, value in values if value)


def _line(number: int, rule: RuleResult, margin: RuleMargin) -> Line:
    return Line(
        number=number,
        result=rule,
        variant=one_line(rule.variant),
        task=one_line(rule.task),
        rule=one_line(rule.rule),
        reason=one_line(rule.reason),
        settle=tuple(one_line(text) for text in margin.settle),
    )
