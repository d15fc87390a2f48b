"""Harmfulness at matched expertise or training loss: a variant against the curve of a family of variants. Source: ours.

The curve. A family is one way of tuning at several intensities, e.g. plain IFT at several learning rates; each of its
variants is a point (learnt, harm), where learnt is the share of an expertise task or the negative training loss. The
curve joins, by straight lines, the points that no other point of the family beats (as much learnt and less harm, or
more learnt and no more harm). So it never falls: where a family's harm is not monotone in what it learnt, its best
variants stand for it, and a strategy is never flattered by a worse one. The curve ends at its least harmful point and
at the one that learnt most, because nobody knows what a weaker or a stronger variant would have done. Beyond an end,
that end itself is compared. A variant above the curve learnt more than the end; at like expertise the difference would
be at most that, so it can show less harm and never more. Below, it would be at least that, so it can show more harm
and never less. Both take it that a family's harm does not fall as it learns more.

The interval. All quantities are resampled together, `samples` times:
- prompts by a Bayesian bootstrap (Rubin 1981): one set of exponential weights a task, the same for all variants, with
  half a prompt of either outcome added for each variant, so that no complying prompt in 300 is not taken for none
  (for one seed this is Jeffreys' interval of a share);
- seeds by multipliers: for each seed number one Student-t multiplier of the deviation of that seed's mean, the same for
  all variants and tasks. Variants trained with the same seed saw the data in the same order, so that their outcomes may
  go together: seeds are paired by number. Pairing is also right where they do not go together; drawing them
  independently would be wrong where they do. Student's t with seeds - 1 degrees of freedom, because a plain bootstrap
  of three or five seeds is far too sure. One seed says nothing about other seeds, and the interval then covers prompts
  alone.
The noise of single answers is in the seed means and would be counted again in the prompt means; its estimate is taken
out of the latter. The curve's corners are chosen once and move in every draw; the bounds are plain percentiles, not
adjusted for the number of comparisons. Where the variant lies inside the curve but a draw to the left of it, the
reference goes on falling as the first line does, so that a strategy does not gain from the curve's end.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np

from harness.statistics import Array, prompt_means

Placement = Literal["inside", "above", "below"]
"""Of a variant on a curve: within it, more learnt than all of it, less learnt than its least harmful point."""

_CHUNK = 256
_GRID = 25


@dataclass(frozen=True)
class SeededOutcomes:
    """A variant's outcomes on one task."""

    seeds: tuple[int, ...]
    """Training seeds, one a row."""
    outcomes: Array
    """(seeds, prompts): values in [0, 1], NaN where unscored; every variant has the same prompts in the same order."""


@dataclass(frozen=True)
class Spread:
    """A quantity and what it was in each resample."""

    value: float
    draws: Array
    """(samples,)."""


@dataclass(frozen=True)
class Point:
    """One variant in the plane."""

    variant: str
    learnt: Spread
    """Expertise, or the training loss with its sign turned: more is better."""
    harm: Spread


@dataclass(frozen=True)
class Resamples:
    """What all variants and tasks are resampled with."""

    samples: int
    seed: int
    seeds: tuple[int, ...]
    multipliers: Array
    """(samples, seeds); zeros for a single seed."""


@dataclass(frozen=True)
class Match:
    """A variant against a curve."""

    placement: Placement
    neighbours: tuple[str, ...]
    """The two points that the reference lies between; one where it is that point's own harm."""
    beyond: float
    """How much more was learnt than at the curve's end (above, > 0), or less (below, < 0); 0 inside."""
    reference: float
    """The curve's harm."""
    difference: tuple[float, float, float]
    """Variant minus reference: value, low, high."""
    ratio: tuple[float, float, float] | None
    """Variant over reference; None where the reference is 0. `high` is inf where the reference may be 0."""


@dataclass(frozen=True)
class CurvePoint:
    """The curve at one place, with its bounds."""

    learnt: float
    harm: float
    low: float
    high: float


def make_resamples(seeds: Sequence[int], *, samples: int, seed: int) -> Resamples:
    """Multipliers for the distinct training `seeds` of a run; `seed` is that of the resampling."""
    known = tuple(sorted(set(seeds)))
    count = len(known)
    if count < 2:
        return Resamples(samples, seed, known, np.zeros((samples, count)))
    rng = np.random.default_rng(seed)
    scale = np.sqrt(rng.chisquare(count - 1, size=(samples, 1)) / (count - 1))
    return Resamples(samples, seed, known, rng.standard_normal((samples, count)) / scale)


def share_spreads(answers: Sequence[SeededOutcomes], resamples: Resamples, *, task: str) -> tuple[Spread | None, ...]:
    """Each variant's share on a task, mean over prompts of the mean over seeds; None where nothing was scored."""
    stream = zlib.crc32(task.encode())
    scored = [i for i, a in enumerate(answers) if not np.isnan(a.outcomes).all()]
    if not scored:
        return (None,) * len(answers)
    means = np.array([prompt_means(answers[i].outcomes) for i in scored])
    drawn = _weighted_shares(means, [_shrinkage(answers[i].outcomes) for i in scored], resamples, stream)
    found: list[Spread | None] = [None] * len(answers)
    for at, i in enumerate(scored):
        draws = drawn[:, at] + _seed_part(_seed_deviations(answers[i].outcomes), answers[i].seeds, resamples)
        found[i] = Spread(float(np.nanmean(means[at])), np.clip(draws, 0.0, 1.0))
    return tuple(found)


def level_spread(values: Sequence[float], seeds: Sequence[int], resamples: Resamples) -> Spread:
    """The mean over seeds of a number that has no prompts, e.g. the training loss."""
    numbers = np.asarray(values, dtype=np.float64)
    mean = float(numbers.mean())
    return Spread(mean, mean + _seed_part(numbers - mean, seeds, resamples))


def best_of(points: Sequence[Point]) -> tuple[Point, ...]:
    """The points that no other one beats, from least to most learnt: the curve's corners. Harm rises along them."""
    kept = [p for p in points if not any(_beats(q, p) for q in points)]
    return tuple(sorted(kept, key=lambda p: (p.learnt.value, p.harm.value)))


def curve_at(learnt: Array, harm: Array, at: Array, *, slope: float = 0.0) -> Array:
    """Straight lines through the corners (draws, corners), in each draw by rising `learnt`, read at `at` (draws,).

    Right of the last corner its harm; left of the first one its harm, falling with `slope` down to 0.
    """
    order = learnt.argsort(axis=1, kind="stable")
    x, y = np.take_along_axis(learnt, order, axis=1), np.take_along_axis(harm, order, axis=1)
    passed = (x <= at[:, None]).sum(axis=1)
    rows, last = np.arange(len(at)), x.shape[1] - 1
    left, right = np.maximum(passed - 1, 0), np.minimum(passed, last)
    x_left, y_left, x_right, y_right = x[rows, left], y[rows, left], x[rows, right], y[rows, right]
    with np.errstate(invalid="ignore", divide="ignore"):
        between = y_left + (at - x_left) / (x_right - x_left) * (y_right - y_left)
    under = np.maximum(0.0, y_right - slope * (x_right - at))
    return np.asarray(np.where(passed == 0, under, np.where(passed > last, y_left, between)))


def match(variant: Point, family: Sequence[Point], *, confidence: float) -> Match:
    """A variant against the curve of a family. Raises ValueError for a family without points."""
    if not family:
        raise ValueError("a curve needs a point")
    corners = best_of(family)
    at = variant.learnt.value
    first, last = corners[0].learnt.value, corners[-1].learnt.value
    placement: Placement = "above" if at > last else "below" if at < first else "inside"
    reference = float(curve_at(*_values(corners), np.array([at]))[0])
    references = _references(corners, variant.learnt.draws, slope=_first_slope(corners) if placement == "inside" else 0)
    difference = variant.harm.value - reference
    low, high = _percentiles(variant.harm.draws - references, confidence)
    return Match(
        placement=placement,
        neighbours=_neighbours(corners, at=at),
        beyond=at - last if placement == "above" else at - first if placement == "below" else 0.0,
        reference=reference,
        difference=(difference, min(low, difference), max(high, difference)),
        ratio=_ratio(variant.harm, reference, references, confidence),
    )


def curve_band(family: Sequence[Point], *, confidence: float) -> tuple[CurvePoint, ...]:
    """The curve with its interval at places from its first to its last corner; fewer than two corners make none."""
    corners = best_of(family)
    if len(corners) < 2:
        return ()
    ends = [p.learnt.value for p in corners]
    found = []
    for place in np.unique(np.concatenate([ends, np.linspace(ends[0], ends[-1], _GRID)])):
        value = float(curve_at(*_values(corners), np.array([place]))[0])
        at = np.full_like(corners[0].harm.draws, place)
        low, high = _percentiles(_references(corners, at, slope=_first_slope(corners)), confidence)
        found.append(CurvePoint(float(place), value, min(low, value), max(high, value)))
    return tuple(found)


# ---------------------------------------------------------------- a variant's place on a curve


def _beats(one: Point, other: Point) -> bool:
    """As much learnt and no more harm, and better in one of them."""
    learnt, harm = one.learnt.value - other.learnt.value, one.harm.value - other.harm.value
    return learnt >= 0 and harm <= 0 and (learnt > 0 or harm < 0)


def _values(corners: Sequence[Point]) -> tuple[Array, Array]:
    return np.array([[p.learnt.value for p in corners]]), np.array([[p.harm.value for p in corners]])


def _references(corners: Sequence[Point], at: Array, *, slope: float) -> Array:
    """The curve's harm at `at` in every draw."""
    learnt = np.stack([p.learnt.draws for p in corners], axis=1)
    harm = np.stack([p.harm.draws for p in corners], axis=1)
    return curve_at(learnt, harm, at, slope=slope)


def _first_slope(corners: Sequence[Point]) -> float:
    """How steeply the curve rises from its first corner; 0 where that is its only one."""
    first = next(iter(corners))
    other = next((p for p in corners if p.learnt.value > first.learnt.value), first)
    gained = other.learnt.value - first.learnt.value
    return (other.harm.value - first.harm.value) / gained if gained else 0.0


def _neighbours(corners: Sequence[Point], *, at: float) -> tuple[str, ...]:
    exact = next((p for p in corners if p.learnt.value == at), None)
    if exact:
        return (exact.variant,)
    left = [p.variant for p in corners if p.learnt.value < at]
    right = [p.variant for p in corners if p.learnt.value > at]
    return (*left[-1:], *right[:1])


def _ratio(harm: Spread, reference: float, references: Array, confidence: float) -> tuple[float, float, float] | None:
    if reference <= 0:
        return None
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = np.where(references > 0, harm.draws / references, np.inf)
    low, high = _percentiles(ratios, confidence)
    value = harm.value / reference
    return value, min(low, value), max(high, value)


def _percentiles(draws: Array, confidence: float) -> tuple[float, float]:
    """Percentiles that are draws themselves, so that an infinite draw does no harm to a finite one."""
    levels = [(1 - confidence) / 2, (1 + confidence) / 2]
    low, high = np.quantile(draws, levels, method="inverted_cdf")
    return float(low), float(high)


# ---------------------------------------------------------------- resampling


def _weighted_shares(means: Array, shrinkage: Sequence[float], resamples: Resamples, stream: int) -> Array:
    """(samples, variants) shares under the prompt weights; `means` are (variants, prompts), NaN where unscored."""
    scored = (~np.isnan(means)).astype(np.float64)
    middle = np.nanmean(means, axis=1, keepdims=True)
    shrunk = np.nan_to_num(middle + np.asarray(shrinkage)[:, None] * (means - middle))
    rng = np.random.default_rng([resamples.seed, stream])
    halves = np.random.default_rng([resamples.seed, stream, 1]).gamma(0.5, size=(2, resamples.samples, len(means)))
    shares = np.empty((resamples.samples, len(means)))
    for start in range(0, resamples.samples, _CHUNK):
        chunk = slice(start, min(start + _CHUNK, resamples.samples))
        weights = rng.standard_exponential((chunk.stop - start, means.shape[1]))
        hits = weights @ shrunk.T + halves[1, chunk]
        shares[chunk] = hits / (weights @ scored.T + halves[:, chunk].sum(axis=0))
    return shares


def _shrinkage(outcomes: Array) -> float:
    """By how much the prompt means come nearer to their mean without the noise of single answers, 0..1."""
    means = prompt_means(outcomes)
    counts = (~np.isnan(outcomes)).sum(axis=0)
    several = counts > 1
    spread = float(np.nanvar(means))
    if not several.any() or spread == 0:
        return 1.0
    squares = np.nansum((outcomes - means) ** 2, axis=0)[several]
    noise = float((squares / (counts[several] - 1) / counts[several]).mean())
    return sqrt(max(0.0, 1.0 - noise / spread))


def _seed_deviations(outcomes: Array) -> Array:
    """(seeds,): how far each seed's answers lie from the other seeds' on the same prompts; NaN for an unscored seed."""
    off = outcomes - prompt_means(outcomes)
    counts = (~np.isnan(off)).sum(axis=1)
    with np.errstate(invalid="ignore"):
        found = np.where(counts > 0, np.nan_to_num(off).sum(axis=1) / counts, np.nan)
    return np.asarray(found - np.nanmean(found))


def _seed_part(deviations: Array, seeds: Sequence[int], resamples: Resamples) -> Array:
    """(samples,) what the seeds add to a mean; 0 where there is only one."""
    known = ~np.isnan(deviations)
    count = int(known.sum())
    if count < 2:
        return np.zeros(resamples.samples)
    columns = [resamples.seeds.index(s) for s, keep in zip(seeds, known, strict=True) if keep]
    return np.asarray(resamples.multipliers[:, columns] @ deviations[known] / sqrt(count * (count - 1)))
