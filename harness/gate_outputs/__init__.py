"""One decision of the gate in the forms that pipelines read: JUnit, SARIF, Markdown, annotations, a badge.

Each module has one pure function from a GateReport to text. Names and reasons are hostile: what hides or reorders is
made visible (harness/hostile.py), and what is markup in the form is escaped.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.gate_records import RuleMargin
from harness.gate_words import gate_title, margin_words, numbers_words
from harness.hostile import one_line
from harness.records import GateDecision, RuleResult
from harness.report_words import baseline_words

TOOL = "benign-ift-harness"
HELD = (
    "Not let through by --cant-say pass, since what was measured lies wholly beyond the threshold: {:,} of the rules "
    "that can’t say"
)
"""With the number."""


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
    numbers: str
    """What was measured, where that is not the reason; empty else."""
    margin: str
    """How near it was."""
    settle: tuple[str, ...]
    """What a can't say lacks."""

    @property
    def why(self) -> tuple[str, ...]:
        """Reason and numbers, one line each."""
        return tuple(text for text in (self.reason, self.numbers) if text)

    @property
    def said(self) -> str:
        """Reason, numbers, and what would settle it, in one line."""
        return "; ".join((*self.why, *self.settle))

    @property
    def name(self) -> str:
        """The rule in words, with the task's own name."""
        return f"{self.rule} [{self.task}]" if self.task else self.rule


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
    """Whether every can't say is to stop a pipeline; else only that whose numbers alone would fail."""

    def stops(self, rule: RuleResult) -> bool:
        """Whether a rule is to stop a pipeline: a fail; a can't say unless it is let through and its numbers allow it.

        Too weak evidence proves no fail, and lets nothing through that is beyond its threshold by all that there is.
        """
        if rule.outcome == "cant_say":
            return self.cant_say_fails or rule.by_numbers == "fail"
        return rule.outcome == "fail"

    @property
    def held(self) -> int:
        """How many of the can't says stop a pipeline although can't says are let through."""
        rules = self.decision.rules
        return 0 if self.cant_say_fails else sum(r.outcome == "cant_say" and self.stops(r) for r in rules)

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
        """`gate of NAME`, for which variants where not for all, and against which baseline, on one line."""
        against = self.decision.baseline
        judged = one_line(gate_title(self.decision, first=""))
        named = " ".join(("gate of", self.title, *((judged,) if judged else ())))
        return named + ("" if against is None else f" against {one_line(baseline_words(against))}")

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """(`policy`, its name) and so on: what was asked by what, and the baseline; each on one line."""
        values = (("run", self.run), ("harness", self.decision.harness), ("policy", self.decision.policy))
        named = tuple((key, one_line(value)) for key, value in values if one_line(value))
        unjudged = ", ".join(one_line(name) for name in self.decision.unjudged)
        return (*named, *((("unjudged", unjudged),) if unjudged else ()), *self.baseline)

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
        numbers=one_line(numbers_words(rule)),
        margin=one_line(margin_words(margin)),
        settle=tuple(one_line(text) for text in margin.settle),
    )
