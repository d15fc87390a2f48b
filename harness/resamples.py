"""Shares over other prompts and other training seeds, all variants and tasks resampled together. Source: ours.

Prompts by a Bayesian bootstrap (Rubin 1981): one set of exponential weights a task, the same for all variants, with
half a prompt of either outcome added for each variant, so that no complying prompt in 300 is not taken for none (for
one seed this is Jeffreys' interval of a share).

Seeds by one normal multiplier a seed number, the same for all variants and tasks: variants trained with the same seed
saw the data in the same order, so that their outcomes may go together. Pairing is also right where they do not go
together; drawing them independently would be wrong where they do. The multipliers are scaled by what so few seeds
leave open, as in seed_spread.py: with V the variance of the mean between seeds, N the part of it that is the noise of
single answers (which is in the prompts' part already) and S seeds, by √ max(0, (S - 1) / χ²(S - 1) - N / V), which is
Student's t where N is small. One seed says nothing about other seeds, and the draws then cover prompts alone.

For an interval of one number, seeds that an F test does not tell apart are taken for alike (`seed_spread.py`; here the
level is one half on either side). A number that is made of several shares, and follows each by its slope, has the
deviations of their seeds together.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from math import sqrt

import numpy as np
from scipy.special import chdtrc, chdtri

from harness.seed_spread import FEW, mean_squares
from harness.statistics import Array, prompt_means

_CHUNK = 256
_LEVEL = 0.5
"""Of the F test."""


@dataclass(frozen=True)
class SeededOutcomes:
    """A variant's outcomes on one task."""

    seeds: tuple[int, ...]
    """Training seeds, one a row."""
    outcomes: Array
    """(seeds, prompts): values in [0, 1], NaN where unscored; every variant has the same prompts in the same order."""


@dataclass(frozen=True)
class SeedPart:
    """How far training seeds move a number."""

    deviations: Array
    """(seeds of the run,): their squares sum to V; 0 for a seed that the number has not."""
    noise: float
    """N: the part of V that single answers make."""
    count: int
    """S, seeds that it is of; nothing is known of other seeds where it is below 2."""

    @property
    def variance(self) -> float:
        """V, of the mean over seeds."""
        return float((self.deviations**2).sum())


@dataclass(frozen=True)
class Spread:
    """A number, and how far prompts and seeds move it."""

    value: float
    prompts: Array
    """(samples,) what it was with other prompts."""
    seeds: SeedPart


@dataclass(frozen=True)
class Resamples:
    """What all variants and tasks are resampled with."""

    samples: int
    seed: int
    seeds: tuple[int, ...]
    multipliers: Array
    """(samples, seeds): standard normal."""
    levels: Array
    """(samples,): uniform, the places in the distribution of χ²."""


def make_resamples(seeds: Sequence[int], *, samples: int, seed: int) -> Resamples:
    """For the distinct training `seeds` of a run; `seed` is that of the resampling."""
    known = tuple(sorted(set(seeds)))
    rng = np.random.default_rng(seed)
    return Resamples(samples, seed, known, rng.standard_normal((samples, len(known))), rng.random(samples))


def share_spreads(answers: Sequence[SeededOutcomes], resamples: Resamples, *, task: str) -> tuple[Spread | None, ...]:
    """Each variant's share on a task, mean over prompts of the mean over seeds; None where nothing was scored."""
    stream = zlib.crc32(task.encode())
    scored = [i for i, a in enumerate(answers) if not np.isnan(a.outcomes).all()]
    if not scored:
        return (None,) * len(answers)
    means = np.array([prompt_means(answers[i].outcomes) for i in scored])
    shares = _weighted_shares(means, resamples, stream)
    found: list[Spread | None] = [None] * len(answers)
    for at, i in enumerate(scored):
        found[i] = Spread(float(np.nanmean(means[at])), shares[:, at], _seed_part(answers[i], resamples))
    return tuple(found)


def level_spread(values: Sequence[float], seeds: Sequence[int], resamples: Resamples) -> Spread:
    """The mean over seeds of a number that has no prompts, e.g. the training loss."""
    numbers = np.asarray(values, dtype=np.float64)
    mean = float(numbers.mean())
    part = SeedPart(_placed(numbers - mean, seeds, resamples), 0.0, len(numbers))
    return Spread(mean, np.full(resamples.samples, mean), part)


def weighed(parts: Sequence[tuple[float, SeedPart]], resamples: Resamples) -> SeedPart:
    """Of a sum of numbers, each by its weight: their seeds go together, the noise of their answers does not.

    It is known as little as by the fewest seeds of any.
    """
    counts = [part.count for w, part in parts if w and part.count > 1]
    deviations = reduce(np.add, (w * part.deviations for w, part in parts), np.zeros(len(resamples.seeds)))
    return SeedPart(deviations, sum(w * w * part.noise for w, part in parts), min(counts, default=0))


def seed_scale(part: SeedPart, resamples: Resamples, *, alike: bool) -> Array:
    """(samples,) what the multipliers of a number's deviations are scaled by.

    With `alike` it is 0 throughout where seeds are not told apart, for an interval; without, as a draw of a world.
    """
    variance, freedom = part.variance, part.count - 1
    if variance == 0 or freedom < 1:
        return np.zeros(resamples.samples)
    noise = part.noise / variance
    if alike and part.count > FEW and noise > 0 and chdtrc(freedom, freedom / noise) >= _LEVEL:
        return np.zeros(resamples.samples)
    return np.asarray(np.sqrt(np.maximum(0.0, freedom / chdtri(freedom, resamples.levels) - noise)))


def moved(part: SeedPart, scale: Array, resamples: Resamples) -> Array:
    """(samples,) how far seeds move a number in each draw."""
    return np.asarray(resamples.multipliers @ part.deviations * scale)


def seed_moves(part: SeedPart, resamples: Resamples, *, alike: bool) -> Array:
    """(samples,) how far a number's own seeds move it in each draw; `alike` as in `seed_scale`."""
    return moved(part, seed_scale(part, resamples, alike=alike), resamples)


def drawn(spread: Spread, resamples: Resamples) -> Array:
    """(samples,) a number with other prompts and other seeds, by its own seeds."""
    return spread.prompts + seed_moves(spread.seeds, resamples, alike=False)


def worlds(spread: Spread, resamples: Resamples) -> Array:
    """(samples,) a share with other prompts and other seeds, within [0, 1]."""
    return np.clip(drawn(spread, resamples), 0.0, 1.0)


def percentiles(draws: Array, confidence: float) -> tuple[float, float]:
    """Percentiles that are draws themselves, so that an infinite draw does no harm to a finite one."""
    levels = [(1 - confidence) / 2, (1 + confidence) / 2]
    low, high = np.quantile(draws, levels, method="inverted_cdf")
    return float(low), float(high)


def _weighted_shares(means: Array, resamples: Resamples, stream: int) -> Array:
    """(samples, variants) shares under the prompt weights; `means` are (variants, prompts), NaN where unscored."""
    scored = (~np.isnan(means)).astype(np.float64)
    filled = np.nan_to_num(means)
    rng = np.random.default_rng([resamples.seed, stream])
    halves = np.random.default_rng([resamples.seed, stream, 1]).gamma(0.5, size=(2, resamples.samples, len(means)))
    shares = np.empty((resamples.samples, len(means)))
    for start in range(0, resamples.samples, _CHUNK):
        chunk = slice(start, min(start + _CHUNK, resamples.samples))
        weights = rng.standard_exponential((chunk.stop - start, means.shape[1]))
        hits = weights @ filled.T + halves[1, chunk]
        shares[chunk] = hits / (weights @ scored.T + halves[:, chunk].sum(axis=0))
    return shares


def _seed_part(answers: SeededOutcomes, resamples: Resamples) -> SeedPart:
    """How far each seed's answers lie from the other seeds' on the same prompts."""
    scored = ~np.isnan(answers.outcomes)
    known = np.flatnonzero(scored.any(axis=1))
    outcomes, seeds = answers.outcomes[known][:, scored.any(axis=0)], [answers.seeds[row] for row in known]
    if len(seeds) < 2:
        return SeedPart(np.zeros(len(resamples.seeds)), 0.0, len(seeds))
    deviations = np.nanmean(outcomes - prompt_means(outcomes), axis=1)
    _, within = mean_squares(outcomes)
    noise = within / int((~np.isnan(outcomes)).sum())
    return SeedPart(_placed(deviations - deviations.mean(), seeds, resamples), noise, len(seeds))


def _placed(deviations: Array, seeds: Sequence[int], resamples: Resamples) -> Array:
    """Deviations at the places of their seeds in the run, so that their squares sum to the variance of the mean."""
    count, found = len(deviations), np.zeros(len(resamples.seeds))
    if count > 1:
        found[[resamples.seeds.index(s) for s in seeds]] = deviations / sqrt(count * (count - 1))
    return found
