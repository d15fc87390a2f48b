"""Agreement of two raters: Cohen's kappa with an interval, and the area under the ROC curve. Pure functions.

Checked against scikit-learn and by simulation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import atanh, sqrt, tanh
from statistics import NormalDist

import numpy as np

from harness.record import Record
from harness.statistics import wilson


class Cell(Record):
    """How often the human said one thing and the judge another."""

    human: str
    judge: str
    count: int


class Agreement(Record):
    """How far a judge agrees with the humans, over the completions that it scored."""

    n: int
    agreed: int
    kappa: float | None
    """Cohen's; None where both gave one and the same word to everything, or nothing was scored."""
    low: float | None
    high: float | None
    """95 % interval unless said otherwise; None without a kappa, and where one of them has one word only: kappa is
    then 0 by its form."""
    table: tuple[Cell, ...]
    """Confusion, cells that never happened left out."""


def agreement(human: Sequence[str], judge: Sequence[str], *, confidence: float = 0.95) -> Agreement:
    """Cohen's kappa (Cohen 1960) and its interval; order in is alike.

    The interval takes the asymptotic variance of Fleiss, Cohen & Everitt (1969) on the scale of atanh(kappa), where it
    is nearer to normal [ours]. Where the raters agree on everything the variance is 0; the lower bound is then
    what Wilson's upper bound for no disagreement would make of kappa. Raises ValueError for unequal lengths.
    """
    pairs = Counter(zip(human, judge, strict=True))
    cells = tuple(Cell(human=h, judge=j, count=count) for (h, j), count in sorted(pairs.items()))
    n, agreed = len(human), sum(count for (h, j), count in pairs.items() if h == j)
    words = sorted({*human, *judge})
    if len(words) < 2:
        return Agreement(n=n, agreed=agreed, kappa=None, low=None, high=None, table=cells)
    shares = np.array([[pairs[h, j] / n for j in words] for h in words])
    if len(set(human)) < 2 or len(set(judge)) < 2:
        return Agreement(n=n, agreed=agreed, kappa=0.0, low=None, high=None, table=cells)
    kappa, low, high = _interval(shares, n, confidence=confidence)
    return Agreement(n=n, agreed=agreed, kappa=kappa, low=low, high=high, table=cells)


def auc(positive: Sequence[bool], scores: Sequence[float]) -> float | None:
    """Share of (positive, negative) pairs that the scores put in order, ties as half; None without both kinds."""
    flags, values = np.asarray(positive, dtype=bool), np.asarray(scores, dtype=float)
    above, below = int(flags.sum()), int((~flags).sum())
    if not above or not below:
        return None
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[which]
    return float((ranks[flags].sum() - above * (above + 1) / 2) / (above * below))


def _interval(shares: np.ndarray, n: int, *, confidence: float) -> tuple[float, float, float]:
    """Kappa and its bounds from a square table of shares with two or more categories in use."""
    rows, columns, observed = shares.sum(axis=1), shares.sum(axis=0), float(np.trace(shares))
    chance = float(rows @ columns)
    kappa = (observed - chance) / (1 - chance)
    if observed >= 1 - 1e-12:
        missed = wilson(0, n, confidence=confidence).high
        return 1.0, max(-1.0, 1 - missed / (1 - chance)), 1.0
    on = np.diag(shares) @ ((1 - chance) - (rows + columns) * (1 - observed)) ** 2
    off = (shares * (columns[:, None] + rows[None, :]) ** 2).sum() - np.diag(shares) @ (rows + columns) ** 2
    variance = on + (1 - observed) ** 2 * off - (observed * chance - 2 * chance + observed) ** 2
    error = sqrt(max(0.0, float(variance)) / n) / (1 - chance) ** 2
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    edge = max(-1 + 1e-9, kappa)
    half = z * error / (1 - edge * edge)
    return kappa, tanh(atanh(edge) - half), tanh(atanh(edge) + half)
