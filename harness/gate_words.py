"""The gate's answer in words: of whom, how many rules, a rule's margin, and what would change the answer."""

from __future__ import annotations

from collections.abc import Sequence

from harness.gate_records import RuleMargin
from harness.number_words import distance, rise_end, share_end
from harness.records import GateDecision, RuleResult

GATE_WORDS = {"pass": "pass", "fail": "fail", "cant_say": "can’t say"}
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
_ENDS = {"upper": "upper end of the interval", "lower": "lower end of the interval", "point": "the point"}
_NAMED = 2
"""Variants that a title names; of more it gives the number."""


def gate_title(decision: GateDecision | None, *, first: str = "Gate", most: int = 80) -> str:
    """`Gate`, or `Gate for ml-lr` where it does not judge every tuned variant; of many, and of names of more than
    `most` characters together, the number.
    """
    if decision is None or not decision.unjudged:
        return first
    judged = list(dict.fromkeys(rule.variant for rule in decision.rules))
    if len(judged) <= _NAMED and len(" and ".join(judged)) <= most:
        return f"{first} for {' and '.join(judged)}"
    return f"{first} for {len(judged):,} of {len(judged) + len(decision.unjudged):,} variants"


def count_words(decision: GateDecision) -> str:
    """`30 rules: 22 pass, 3 fail, 5 can’t say`."""
    total = len(decision.rules)
    counts = ((sum(rule.outcome == outcome for rule in decision.rules), word) for outcome, word in GATE_WORDS.items())
    said = ", ".join(f"{count:,} {word}" for count, word in counts if count)
    return f"{total:,} {'rule' if total == 1 else 'rules'}: {said}"


def numbers_words(rule: RuleResult) -> str:
    """What was measured where that is not the reason, and what it alone would answer; empty else."""
    if not rule.numbers or rule.numbers == rule.reason:
        return ""
    if rule.by_numbers is None or rule.by_numbers == "cant_say":
        return rule.numbers
    return f"{rule.numbers}, by which alone it would {rule.by_numbers}"


def margin_words(margin: RuleMargin) -> str:
    """Such as `margin: 0.3 points on the allowed side (upper end of the interval +4.7 points)`."""
    if margin.margin is None or margin.bound is None:
        return "margin: none, nothing was measured"
    side = "on the allowed side" if margin.margin >= 0 else "beyond the threshold"
    return f"margin: {distance(margin.margin)} {side} ({_bound(margin)})"


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
    change = f"It would no longer pass were that {_end(first)} worse by more than {distance(first.margin or 0.0)}."
    return _named("Nearest to failing", first, role), change


def _bound(margin: RuleMargin) -> str:
    bound = margin.bound or 0.0
    return f"{_ENDS[margin.end]} {share_end(bound) if margin.of == 'share' else rise_end(bound)}"


def _end(margin: RuleMargin) -> str:
    return "point" if margin.end == "point" else "end"


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
