"""How the marks of a drawing look, and where their labels find room. Pure functions on numbers, in SVG units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_HEIGHT = 15.0
_CHARACTER = 8.2
_HUES = 6
_COLOURS = 9
_SHAPES = 6

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


@dataclass(frozen=True)
class Spot:
    """Where a label goes."""

    cost: float
    """Area that it lies on something else, what leaves the drawing a hundredfold, and how far off it is."""
    x: float
    y: float
    anchor: str
    box: Box


def hue(mark: int) -> int:
    """The colour of a mark, 0..8: 0 the base, 1 plain IFT, 8 controls, 2..7 mitigations, again from mark 9 on."""
    return mark if mark < _COLOURS else 2 + (mark - _COLOURS) % _HUES


def shape(mark: int) -> int:
    """The shape of a mark, 0..5; marks of one colour have different ones, up to thirty mitigations."""
    return mark % _SHAPES if mark < _COLOURS else (mark + (mark - _COLOURS) // _HUES) % _SHAPES


def free_spot(text: str, x: float, y: float, *, taken: Sequence[Box], room: tuple[float, float]) -> Spot:
    """The first free place around a point: beside, above, below, then further off; else the least bad one.

    `room` is the drawing's right and lower edge.
    """
    width = _CHARACTER * len(text)
    best: Spot | None = None
    for far in (0.0, 14.0, 28.0, 42.0):
        for dx, dy, anchor in (
            (11, -7 - far, "start"),
            (-11, -7 - far, "end"),
            (11, 15 + far, "start"),
            (-11, 15 + far, "end"),
            (0, -14 - far, "middle"),
            (0, 24 + far, "middle"),
        ):
            at, base = x + dx, y + dy
            left = at - {"start": 0.0, "end": width, "middle": width / 2}[anchor]
            box = (left, base - _HEIGHT + 3, left + width, base + 3)
            outside = max(0, 2 - box[0]) + max(0, box[2] - room[0] + 2)
            outside += max(0, 2 - box[1]) + max(0, box[3] - room[1])
            cost = sum(_overlap(box, other) for other in taken) + outside * 100 + far
            if best is None or cost < best.cost - 1e-9:
                best = Spot(cost, round(at, 2), round(base, 2), anchor, box)
    assert best is not None
    return best


def _overlap(a: Box, b: Box) -> float:
    wide, high = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    return wide * high if wide > 0 and high > 0 else 0.0
