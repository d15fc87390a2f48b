"""How many prompts a question needs, and what was asked of too few: pure functions. Checked by simulation.

A paired comparison looks at the prompts on which two variants differ. With a share `discordant` of them, the difference
of two means over n prompts has a variance of at most discordant / n (Connor 1987, without the term in the difference
squared, so a little on the safe side). Several seeds on the same prompts help less than more prompts; they are not
counted here.
"""

from __future__ import annotations

from math import ceil, sqrt
from statistics import NormalDist
from typing import Literal

from harness.records import NonInferiority
from harness.statistics import Interval


def prompts_needed(margin: float, *, discordant: float, confidence: float, power: float) -> int:
    """Prompts with which a two-sided interval excludes `margin` with probability `power`, where nothing changed.

    `margin` and `discordant` are shares. Raises ValueError unless margin > 0 and 0 <= discordant <= 1.
    """
    _check(margin, discordant)
    return max(1, ceil(_factor(confidence, power) ** 2 * discordant / margin**2))


def detectable_margin(prompts: int, *, discordant: float, confidence: float, power: float) -> float:
    """The margin that so many prompts can exclude with probability `power`; the inverse of `prompts_needed`."""
    _check(1.0, discordant)
    if prompts < 1:
        raise ValueError(f"need at least one prompt, got {prompts}")
    return _factor(confidence, power) * sqrt(discordant / prompts)


def non_inferiority(difference: Interval, *, margin: float, direction: Literal["lower", "higher"]) -> NonInferiority:
    """Is the variant worse than the reference by more than `margin`? By the interval of variant minus reference.

    `not_worse` where the whole interval is better than the margin, `worse` where none of it is. Testing one side by a
    two-sided interval keeps the rate of false `not_worse` at the margin to (1 − confidence) / 2 (ICH E9, 3.3.2).
    """
    loss = (-difference.high, -difference.low) if direction == "higher" else (difference.low, difference.high)
    if loss[1] <= margin:
        return "not_worse"
    return "worse" if loss[0] > margin else "unclear"


def _factor(confidence: float, power: float) -> float:
    normal = NormalDist()
    return normal.inv_cdf(0.5 + confidence / 2) + normal.inv_cdf(power)


def _check(margin: float, discordant: float) -> None:
    if margin <= 0 or not 0 <= discordant <= 1:
        raise ValueError(f"need margin > 0 and 0 <= discordant <= 1, got {margin} and {discordant}")
