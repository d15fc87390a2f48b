"""A rule's margin in words, and what would change the gate's answer."""

from __future__ import annotations

from collections.abc import Sequence

from harness.gate_records import RuleMargin
from harness.records import GateDecision

NOT_KNOWN = (
    "How near the rules were is not known: the answer is not what this version gives on the same scores. "
    "`harness gate RUN --explain` asks again."
)
_ROLES = {
    "pass": ("the only rule", "the nearest of {} rules"),
    "fail": ("the only rule that fails", "the furthest of {} rules that fail"),
    "cant_say": ("the only rule that can’t say", "it lacks the most of {} rules that can’t say"),
}
"""Of the rule that decides: where it is alone with that outcome, and among several."""


def margin_words(margin: RuleMargin) -> str:
    """Such as `margin: 5.0 points on the allowed side (bound 15.0)`."""
    if margin.margin is None or margin.bound is None:
        return "margin: none, nothing was measured"
    side = "on the allowed side" if margin.margin >= 0 else "beyond the threshold"
    return f"margin: {abs(100 * margin.margin):.1f} points {side} (bound {100 * margin.bound:.1f})"


def change_words(decision: GateDecision, margins: Sequence[RuleMargin]) -> tuple[str, str] | tuple[str]:
    """The rule that decided with its margin, and what would change the answer; one line where no margins are known.

    A fail is decided by the rule that is furthest beyond its threshold, a can't say by the one that lacks the most,
    and in a pass the one nearest to its threshold is the first that could change.
    """
    if not decision.rules or len(margins) != len(decision.rules):
        return (NOT_KNOWN,)
    pairs = zip(decision.rules, margins, strict=True)
    own = [margin for rule, margin in pairs if rule.outcome == decision.outcome]
    alone, several = _ROLES[decision.outcome]
    role = alone if len(own) == 1 else several.format(f"{len(own):,}")
    if decision.outcome == "cant_say":
        first = max(own, key=_lacking)
        return _named("It hangs on", first, role), _settled(first)
    first = min(own, key=lambda margin: margin.margin or 0.0)
    if decision.outcome == "fail":
        change = (
            "To change it, every rule that fails must move by more than its margin, in the model or in the policy; "
            "more prompts alone would not do it, were the truth what was measured."
        )
        return _named("It fails by", first, role), change
    moved = abs(100 * (first.margin or 0.0))
    change = f"It would no longer pass were that bound worse by more than {moved:.1f} points."
    return _named("Nearest to failing", first, role), change


def _named(opening: str, margin: RuleMargin, role: str) -> str:
    return f"{opening}: {margin.rule}; {margin_words(margin)}; {role}."


def _settled(margin: RuleMargin) -> str:
    return f"To settle it: {'; '.join(margin.settle)}."


def _lacking(margin: RuleMargin) -> tuple[int, int, int, int, int]:
    """How much a can't say lacks: first what no number would settle, then prompts, labels, scores, new prompts."""
    amounts = (margin.prompts_needed, margin.labels_needed, margin.to_score, margin.to_replace)
    endless = len(margin.settle) - sum(amount is not None for amount in amounts)
    prompts, *others = (amount or 0 for amount in amounts)
    return (endless, max(0, prompts - margin.prompts), others[0], others[1], others[2])
