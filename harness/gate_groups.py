"""A decision's rules as they are shown: by outcome, what several have in common said once. Pure; nothing is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.gate_records import RuleMargin
from harness.gate_words import GATE_WORDS, margin_words, numbers_words
from harness.records import GateDecision, RuleResult

ORDER = ("fail", "cant_say", "pass")


@dataclass(frozen=True)
class GroupedRule:
    """A rule of a group."""

    result: RuleResult
    said: str
    """What was measured, or why it can't say where its group does not tell; empty where that is all said."""
    near: tuple[str, ...]
    """Its margin and what would settle it, a line each, where they are known; what its group says is left out."""


@dataclass(frozen=True)
class RuleGroup:
    """Rules of one outcome."""

    outcome: str
    reason: str
    """Why all of them can't say; empty where each has its own reason."""
    settle: tuple[str, ...]
    """What would settle all of them, a line for each thing."""
    rules: tuple[GroupedRule, ...]

    @property
    def words(self) -> str:
        """Such as `5 can’t say` or `5 can’t say: the judge was not measured`."""
        said = f"{len(self.rules):,} {GATE_WORDS[self.outcome]}"
        return f"{said}: {self.reason}" if self.reason else said


def rule_groups(decision: GateDecision, margins: Sequence[RuleMargin] = ()) -> tuple[RuleGroup, ...]:
    """Fails first, then what can't say, then passes; in each the decision's order. `margins`: one a rule, or none."""
    near = list(margins) if len(margins) == len(decision.rules) else [None] * len(decision.rules)
    pairs = list(zip(decision.rules, near, strict=True))
    made = []
    for outcome in ORDER:
        found = [pair for pair in pairs if pair[0].outcome == outcome]
        weak = [rule.reason for rule, _ in found if rule.reason != rule.numbers]
        shared = [reason for reason in dict.fromkeys(weak) if weak.count(reason) > 1]
        for reason in ("", *shared):
            chosen = [pair for pair in found if (pair[0].reason if pair[0].reason in shared else "") == reason]
            if chosen:
                made.append(_group(outcome, reason, chosen))
    return tuple(made)


def _group(outcome: str, reason: str, pairs: Sequence[tuple[RuleResult, RuleMargin | None]]) -> RuleGroup:
    first = pairs[0][1]
    settle: tuple[str, ...] = ()
    if reason and first is not None:
        known = [margin.settle for _, margin in pairs if margin is not None]
        settle = tuple(text for text in first.settle if all(text in texts for texts in known))
    rules = tuple(_rule(rule, margin, reason=reason, settle=settle) for rule, margin in pairs)
    return RuleGroup(outcome=outcome, reason=reason, settle=settle, rules=rules)


def _rule(rule: RuleResult, margin: RuleMargin | None, *, reason: str, settle: tuple[str, ...]) -> GroupedRule:
    said = "; ".join(text for text in ("" if reason else rule.reason, numbers_words(rule)) if text)
    near = () if margin is None else (margin_words(margin), *(text for text in margin.settle if text not in settle))
    return GroupedRule(result=rule, said=said, near=near)
