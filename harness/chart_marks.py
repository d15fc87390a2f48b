"""How the marks of a drawing look, and where their labels find room. Pure functions on numbers, in SVG units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_HEIGHT = 15.0
_CHARACTER = 8.2
_HUES = 6
_COLOURS = 9
OUTLINES = (
    "M1,0A1,1,0,1,1,-1,0A1,1,0,1,1,1,0Z",
    "M-0.86,-0.86L0.86,-0.86L0.86,0.86L-0.86,0.86Z",
    "M0,-1.14L1.14,0.86L-1.14,0.86Z",
    "M0,-1.14L1.14,0L0,1.14L-1.14,0Z",
    "M0,1.14L1.14,-0.86L-1.14,-0.86Z",
    "M-0.5,-1L0.5,-1L1,0L0.5,1L-0.5,1L-1,0Z",
)
"""Circle, square, triangle, diamond, triangle on its tip, hexagon: paths around 0 of radius 1, about alike in size."""
_ACTIONS = {"grow": 0, "bisect": 1, "extend": 2, "single": 3, "repair": 4}
"""What a search does → its outline."""

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
    """The shape of a mark, an index of OUTLINES; marks of one colour have different ones, up to thirty mitigations."""
    return mark % len(OUTLINES) if mark < _COLOURS else (mark + (mark - _COLOURS) // _HUES) % len(OUTLINES)


def outline(mark: int) -> str:
    """The shape of a mark as an SVG path."""
    return OUTLINES[shape(mark)]


def trial_outline(action: str) -> str:
    """The shape of what a search did."""
    return OUTLINES[_ACTIONS[action]]


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
