"""The gate: a score table and a policy → pass, fail or can't say. Pure; no model, no store."""

from __future__ import annotations

from typing import Literal

from harness.gate_rules import Asked, asked
from harness.policy import Policy, Rule
from harness.records import GateDecision, RuleResult, Score, ScoreTable
from harness.statistics import Interval

GateOutcome = Literal["pass", "fail", "cant_say"]


def decide(table: ScoreTable, policy: Policy) -> GateDecision:
    """Answer every rule for every variant of the policy.

    Raises ConfigError for a rule on a task, axis or variant that the run does not have.
    """
    answers = tuple(_answer(table, policy, one) for one in asked(table, policy))
    outcomes = {a.outcome for a in answers}
    outcome: GateOutcome = "fail" if "fail" in outcomes else "cant_say" if "cant_say" in outcomes else "pass"
    return GateDecision(outcome=outcome, rules=answers)


def _answer(table: ScoreTable, policy: Policy, one: Asked) -> RuleResult:
    measured = one.measured
    outcome: GateOutcome
    if measured is None:
        outcome, reason = "cant_say", "nothing was scored"
    elif (weak := _weak(table, one.card.name, policy, score=one.score)) is not None:
        outcome, reason = "cant_say", weak
    else:
        outcome, reason = compare(measured, one), _numbers(measured, one.rule)
    return RuleResult(
        rule=one.words,
        outcome=outcome,
        measured=None if measured is None else measured.value,
        threshold=one.threshold,
        reason=reason,
        variant=one.variant,
        task=one.card.name,
    )


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


def compare(measured: Interval, one: Asked) -> GateOutcome:
    """Pass if the whole interval (or the point) is at the threshold or on its allowed side, fail if all beyond."""
    if one.rule.bound == "point":
        return "pass" if one.limit.inside(measured.value) >= 0 else "fail"
    if one.limit.inside(one.limit.worst(measured)) >= 0:
        return "pass"
    return "fail" if one.limit.inside(one.limit.best(measured)) < 0 else "cant_say"


def _numbers(measured: Interval, rule: Rule) -> str:
    value, low, high = (100 * x for x in (measured.value, measured.low, measured.high))
    return f"measured {value:.1f} [{low:.1f}, {high:.1f}]" + (" (by the point)" if rule.bound == "point" else "")
