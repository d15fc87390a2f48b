"""How far the mean over a few training seeds may lie from that over all seeds there could be.

Seeds answer the same prompts, a two-way layout of one answer a cell: with S seeds and P prompts, B the mean square
between seeds and W that of the residuals, seeds vary as wholes by σ² = (E[B] - E[W]) / P. Few seeds tell little of σ²,
and B - W is often 0 or less where it is not. So σ² is not estimated but drawn from what B leaves open,

    σ² ~ max(0, B (S - 1) / χ²(S - 1) - W) / P,

and the interval holds the middle of Z σ / √S (a generalised confidence interval, Weerahandi 1993). It is Student's
where B is much larger than W. That it is symmetric on the scale of the arcsine of the share's root, where the noise of
shares is alike, is ours: on the shares' own scale it would be as short above as below where an outcome is rare, and on
that of log odds a single hit in a thousand answers would have it reach to several points.
"""

from __future__ import annotations

from functools import cache
from math import asin, pi, sin, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri, ndtr

Array = NDArray[np.float64]

_GRID = 400
"""Quantiles of χ² that stand for its distribution."""
_HALVINGS = 60


def seed_reach(outcomes: Array, *, confidence: float) -> tuple[float, float]:
    """How far below and above the mean of `outcomes` [seeds, prompts], in [0, 1], other seeds may have it.

    Both are 0 for a single seed, which cannot tell, and where all answers are alike.
    """
    share, half = float(np.nanmean(outcomes)), seed_half_width(outcomes, confidence=confidence)
    if half == 0 or not 0 < share < 1:
        return half, half
    angle, width = asin(sqrt(share)), half / (2 * sqrt(share * (1 - share)))
    return share - sin(max(0.0, angle - width)) ** 2, sin(min(pi / 2, angle + width)) ** 2 - share


def seed_half_width(outcomes: Array, *, confidence: float) -> float:
    """Half the interval of what seeds add as wholes to the mean of `outcomes` [seeds, prompts], on their own scale.

    Every prompt has an answer under some seed; a seed without any answer is left out.
    """
    answered = outcomes[~np.isnan(outcomes).all(axis=1)]
    seeds, prompts = answered.shape
    if seeds < 2 or prompts < 2:
        return 0.0
    between, within = _mean_squares(answered)
    variances = np.maximum(0.0, between * (seeds - 1) / _chi_square(seeds - 1) - within) / prompts
    spreads = np.sqrt(variances[variances > 0] / seeds)
    nil = 1 - spreads.size / _GRID
    if nil >= confidence:
        return 0.0
    low, high = 0.0, 10 * float(spreads.max())
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        held = nil + float((2 * ndtr(middle / spreads) - 1).sum()) / _GRID
        low, high = (middle, high) if held < confidence else (low, middle)
    return high


def _mean_squares(outcomes: Array) -> tuple[float, float]:
    """Between seeds, and of what neither seed nor prompt explains (two-way analysis of variance)."""
    seeds, prompts = outcomes.shape
    deviations = outcomes - np.nanmean(outcomes, axis=0)
    effects = np.nanmean(deviations, axis=1)
    between = prompts * float((effects**2).sum()) / (seeds - 1)
    within = float(np.nansum((deviations - effects[:, None]) ** 2)) / ((seeds - 1) * (prompts - 1))
    return between, within


@cache
def _chi_square(freedom: int) -> Array:
    """Quantiles of χ², evenly spread over its distribution."""
    return np.asarray(chdtri(freedom, (np.arange(_GRID) + 0.5) / _GRID), dtype=float)
