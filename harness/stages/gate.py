"""The gate: a score table, a policy and, where it asks for one, a baseline → pass, fail or can't say. Pure; no model,
no store.
"""

from __future__ import annotations

from typing import Literal

from harness.gate_rules import Asked, asked
from harness.number_words import rise_interval, share_interval
from harness.outcome_records import BaselineTable
from harness.policy import BASE, Policy
from harness.records import GateDecision, RuleResult, ScoreTable
from harness.statistics import Interval

GateOutcome = Literal["pass", "fail", "cant_say"]


def decide(table: ScoreTable, policy: Policy, baseline: BaselineTable | None = None) -> GateDecision:
    """Answer every rule for every variant of the policy. Without a baseline, a rule that is against one can't say.

    Raises ConfigError for a rule on a task, axis or variant that the run does not have.
    """
    answers = tuple(_answer(table, policy, one) for one in asked(table, policy, baseline))
    outcomes = {a.outcome for a in answers}
    outcome: GateOutcome = "fail" if "fail" in outcomes else "cant_say" if "cant_say" in outcomes else "pass"
    used = None if baseline is None or not policy.on_baseline else baseline.run
    seen = {BASE, *(a.variant for a in answers)}
    unjudged = tuple(name for name in dict.fromkeys(s.variant for s in table.scores) if name not in seen)
    return GateDecision(outcome=outcome, rules=answers, baseline=used, unjudged=unjudged)


def _answer(table: ScoreTable, policy: Policy, one: Asked) -> RuleResult:
    measured = one.measured
    alone = None if measured is None else compare(measured, one)
    numbers = "" if measured is None else _numbers(measured, one)
    outcome: GateOutcome
    if one.gap is not None:
        outcome, reason = "cant_say", one.gap[0]
    elif alone is None:
        outcome, reason = "cant_say", "nothing was scored"
    elif (weak := _weak(table, one, policy)) is not None:
        outcome, reason = "cant_say", weak
    else:
        outcome, reason = alone, numbers
    return RuleResult(
        rule=one.words,
        outcome=outcome,
        measured=None if measured is None else measured.value,
        threshold=one.threshold,
        reason=reason,
        variant=one.variant,
        task=one.card.name,
        reference="" if one.rule.statistic == "value" else one.rule.reference,
        numbers=numbers,
        by_numbers=alone,
    )


def _weak(table: ScoreTable, one: Asked, policy: Policy) -> str | None:
    """Why the evidence is too weak to decide on, or None."""
    return (
        _unscored(one.score.unscored, one.score.scored, policy)
        or _few(one, policy)
        or _weak_judge(table, one, policy)
        or _leaked(table, one.card.name, policy)
        or _weak_baseline(one, policy)
        or _weak_reference(one, policy)
    )


def _unscored(unscored: int, scored: int, policy: Policy) -> str | None:
    total = scored + unscored
    if total and unscored / total > policy.max_unscored:
        return f"{unscored} of {total} samples are unscored; allowed: {policy.max_unscored:.0%}"
    return None


def _few(one: Asked, policy: Policy) -> str | None:
    if one.prompts >= policy.min_prompts:
        return None
    where = " in both runs" if one.on_baseline else "" if one.beside is None else " under both"
    return f"{one.prompts} prompts were scored{where}; needed: {policy.min_prompts}"


def _weak_reference(one: Asked, policy: Policy) -> str | None:
    """Why the reference's side, a variant of the run, is too weak to compare with, or None."""
    weak = None if one.beside is None else _unscored(one.beside.unscored, one.beside.scored, policy)
    return None if weak is None else f"of {one.rule.reference}: {weak}"


def _weak_baseline(one: Asked, policy: Policy) -> str | None:
    """Why the baseline's side is too weak to compare with, or None; its judge is the run's own."""
    if one.against is None:
        return None
    theirs = one.against
    weak = _unscored(theirs.unscored, theirs.scored, policy)
    weak = weak or _not_new(theirs.leaked, theirs.prompts, policy, again="make it again")
    return None if weak is None else f"of the baseline: {weak}"


def _weak_judge(table: ScoreTable, one: Asked, policy: Policy) -> str | None:
    """Why the task's judge is not to be relied on, or None."""
    judge = dict(table.judges).get(one.card.name)
    if policy.min_kappa is None or judge is None:
        return None
    own = (c.on(one.card.counts) for c in table.calibrations if c.judge == judge)
    known = [c for c in own if c.current and not c.fitted_on_these]
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
    leaked, prompts = (None, 0) if found is None else (found.leaked, found.prompts)
    return _not_new(leaked, prompts, policy, again="run the config again")


def _not_new(leaked: int | None, prompts: int, policy: Policy, *, again: str) -> str | None:
    if leaked is None:
        return None if policy.max_leakage == 1 else f"its prompts were not checked for leakage; {again}"
    if leaked > policy.max_leakage * prompts:
        seen = f"{leaked} of {prompts} prompts occur in the data or the classifier's prompts"
        return f"{seen}; allowed: {policy.max_leakage:.0%}"
    return None


def compare(measured: Interval, one: Asked) -> GateOutcome:
    """Pass if the whole interval (or the point) is at the threshold or on its allowed side, fail if all beyond."""
    if one.rule.bound == "point":
        return "pass" if one.limit.inside(measured.value) >= 0 else "fail"
    if one.limit.inside(one.limit.worst(measured)) >= 0:
        return "pass"
    return "fail" if one.limit.inside(one.limit.best(measured)) < 0 else "cant_say"


def _numbers(measured: Interval, one: Asked) -> str:
    in_words = share_interval if one.rule.statistic == "value" else rise_interval
    said = f"measured {in_words(measured.value, measured.low, measured.high)}"
    said += " (by the point)" if one.rule.bound == "point" else ""
    if one.against is None:
        return said
    return "; ".join((f"{said} on {one.prompts:,} prompts of both runs", *one.against.notes))
