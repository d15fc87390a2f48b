"""Where labels find room beside their marks, with a leader line where one had to move. Pure, in SVG units.

A label never lies on another label or on a mark, and either lies nearer to its own mark than to any other or has a line
to it. What cannot be so (too many marks for the drawing) is the least bad place, and is counted.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""
Point = tuple[float, float]

MARK = 9.0
"""Half the width of a mark with its rim."""
_HEIGHT, _CHARACTER = 15.0, 8.2
"""Of the text. Nothing is measured in a font, so that every machine gives the same drawing."""
_FAR = (11.0, 16.0, 22.0, 30.0, 40.0, 52.0, 66.0, 82.0, 100.0, 120.0, 145.0, 175.0)
_NEAR = 16.0
"""How far from its mark a label may lie without a line."""
_CLEARLY = 3.0
"""How much farther any other mark has to be."""
_ANGLES = tuple(math.radians(a) for a in (-30, 30, -150, 150, -90, 90, 0, 180, -60, 60, -120, 120, -10, 10, -170, 170))
_LINE, _BESIDE, _ON_MARK, _ON_LABEL, _OUT = 25.0, 60.0, 1_000.0, 10_000.0, 100_000.0
"""What it costs to need a line, that it meets something, to lie on a mark, on a label or line, or outside."""


@dataclass(frozen=True)
class Spot:
    """Where a label goes: its baseline's left end, its box, and the line to its mark where it needs one."""

    x: float
    y: float
    box: Box
    line: tuple[Point, Point] | None
    clean: bool
    """Whether it lies on nothing and within the drawing."""


def label_spots(points: Sequence[Point], texts: Sequence[str], *, room: Box) -> tuple[Spot | None, ...]:
    """A spot for each point, in the points' order; None where the text is empty, but its mark is kept clear.

    Marks with few neighbours are labelled first, in the order of the points where they have as many.
    """
    order = sorted(range(len(points)), key=lambda n: (sum(math.dist(points[n], p) < 60 for p in points), n))
    spots: dict[int, Spot] = {}
    for number in order:
        if texts[number]:
            spots[number] = _best(number, points, texts[number], (room, list(spots.values())))
    return tuple(spots.get(number) for number in range(len(points)))


def gap(box: Box, point: Point) -> float:
    """How far a point is from a box; 0 inside."""
    return math.dist(point, _nearest(box, point))


def overlap(a: Box, b: Box) -> bool:
    """Whether two boxes share more than an edge."""
    return min(a[2], b[2]) > max(a[0], b[0]) and min(a[3], b[3]) > max(a[1], b[1])


def _best(number: int, points: Sequence[Point], text: str, around: tuple[Box, list[Spot]]) -> Spot:
    room, taken = around
    own, others = points[number], [p for n, p in enumerate(points) if n != number]
    best, least = None, math.inf
    for far, box in _boxes(own, _CHARACTER * len(text)):
        if far >= least:
            break
        line = _line(box, own) if _needs_line(box, own, others) else None
        cost = far + _cost(box, own, (others, room, taken)) + (_line_cost(line, others, taken) if line else 0)
        if cost < least - 1e-9:
            clean = cost < _ON_MARK
            best, least = Spot(round(box[0], 2), round(box[3] - 3, 2), box, line, clean), cost
    assert best is not None
    return best


def _boxes(own: Point, wide: float) -> Iterator[tuple[float, Box]]:
    for far in _FAR:
        for angle in _ANGLES:
            across, down = math.cos(angle), math.sin(angle)
            x, middle = own[0] + far * across, own[1] + far * down + down * _HEIGHT / 2
            left = x if across > 0.3 else x - wide if across < -0.3 else x - wide / 2
            yield far, (left, middle - _HEIGHT / 2, left + wide, middle + _HEIGHT / 2)


def _needs_line(box: Box, own: Point, others: Sequence[Point]) -> bool:
    away = gap(box, own)
    return away > _NEAR or any(gap(box, p) < away + _CLEARLY for p in others)


def _line(box: Box, own: Point) -> tuple[Point, Point]:
    """From the mark's middle, which the mark covers, to the nearest point of the box."""
    end = _nearest(box, own)
    return own, (round(end[0], 2), round(end[1], 2))


def _cost(box: Box, own: Point, around: tuple[Sequence[Point], Box, Sequence[Spot]]) -> float:
    others, room, taken = around
    outside = box[0] < room[0] or box[1] < room[1] or box[2] > room[2] or box[3] > room[3]
    marks = sum(overlap(box, (x - MARK, y - MARK, x + MARK, y + MARK)) for x, y in (own, *others))
    labels = sum(overlap(box, s.box) or bool(s.line and _meets(s.line, box)) for s in taken)
    return _OUT * outside + _ON_MARK * marks + _ON_LABEL * labels


def _line_cost(line: tuple[Point, Point], others: Sequence[Point], taken: Sequence[Spot]) -> float:
    marks = sum(_distance(p, line) < MARK - 2 for p in others)
    lines = sum(s.line is not None and _cross(line, s.line) for s in taken)
    return _LINE + _BESIDE * (marks + lines) + _ON_LABEL * sum(_meets(line, s.box) for s in taken)


def _nearest(box: Box, point: Point) -> Point:
    return min(max(point[0], box[0]), box[2]), min(max(point[1], box[1]), box[3])


def _distance(point: Point, line: tuple[Point, Point]) -> float:
    (ax, ay), (bx, by) = line
    length = (bx - ax) ** 2 + (by - ay) ** 2
    share = 0.0 if not length else ((point[0] - ax) * (bx - ax) + (point[1] - ay) * (by - ay)) / length
    share = min(max(share, 0.0), 1.0)
    return math.dist(point, (ax + share * (bx - ax), ay + share * (by - ay)))


def _meets(line: tuple[Point, Point], box: Box) -> bool:
    left, top, right, bottom = box
    corners = (left, top), (right, top), (right, bottom), (left, bottom)
    edges = zip(corners, (*corners[1:], corners[0]), strict=True)
    return gap(box, line[1]) == 0 or any(_cross(line, edge) for edge in edges)


def _cross(a: tuple[Point, Point], b: tuple[Point, Point]) -> bool:
    return _side(a, b[0]) * _side(a, b[1]) < 0 and _side(b, a[0]) * _side(b, a[1]) < 0


def _side(line: tuple[Point, Point], point: Point) -> float:
    (ax, ay), (bx, by) = line
    return (bx - ax) * (point[1] - ay) - (by - ay) * (point[0] - ax)
