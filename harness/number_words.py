"""Shares and differences of shares as the gate says them: with their unit and a minus sign, on one line."""

from __future__ import annotations


def per_cent(share: float) -> str:
    """`90 %`, without needless decimals."""
    return f"{_minus(f'{100 * share:g}')} %"


def points(difference: float) -> str:
    """`5 points`, `1 point` or `−2.5 points`, without needless decimals."""
    said = _minus(f"{100 * difference:g}")
    return f"{said} {'point' if said.lstrip('−') == '1' else 'points'}"


def signed(difference: float) -> str:
    """`+12.3` or `−0.1`: percentage points without their unit, with one decimal."""
    return _minus(f"{round(100 * difference, 1) + 0.0:+.1f}")


def distance(difference: float) -> str:
    """`4.6 points`: how far two shares are apart, with one decimal."""
    return f"{abs(100 * difference):.1f} points"


def share_end(share: float) -> str:
    """`15.0 %`, with one decimal."""
    return f"{_rounded(share)} %"


def rise_end(difference: float) -> str:
    """`+4.7 points` or `−0.1 points`, with one decimal."""
    return f"{signed(difference)} points"


def share_interval(value: float, low: float, high: float) -> str:
    """`97.6 % [95.3, 99.2]`."""
    return f"{share_end(value)} [{_rounded(low)}, {_rounded(high)}]"


def rise_interval(value: float, low: float, high: float) -> str:
    """`+0.4 points [−0.1, +1.7]`."""
    return f"{rise_end(value)} [{signed(low)}, {signed(high)}]"


def _rounded(share: float) -> str:
    return _minus(f"{round(100 * share, 1) + 0.0:.1f}")


def _minus(number: str) -> str:
    return number.replace("-", "−")


def duration(seconds: float | None) -> str:
    """`46 s`, `12.3 min`, `2.1 h`; a dash for none."""
    if seconds is None:
        return "–"
    if seconds < 100:
        return f"{seconds:.1f}\u00a0s" if seconds < 10 else f"{seconds:.0f}\u00a0s"
    return f"{seconds / 60:.1f}\u00a0min" if seconds < 6000 else f"{seconds / 3600:.1f}\u00a0h"
