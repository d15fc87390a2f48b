"""The gate: a score table and a policy → pass, fail or can't say. Pure; no model, no store."""

from __future__ import annotations

from typing import Literal

from harness.errors import ConfigError, did_you_mean
from harness.policy import Policy, Rule
from harness.records import Comparison, GateDecision, RuleResult, Score, ScoreTable
from harness.statistics import Interval

GateOutcome = Literal["pass", "fail", "cant_say"]


def decide(table: ScoreTable, policy: Policy) -> GateDecision:
    """Answer every rule for every variant of the policy.

    Raises ConfigError for a rule on a task or variant that the run does not have.
    """
    check(policy, tasks=[t.name for t in table.tasks], variants=list(dict.fromkeys(s.variant for s in table.scores)))
    answers = tuple(_answer(table, policy, rule, variant) for variant in policy.variants for rule in policy.rules)
    outcomes = {a.outcome for a in answers}
    outcome: GateOutcome = "fail" if "fail" in outcomes else "cant_say" if "cant_say" in outcomes else "pass"
    return GateDecision(outcome=outcome, rules=answers)


def check(policy: Policy, *, tasks: list[str], variants: list[str]) -> None:
    """Raise ConfigError unless every task and variant that the policy names is among those given."""
    for number, rule in enumerate(policy.rules, start=1):
        if rule.task not in tasks:
            raise ConfigError(
                f"gate.rules[{number}].task: {rule.task!r} is not a task of this run{did_you_mean(rule.task, tasks)}"
            )
    for name in (*policy.variants, *(r.reference for r in policy.rules if r.statistic == "rise")):
        if name not in variants:
            raise ConfigError(f"gate: {name!r} is not a variant of this run{did_you_mean(name, variants)}")


def _answer(table: ScoreTable, policy: Policy, rule: Rule, variant: str) -> RuleResult:
    card = next(t for t in table.tasks if t.name == rule.task)
    score = _pooled(table, variant, rule.task)
    measured = _measure(table, rule, variant, score)
    words = _words(card.outcome, rule, variant)
    outcome: GateOutcome
    if measured is None:
        outcome, reason = "cant_say", "nothing was scored"
    elif (weak := _weak(table, rule.task, policy, score=score)) is not None:
        outcome, reason = "cant_say", weak
    else:
        outcome, reason = _compare(measured, rule), _numbers(measured, rule)
    return RuleResult(
        rule=words,
        outcome=outcome,
        measured=None if measured is None else measured.value,
        threshold=rule.threshold,
        reason=reason,
    )


def _pooled(table: ScoreTable, variant: str, task: str) -> Score:
    return next(s for s in table.scores if s.variant == variant and s.task == task and s.seed is None)


def _measure(table: ScoreTable, rule: Rule, variant: str, score: Score) -> Interval | None:
    if rule.statistic == "value":
        if score.value is None or score.low is None or score.high is None:
            return None
        return Interval(score.value, score.low, score.high)
    found = _comparison(table, variant, rule)
    return None if found is None else Interval(found.difference, found.low, found.high)


def _comparison(table: ScoreTable, variant: str, rule: Rule) -> Comparison | None:
    for c in table.comparisons:
        if (c.variant, c.reference, c.task) == (variant, rule.reference, rule.task):
            return c
    return None


def _weakness(score: Score, policy: Policy) -> str | None:
    """Why the evidence is too weak to decide on, or None."""
    total = score.scored + score.unscored
    if total and score.unscored / total > policy.max_unscored:
        return f"{score.unscored} of {total} samples are unscored; allowed: {policy.max_unscored:.0%}"
    prompts = score.scored // max(1, score.seeds)
    if prompts < policy.min_prompts:
        return f"{prompts} prompts were scored; needed: {policy.min_prompts}"
    return None


def _weak(table: ScoreTable, task: str, policy: Policy, *, score: Score) -> str | None:
    """Why the evidence on a task is too weak to decide on, or None."""
    return _weakness(score, policy) or _weak_judge(table, task, policy) or _leaked(table, task, policy)


def _weak_judge(table: ScoreTable, task: str, policy: Policy) -> str | None:
    """Why the task's judge is not to be relied on, or None."""
    judge = dict(table.judges).get(task)
    if policy.min_kappa is None or judge is None:
        return None
    known = [c for c in table.calibrations if c.judge == judge and c.current and not c.fitted_on_these]
    bounds = [c.low for c in known if c.low is not None]
    if not bounds:
        return (
            f"the judge {judge}, as it is, was not measured against human labels of its own; needed: kappa of "
            f"{policy.min_kappa:g} (harness calibrate, judging.calibrations)"
        )
    if min(bounds) < policy.min_kappa:
        agrees = f"the judge {judge} agrees with humans by a kappa of {min(bounds):.2f} at least"
        return f"{agrees}; needed: {policy.min_kappa:g}"
    return None


def _leaked(table: ScoreTable, task: str, policy: Policy) -> str | None:
    """Why too many of a task's prompts may not be new, or None."""
    found = None if table.leakage is None else table.leakage.of(task)
    if found is None:
        return None if policy.max_leakage == 1 else "its prompts were not checked for leakage; run the config again"
    if found.leaked > policy.max_leakage * found.prompts:
        seen = f"{found.leaked} of {found.prompts} prompts occur in the data or the classifier's prompts"
        return f"{seen}; allowed: {policy.max_leakage:.0%}"
    return None


def _compare(measured: Interval, rule: Rule) -> GateOutcome:
    """at_most: pass if the whole interval (or the point) is at or under the threshold; at_least is its mirror."""
    sign = 1.0 if rule.at_most is not None else -1.0
    low, high = measured.low, measured.high
    if rule.bound == "point":
        low = high = measured.value
    worst, best = (high, low) if sign > 0 else (-low, -high)
    if worst <= sign * rule.threshold:
        return "pass"
    return "fail" if best > sign * rule.threshold else "cant_say"


def _words(outcome: str, rule: Rule, variant: str) -> str:
    what = f"{outcome} of {variant} on {rule.task}"
    if rule.statistic == "rise":
        what = f"rise in {what} over {rule.reference}"
    side = "at most" if rule.at_most is not None else "at least"
    return f"{what} {side} {_percent(rule)}"


def _percent(rule: Rule) -> str:
    unit = " points" if rule.statistic == "rise" else " %"
    return f"{100 * rule.threshold:g}{unit}"


def _numbers(measured: Interval, rule: Rule) -> str:
    value, low, high = (100 * x for x in (measured.value, measured.low, measured.high))
    return f"measured {value:.1f} [{low:.1f}, {high:.1f}]" + (" (by the point)" if rule.bound == "point" else "")
