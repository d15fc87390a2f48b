"""Outcomes of all variants → which is the safest of those that keep enough of plain IFT's expertise. Source: ours.

All variants are resampled together (resamples.py): prompts, the same for all, and training seeds, paired by number. A
draw is one world in which harm, expertise and the reference's expertise of all variants are known, and "the safest of
those that keep enough" has an answer in it. The share of draws that answer with a variant is its probability: of this
model, these tasks and this data, over other prompts and other seeds, with no prior for any variant. One seed says
nothing of other seeds; the draws then cover prompts alone.

The reference is chosen once, by its score, and is the same variant in every draw. The intervals of harm and expertise
are those of the scores (statistics.py); that of the share kept is of draws as well, in which the reference's own error
is contained. None is adjusted for the number of variants.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.matched import Measured, task_spreads
from harness.ranking_records import Eligibility, Estimate, RankedVariant, Ranking, RankingParams
from harness.resamples import (
    Resamples,
    Spread,
    make_resamples,
    percentiles,
    seed_moves,
    weighed,
    worlds,
)
from harness.specs import StatisticsSettings
from harness.statistics import Array, clustered_share

_LEAST = 0.001
_ORDER: tuple[Eligibility, ...] = ("yes", "unclear", "no")


@dataclass(frozen=True)
class _Contender:
    """A tuned variant on the two tasks, resampled; None where nothing was scored."""

    measured: Measured
    harm: Spread | None
    expertise: Spread | None


def rank(measured: Sequence[Measured], params: RankingParams, *, settings: StatisticsSettings) -> Ranking:
    """The ranking of the tuned variants; one without seeds is the base, which only tells what it can untuned.

    Deterministic by `settings.seed`. All variants have the same prompts in the same order.
    """
    seeds = [s for m in measured for s in m.seeds]
    drawn = make_resamples(seeds, samples=settings.bootstrap_samples, seed=settings.seed)
    contenders = _resampled([m for m in measured if m.seeds], params, drawn)
    reference = _reference(contenders, params)
    made = Ranking(
        at_least=params.at_least,
        harm_task=params.harm_task,
        expertise_task=params.expertise_task,
        reference=None if reference is None else reference.measured.variant,
    )
    if reference is None or reference.expertise is None:
        return made
    chances = _probabilities(contenders, reference.expertise, at_least=params.at_least, drawn=drawn)
    kept = [_kept(c.expertise, reference.expertise, drawn, settings.confidence) for c in contenders]
    found = [_ranked(c, k, params, settings) for c, k in zip(contenders, kept, strict=True)]
    found = [v.model_copy(update={"probability": p}) for v, p in zip(found, chances, strict=True)]
    base = next((m for m in measured if not m.seeds), None)
    before = None if base is None else _share(base, params.expertise_task, settings)
    base_kept = None if before is None else before.value / reference.expertise.value
    return made.model_copy(update={"variants": _in_order(found), "base_kept": base_kept})


def probabilities_of_least(harm: Array, qualifies: NDArray[np.bool_]) -> Array:
    """(variants,) share of the draws in which each has the least harm of those that qualify; both (draws, variants).

    Variants alike share a draw; a draw in which none qualifies counts for nobody.
    """
    masked = np.where(qualifies, harm, np.inf)
    least = masked.min(axis=1, keepdims=True)
    best = (masked == least) & np.isfinite(least)
    return np.asarray((best / np.maximum(best.sum(axis=1, keepdims=True), 1)).mean(axis=0))


def _resampled(measured: Sequence[Measured], params: RankingParams, drawn: Resamples) -> tuple[_Contender, ...]:
    harm, expertise = (task_spreads(measured, task, drawn) for task in (params.harm_task, params.expertise_task))
    return tuple(_Contender(*one) for one in zip(measured, harm, expertise, strict=True))


def _reference(contenders: Sequence[_Contender], params: RankingParams) -> _Contender | None:
    """The one with most expertise of those named; None where none has any."""
    able = [(c.expertise.value, c) for c in contenders if c.expertise and c.measured.variant in params.references]
    return max((pair for pair in able if pair[0] > 0), key=lambda pair: pair[0], default=(0.0, None))[1]


def _kept(expertise: Spread | None, reference: Spread, drawn: Resamples, confidence: float) -> Estimate | None:
    """Expertise over the reference's; a draw without any of the latter counts as one of a thousandth."""
    if expertise is None:
        return None
    value = expertise.value / reference.value
    if expertise is reference:
        return Estimate(value=value, low=value, high=value)
    part = weighed([(1 / reference.value, expertise.seeds), (-value / reference.value, reference.seeds)], drawn)
    seeds = seed_moves(part, drawn, alike=True)
    prompts = expertise.prompts / np.maximum(reference.prompts, _LEAST)
    low, high = percentiles(np.maximum(0.0, prompts + seeds), confidence)
    return Estimate(value=value, low=min(low, value), high=max(high, value))


def _probabilities(
    contenders: Sequence[_Contender], reference: Spread, *, at_least: float, drawn: Resamples
) -> list[float]:
    """Of each variant; 0 for one without a score on either task."""
    known = [(i, c.harm, c.expertise) for i, c in enumerate(contenders) if c.harm and c.expertise]
    found = [0.0] * len(contenders)
    if known:
        harm = np.stack([worlds(one, drawn) for _, one, _ in known], axis=1)
        expertise = np.stack([worlds(one, drawn) for _, _, one in known], axis=1)
        chances = probabilities_of_least(harm, expertise >= at_least * worlds(reference, drawn)[:, None])
        for (i, _, _), chance in zip(known, chances, strict=True):
            found[i] = float(chance)
    return found


def _ranked(
    contender: _Contender, kept: Estimate | None, params: RankingParams, settings: StatisticsSettings
) -> RankedVariant:
    return RankedVariant(
        variant=contender.measured.variant,
        harm=_share(contender.measured, params.harm_task, settings),
        expertise=_share(contender.measured, params.expertise_task, settings),
        kept=kept,
        eligible="unclear" if contender.harm is None else _eligible(kept, params.at_least),
        rank=None,
        probability=0.0,
    )


def _eligible(kept: Estimate | None, at_least: float) -> Eligibility:
    if kept is None or kept.low < at_least <= kept.high:
        return "unclear"
    return "yes" if kept.low >= at_least else "no"


def _share(measured: Measured, task: str, settings: StatisticsSettings) -> Estimate | None:
    """The pooled share as the scores have it."""
    found = clustered_share(
        dict(measured.outcomes)[task],
        confidence=settings.confidence,
        samples=settings.bootstrap_samples,
        seed=settings.seed,
    )
    return None if found is None else Estimate(value=found.value, low=found.low, high=found.high)


def _in_order(found: Sequence[RankedVariant]) -> tuple[RankedVariant, ...]:
    """By eligibility, then harm, the eligible with their ranks; what has no harm comes last in its group."""
    harms = sorted(v.harm.value for v in found if v.eligible == "yes" and v.harm is not None)
    ranked = [
        v.model_copy(update={"rank": 1 + harms.index(v.harm.value)}) if v.eligible == "yes" and v.harm else v
        for v in found
    ]
    return tuple(sorted(ranked, key=lambda v: (_ORDER.index(v.eligible), v.harm.value if v.harm else np.inf)))
