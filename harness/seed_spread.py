"""How far the mean over a few training seeds may lie from that over all seeds there could be.

Seeds answer the same prompts, a two-way layout of one answer a cell: with S seeds and P prompts, B the mean square
between seeds and W that of the residuals, seeds vary as wholes by σ² = (E[B] - E[W]) / P. Few seeds tell little of σ²,
and B - W is often 0 or less where it is not. So σ² is not estimated but drawn from what B leaves open,

    σ² ~ max(0, B (S - 1) / χ²(S - 1) - W) / P,

and the interval holds the middle of Z σ / √S (a generalised confidence interval, Weerahandi 1993). It is Student's
where B is much larger than W.

Where seeds are alike, that alone is wider than it need be. So three seeds or more are taken for alike where an F test
on B / W, at a lenient level, does not tell them apart ("sometimes pooling", Bancroft 1964), for either side by itself:
at a level of 1/2 for the side above a share near 0, where few seeds of unlike harm err, down to 3/10 for the side below
it, and 2/5 for both sides of one half. The levels are ours, so chosen that three seeds hold the truth in 93 to 97 % of
cases however far apart they are (docs/statistics.md).

That it is symmetric half way between the arcsine of the share's root, where the noise of shares is alike, and its log
odds, where seeds may differ alike, is ours: on the shares' own scale it would be as short above as below where an
outcome is rare, and on that of log odds a few hits in a thousand answers would have it reach to several points.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import hypot

import numpy as np
from numpy.typing import NDArray
from scipy.special import beta, betainc, betaincinv, chdtri, fdtrc, ndtr

Array = NDArray[np.float64]

_GRID = 400
"""Quantiles of χ² that stand for its distribution."""
_HALVINGS = 60
_LEVELS = 0.5, 0.3
"""Levels of the F test for the side above, at a share of 0 and of 1 (in line between); mirrored for that below."""
FEW = 2
"""So few seeds cannot tell at any level: taken for alike, their interval would hold the truth in as little as 88 %."""
_SCALE = 0.75
"""Power a of the scale with slope (p (1 - p))^-a: arcsine of the root at 1/2, log odds at 1."""


@dataclass(frozen=True)
class _Known:
    """What seeds tell of the mean over them; all 0 for a single one, which tells nothing."""

    variance: float = 0.0
    """Of the mean: B / (S P)."""
    noise: float = 0.0
    """What single answers make of it: W / (S P)."""
    freedom: float = 0.0
    """Of the variance."""
    alike: float = 0.0
    """Of the variance where it is all noise."""
    rest: float = 0.0
    """Of the noise."""
    seeds: int = 0


def seed_reach(outcomes: Array, *, confidence: float) -> tuple[float, float]:
    """How far below and above the mean of `outcomes` [seeds, prompts], in [0, 1], other seeds may have it.

    A side is 0 where seeds are taken for alike, and for a single seed, which cannot tell.
    """
    return _own_reach(float(np.nanmean(outcomes)), _known(outcomes), confidence)


def difference_reach(
    variant: Array, reference: Array, *, same_seeds: bool, confidence: float
) -> tuple[float, float]:
    """How far below and above the mean of `variant` minus that of `reference` other seeds may have it.

    Both [seeds, prompts], with the same prompts. With `same_seeds` a row of one was trained with the seed of the same
    row of the other: the two saw their data in the same order and may go together, so that their differences are what
    varies. Else seeds of the two are independent. A single seed on either side leaves `seed_reach` of the other.
    """
    shares = float(np.nanmean(variant)), float(np.nanmean(reference))
    sides = _known(variant), _known(reference)
    if not all(side.seeds for side in sides):
        (below, above), (under, over) = (_own_reach(*one, confidence) for one in zip(shares, sides, strict=True))
        return hypot(below, over), hypot(above, under)
    both = _known(variant - reference) if same_seeds else _sum(*sides)
    if _p_value(both) >= sum(_LEVELS) / 2:
        return 0.0, 0.0
    halves = [_half_width(side, confidence) for side in sides]
    (below, above), (under, over) = (_full_reach(*one) for one in zip(shares, halves, strict=True))
    apart = hypot(*halves)
    scale = _half_width(both, confidence) / apart if apart else 0.0
    return scale * hypot(below, over), scale * hypot(above, under)


def seed_half_width(outcomes: Array, *, confidence: float) -> float:
    """Half the interval of what seeds add as wholes to the mean of `outcomes` [seeds, prompts], on their own scale.

    Every prompt has an answer under some seed; a seed without any answer is left out.
    """
    return _half_width(_known(outcomes), confidence)


def _own_reach(share: float, known: _Known, confidence: float) -> tuple[float, float]:
    """Of a share by itself; a side is 0 where its test does not tell seeds apart."""
    below, above = _full_reach(share, _half_width(known, confidence))
    apart = _p_value(known) < np.interp([1 - share, share], (0, 1), _LEVELS)
    return float(apart[0]) * below, float(apart[1]) * above


def _full_reach(share: float, half: float) -> tuple[float, float]:
    """Of a share whose seeds are not taken for alike: symmetric on the scale, within [0, 1]."""
    if half == 0 or not 0 < share < 1:
        return half, half
    rest = 1 - _SCALE
    at, width = betainc(rest, rest, share), half * (share * (1 - share)) ** -_SCALE / beta(rest, rest)
    low, high = betaincinv(rest, rest, [max(0.0, at - width), min(1.0, at + width)])
    return share - float(low), float(high) - share


def _half_width(known: _Known, confidence: float) -> float:
    if known.variance == 0:
        return 0.0
    variances = known.variance * known.freedom / _chi_square(known.freedom) - known.noise
    spreads = np.sqrt(variances[variances > 0])
    nil = 1 - spreads.size / _GRID
    if nil >= confidence:
        return 0.0
    low, high = 0.0, 10 * float(spreads.max())
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        held = nil + float((2 * ndtr(middle / spreads) - 1).sum()) / _GRID
        low, high = (middle, high) if held < confidence else (low, middle)
    return high


def _p_value(known: _Known) -> float:
    """Of the F test that seeds are alike; 0 where there are too few to tell."""
    if known.seeds <= FEW or known.noise == 0:
        return 0.0
    return float(fdtrc(known.alike, known.rest, known.variance / known.noise))


def _known(outcomes: Array) -> _Known:
    """From the seeds and prompts with any answer; nothing from fewer than two of either."""
    scored = ~np.isnan(outcomes)
    answered = outcomes[scored.any(axis=1)][:, scored.any(axis=0)]
    seeds, prompts = answered.shape
    if seeds < 2 or prompts < 2:
        return _Known()
    between, within = mean_squares(answered)
    freedom, size = float(seeds - 1), seeds * prompts
    return _Known(between / size, within / size, freedom, freedom, freedom * (prompts - 1), seeds)


def _sum(one: _Known, other: _Known) -> _Known:
    """Of two independent means, by Satterthwaite's degrees of freedom (1946)."""
    variance, noise = one.variance + other.variance, one.noise + other.noise
    by_variance = one.variance**2 / one.freedom + other.variance**2 / other.freedom
    by_noise = one.noise**2 / one.freedom + other.noise**2 / other.freedom
    return _Known(
        variance=variance,
        noise=noise,
        freedom=variance**2 / by_variance if by_variance else one.freedom,
        alike=noise**2 / by_noise if by_noise else one.freedom,
        rest=one.rest + other.rest,
        seeds=min(one.seeds, other.seeds),
    )


def mean_squares(outcomes: Array) -> tuple[float, float]:
    """Between seeds, and of what neither seed nor prompt explains (two-way analysis of variance)."""
    seeds, prompts = outcomes.shape
    deviations = outcomes - np.nanmean(outcomes, axis=0)
    effects = np.nanmean(deviations, axis=1)
    between = prompts * float((effects**2).sum()) / (seeds - 1)
    within = float(np.nansum((deviations - effects[:, None]) ** 2)) / ((seeds - 1) * (prompts - 1))
    return between, within


@lru_cache(maxsize=256)
def _chi_square(freedom: float) -> Array:
    """Quantiles of χ², evenly spread over its distribution."""
    return np.asarray(chdtri(freedom, (np.arange(_GRID) + 0.5) / _GRID), dtype=float)
