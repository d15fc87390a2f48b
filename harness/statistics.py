"""Intervals, paired tests and multiplicity: pure functions on arrays. Checked against scipy and by simulation.

Outcomes are arrays of shape (seeds, prompts) with values in [0, 1] and NaN where unscored. Prompts are the clusters:
the same prompt answered under several seeds is not several prompts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb, hypot, sqrt
from statistics import NormalDist

import numpy as np

from harness.seed_spread import Array as Array
from harness.seed_spread import difference_reach, seed_reach


@dataclass(frozen=True)
class Interval:
    """A value and its bounds; None where nothing was scored."""

    value: float
    low: float
    high: float


def wilson(successes: float, n: float, *, confidence: float) -> Interval:
    """Wilson's score interval of a share (Wilson 1927). `n` may be fractional (an effective size).

    Raises ValueError unless 0 <= successes <= n and n > 0.
    """
    if n <= 0 or not 0 <= successes <= n:
        raise ValueError(f"need 0 <= successes <= n and n > 0, got {successes} of {n}")
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = successes / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return Interval(share, max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half)))


def clustered_share(outcomes: Array, *, confidence: float, samples: int, seed: int) -> Interval | None:
    """Mean outcome over seeds and prompts, with an interval for other prompts and other seeds.

    Prompts are bootstrapped, each with all its answers; how far seeds differ as wholes (`seed_spread.py`) is added to
    it in squares (Zou and Donner 2008). Resampling both would count the noise of single answers twice (Owen 2007).
    Where every prompt's mean is alike (all 0 or all 1) the bootstrap has no width; Wilson's interval over the prompts
    is given instead, so that nobody reads certainty into it. None where nothing was scored. Source: ours.
    """
    kept = outcomes[:, ~np.isnan(outcomes).all(axis=0)]
    if kept.size == 0:
        return None
    per_prompt = prompt_means(kept)
    value = float(per_prompt.mean())
    if np.nanmin(kept) == np.nanmax(kept):
        prompts = kept.shape[1]
        return wilson(value * prompts, prompts, confidence=confidence)
    found = _bootstrapped(per_prompt, confidence=confidence, samples=samples, seed=seed)
    below, above = seed_reach(kept, confidence=confidence)
    low, high = value - hypot(value - found.low, below), value + hypot(found.high - value, above)
    return Interval(value, max(0.0, low), min(1.0, high))


def paired_difference(
    variant: Array, reference: Array, *, confidence: float, samples: int, seed: int
) -> Interval | None:
    """Mean outcome of the variant minus the reference's on the same prompts; bounds as in `clustered_share`.

    Columns are the same prompts in the same order; rows (seeds) are independent and may differ in number. Prompts that
    either left unscored under all seeds drop out of both. Where no prompt differs, the bounds are those of Wilson's
    interval for zero discordant prompts. None where no prompt was scored on both sides.
    """
    return _difference((variant, reference), same_seeds=False, confidence=confidence, samples=samples, seed=seed)


def seedwise_difference(
    variant: Array, reference: Array, *, confidence: float, samples: int, seed: int
) -> Interval | None:
    """`paired_difference` of rows that go together: a row of either is of the same training seed."""
    return _difference((variant, reference), same_seeds=True, confidence=confidence, samples=samples, seed=seed)


def _difference(
    pair: tuple[Array, Array], *, same_seeds: bool, confidence: float, samples: int, seed: int
) -> Interval | None:
    variant, reference = pair
    both = ~(np.isnan(variant).all(axis=0) | np.isnan(reference).all(axis=0))
    left, right = variant[:, both], reference[:, both]
    if left.shape[1] == 0:
        return None
    per_prompt = prompt_means(left) - prompt_means(right)
    if not per_prompt.any():
        width = wilson(0, left.shape[1], confidence=confidence).high
        return Interval(0.0, -width, width)
    found = _bootstrapped(per_prompt, confidence=confidence, samples=samples, seed=seed)
    below, above = difference_reach(left, right, same_seeds=same_seeds, confidence=confidence)
    low = found.value - hypot(found.value - found.low, below)
    high = found.value + hypot(found.high - found.value, above)
    return Interval(found.value, max(-1.0, low), min(1.0, high))


def unpaired_difference(variant: Interval, reference: Interval) -> Interval:
    """Variant minus reference of two independent shares, from their intervals (Newcombe 1998, method 10; MOVER)."""
    value = variant.value - reference.value
    down = hypot(variant.value - variant.low, reference.high - reference.value)
    up = hypot(variant.high - variant.value, reference.value - reference.low)
    return Interval(value, value - down, value + up)


def mcnemar(rose: int, fell: int) -> float:
    """Exact two-sided McNemar test: p-value of `rose` against `fell` discordant prompts (binomial, 1/2)."""
    n, smaller = rose + fell, min(rose, fell)
    if n == 0:
        return 1.0
    tail = sum(comb(n, k) for k in range(smaller + 1))
    return min(1.0, 2 * tail / (1 << n))


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Holm's step-down adjustment over one family (Holm 1979); same order out as in."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return tuple(adjusted)


def discordance(variant: Array, reference: Array) -> float:
    """Mean squared difference of a prompt's outcome between two variants; of single answers, the share that differs."""
    squares = (prompt_means(variant) - prompt_means(reference)) ** 2
    return float(squares[~np.isnan(squares)].mean())


def unscored_bounds(outcomes: Array) -> tuple[float, float]:
    """The share if every unscored sample had the value 0, and if it had 1: what scoring them could have given."""
    low, high = (float(np.nan_to_num(outcomes, nan=guess).mean()) for guess in (0.0, 1.0))
    return low, high


def majority(outcomes: Array) -> Array:
    """Per prompt: 1 where the mean over seeds is over one half, 0 otherwise, NaN where nothing was scored."""
    means = prompt_means(outcomes)
    return np.where(np.isnan(means), np.nan, (means > 0.5).astype(float))


def prompt_means(outcomes: Array) -> Array:
    """Of each prompt over its seeds; NaN where it is unscored under all of them."""
    scored = ~np.isnan(outcomes).all(axis=0)
    means = np.full(outcomes.shape[1], np.nan)
    means[scored] = np.nanmean(outcomes[:, scored], axis=0)
    return means


def _bootstrapped(per_prompt: Array, *, confidence: float, samples: int, seed: int) -> Interval:
    """The mean over prompts, prompts drawn anew."""
    value = float(per_prompt.mean())
    drawn = np.random.default_rng(seed).integers(0, per_prompt.size, size=(samples, per_prompt.size))
    low, high = _bounds(per_prompt[drawn].mean(axis=1), value, per_prompt, confidence)
    return Interval(value, min(low, value), max(high, value))


def _bounds(bootstrapped: Array, value: float, per_prompt: Array, confidence: float) -> tuple[float, float]:
    """Bias-corrected and accelerated bounds (Efron 1987): percentiles moved for the bias and skewness of the mean.

    Plain percentiles are too short on the side of the tail when an outcome is rare, which is where a gate looks.
    """
    normal = NormalDist()
    finite = bootstrapped[~np.isnan(bootstrapped)]
    below = (float((finite < value).sum()) + 0.5 * float((finite == value).sum())) / finite.size
    bias = normal.inv_cdf(min(max(below, 1 / (2 * finite.size)), 1 - 1 / (2 * finite.size)))
    centred = per_prompt - per_prompt.mean()
    spread = float((centred**2).sum())
    skew = float((centred**3).sum()) / (6 * spread**1.5) if spread > 0 else 0.0
    levels = []
    for tail in ((1 - confidence) / 2, (1 + confidence) / 2):
        shifted = bias + normal.inv_cdf(tail)
        levels.append(100 * normal.cdf(bias + shifted / (1 - skew * shifted)))
    low, high = np.percentile(finite, levels)
    return float(low), float(high)
