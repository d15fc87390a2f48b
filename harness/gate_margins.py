"""How near each rule of the gate was, and what would settle a can't say. Pure: a score table and a policy → margins.

Counts are normal approximations that take what was measured for the truth; they say how much more work it would be, not
that it would pass. Source: ours, on harness/power.py (paired) and the usual formula for one share (Fleiss 1981, 1.5).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, sqrt
from statistics import NormalDist
from typing import Literal

from harness.gate_records import RuleMargin
from harness.gate_rules import Asked, asked
from harness.outcome_records import BaselineTable
from harness.policy import Policy
from harness.power import prompts_needed
from harness.records import Score, ScoreTable
from harness.specs import JudgeCalibration, StatisticsSettings
from harness.stages.gate import compare
from harness.statistics import Interval


@dataclass(frozen=True)
class _Lack:
    """One thing that a rule lacks."""

    settle: str
    amount: int | None
    """Of prompts, labels, or samples; None where no number would do, or none can be told."""


def explain(
    table: ScoreTable, policy: Policy, baseline: BaselineTable | None = None
) -> tuple[RuleMargin, ...]:
    """The margins of every rule, in the order of `decide`. Raises ConfigError as `decide` does."""
    return tuple(_margin(table, policy, one) for one in asked(table, policy, baseline))


def _margin(table: ScoreTable, policy: Policy, one: Asked) -> RuleMargin:
    found = one.measured
    bound = None if found is None else _bound(found, one)
    prompts = _prompts(table.statistics, policy, one)
    labels, score, fresh = _labels(table, policy, one), _unscored(policy, one), _leaked(table, policy, one)
    lacks = [lack for lack in (score, prompts, labels, fresh, *_baseline_lacks(policy, one)) if lack is not None]
    return RuleMargin(
        rule=one.words,
        bound=bound,
        end="point" if one.rule.bound == "point" else _end(found, one),
        of="share" if one.rule.statistic == "value" else "rise",
        margin=None if bound is None else one.limit.inside(bound),
        prompts=one.prompts,
        prompts_needed=prompts and prompts.amount,
        labels_needed=labels and labels.amount,
        to_score=score and score.amount,
        to_replace=fresh and fresh.amount,
        settle=tuple(lack.settle for lack in lacks),
    )


def _bound(found: Interval, one: Asked) -> float:
    """The end that decides: of a fail the one nearest to the threshold, else the one furthest out."""
    if one.rule.bound == "point":
        return found.value
    return one.limit.best(found) if compare(found, one) == "fail" else one.limit.worst(found)


def _end(found: Interval | None, one: Asked) -> Literal["upper", "lower"]:
    """The name of that end."""
    worst = found is None or compare(found, one) != "fail"
    return "upper" if worst == (one.limit.sign > 0) else "lower"


def _unscored(policy: Policy, one: Asked) -> _Lack | None:
    """What the variant lacks, or else what its reference does."""
    own = _to_score(one.score, policy)
    if own is not None or one.beside is None:
        return own
    theirs = _to_score(one.beside, policy)
    return None if theirs is None else _Lack(f"of {one.rule.reference}, {theirs.settle}", theirs.amount)


def _to_score(score: Score, policy: Policy) -> _Lack | None:
    amount = _excess(score.scored, score.unscored, policy)
    allowed = f"max_unscored {policy.max_unscored:.0%}"
    text = f"score {amount:,} of the {score.unscored:,} unscored samples ({allowed})"
    return _Lack(text, amount) if amount else None


def _excess(scored: int, unscored: int, policy: Policy) -> int:
    """How many more samples are unscored than the policy allows."""
    total = scored + unscored
    return unscored - floor(policy.max_unscored * total) if total and unscored / total > policy.max_unscored else 0


def _prompts(settings: StatisticsSettings, policy: Policy, one: Asked) -> _Lack | None:
    """More prompts, for the interval or for `min_prompts`, whichever asks for more."""
    found, least = one.measured, policy.min_prompts
    if one.gap is not None:
        return _Lack(one.gap[1], None)
    if found is None:
        what = "score some" if one.score.scored == 0 else f"compare {one.variant} with {one.rule.reference}"
        return _Lack(f"nothing was measured; {what} (min_prompts {least})", max(least, one.prompts))
    if compare(found, one) == "cant_say":
        return _interval_lack(_needed(found, settings, one), settings, least, one)
    if one.prompts < least:
        return _Lack(f"{least - one.prompts:,} more prompts{_where(one)}, {least:,} in all (min_prompts)", least)
    return None


def _where(one: Asked) -> str:
    return " in both runs" if one.on_baseline else "" if one.beside is None else " under both"


def _interval_lack(needed: int | None, settings: StatisticsSettings, least: int, one: Asked) -> _Lack:
    if needed is None:
        why = "more seeds, or another threshold" if one.seeds > 1 else "another threshold"
        return _Lack(f"the interval holds the threshold, and prompts alone would hardly settle it: {why}", None)
    amount = max(needed, least, one.prompts + 1)
    found = one.measured
    as_what = "a pass" if found is not None and one.limit.inside(found.value) > 0 else "a fail"
    return _Lack(
        f"the interval holds the threshold: about {amount - one.prompts:,} more prompts{_where(one)}, {amount:,} in "
        f"all, would settle it as {as_what} with {settings.power:.0%} probability, were the truth what was measured",
        amount,
    )


def _needed(found: Interval, settings: StatisticsSettings, one: Asked) -> int | None:
    """Prompts in all that move the interval off the threshold; None where the seeds' part alone is too wide."""
    distance = abs(one.limit.inside(found.value))
    variance = _variance(found, one)
    half = abs(one.limit.inside(found.value) - one.limit.inside(_holding_end(found, one)))
    z = NormalDist().inv_cdf(0.5 + settings.confidence / 2)
    prompts = max(1, _counted(one))
    seeds = sqrt(max(0.0, half**2 - z**2 * variance / prompts)) if one.seeds > 1 else 0.0
    left = sqrt(max(0.0, distance**2 - seeds**2))
    if left <= 1e-9:
        return None
    if one.rule.statistic == "value":
        return _share_needed(found.value, one.limit.threshold, left, settings)
    if variance == 0.0:
        return ceil(z**2 * (1 - left) / left)
    return prompts_needed(left, discordant=min(1.0, variance), confidence=settings.confidence, power=settings.power)


def _holding_end(found: Interval, one: Asked) -> float:
    """The end of the interval that lies beyond the threshold, seen from the value."""
    return one.limit.worst(found) if one.limit.inside(found.value) >= 0 else one.limit.best(found)


def _variance(found: Interval, one: Asked) -> float:
    """Of one prompt: a share's, or the discordance that was measured (by majority over the seeds)."""
    if one.comparison is None:
        return found.value * (1 - found.value)
    differing = (one.comparison.rose + one.comparison.fell) / max(1, one.comparison.prompts)
    return max(differing, found.value**2)


def _counted(one: Asked) -> int:
    return one.prompts if one.comparison is None else one.comparison.prompts


def _share_needed(share: float, threshold: float, distance: float, settings: StatisticsSettings) -> int | None:
    """Prompts after which Wilson's interval of a share leaves the threshold out; None for one at 0 or 1."""
    if not 0 < threshold < 1:
        return None
    normal = NormalDist()
    z, power = normal.inv_cdf(0.5 + settings.confidence / 2), normal.inv_cdf(settings.power)
    root = z * sqrt(threshold * (1 - threshold)) + power * sqrt(share * (1 - share))
    return ceil((root / distance) ** 2)


def _labels(table: ScoreTable, policy: Policy, one: Asked) -> _Lack | None:
    """Labels for the judge's kappa, whose interval shrinks with the root of their number."""
    judge = dict(table.judges).get(one.card.name)
    if policy.min_kappa is None or judge is None:
        return None
    own = (c.on(one.card.counts) for c in table.calibrations if c.judge == judge)
    known = [c for c in own if c.current and not c.fitted_on_these]
    measured = [c for c in known if c.low is not None]
    if not measured:
        return _unmeasured(judge, policy.min_kappa, table.statistics)
    worst = min(measured, key=lambda c: c.low if c.low is not None else 1.0)
    return _too_few_labels(worst, policy.min_kappa)


def _too_few_labels(known: JudgeCalibration, floor_: float) -> _Lack | None:
    kappa, low = known.kappa, known.low
    if kappa is None or low is None or low >= floor_:
        return None
    if kappa <= floor_:
        said = f"no number of labels would do at a kappa of {kappa:.2f} (min_kappa {floor_:g}): a better judge"
        return _Lack(said, None)
    rows = known.rows - known.unscored
    amount = max(rows + 1, ceil(rows * ((kappa - low) / (kappa - floor_)) ** 2))
    return _Lack(
        f"about {amount - rows:,} more human labels, {amount:,} in all, were the judge's kappa the measured "
        f"{kappa:.2f} (min_kappa {floor_:g})",
        amount,
    )


def _unmeasured(judge: str, floor_: float, settings: StatisticsSettings) -> _Lack:
    """Labels for a judge of which nothing is known: a kappa half way to 1, both outcomes alike frequent."""
    if floor_ >= 1:
        return _Lack(f"no number of labels shows a kappa of 1 of the judge {judge}; lower min_kappa", None)
    kappa = (max(floor_, 0.0) + 1) / 2
    agree = (1 + kappa) / 2
    z = NormalDist().inv_cdf(0.5 + settings.confidence / 2)
    amount = ceil((2 * z / (kappa - floor_)) ** 2 * agree * (1 - agree))
    return _Lack(
        f"measure the judge {judge} (harness calibrate): about {amount:,} human labels, were its kappa {kappa:.2f} "
        f"(min_kappa {floor_:g})",
        amount,
    )


def _leaked(table: ScoreTable, policy: Policy, one: Asked) -> _Lack | None:
    found = None if table.leakage is None else table.leakage.of(one.card.name)
    if found is None:
        said = "run the config again, so that its prompts are checked for leakage"
        return None if policy.max_leakage == 1 else _Lack(said, None)
    if found.leaked <= policy.max_leakage * found.prompts:
        return None
    amount = found.leaked - floor(policy.max_leakage * found.prompts)
    return _Lack(f"replace {amount:,} of the {found.leaked:,} prompts that are not new", amount)


def _baseline_lacks(policy: Policy, one: Asked) -> tuple[_Lack, ...]:
    """What the baseline's side lacks."""
    theirs = one.against
    if theirs is None or theirs.gap:
        return ()
    lacks = []
    if amount := _excess(theirs.scored, theirs.unscored, policy):
        lacks.append(f"of the baseline, score {amount:,} of the {theirs.unscored:,} unscored samples")
    if theirs.leaked is None and policy.max_leakage < 1:
        lacks.append("make the baseline again, so that its prompts are checked for leakage")
    elif (theirs.leaked or 0) > policy.max_leakage * theirs.prompts:
        amount = (theirs.leaked or 0) - floor(policy.max_leakage * theirs.prompts)
        lacks.append(f"of the baseline, replace {amount:,} of the {theirs.leaked:,} prompts that are not new")
    return tuple(_Lack(text, None) for text in lacks)
