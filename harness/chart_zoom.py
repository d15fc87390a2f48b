"""The part of a scatter plot where most of its points crowd, and what of the plot lies in it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise

from harness.chart_records import Curve, Interval, Place, SeedDot, Span, Trend

_LEAST, _SMALL = 5, 0.1
"""How many points are a crowd; how much of the plot it may take."""
_TIGHT = 0.15
"""How much less room weighs against more points."""
_ENDS = 24
"""Of boxes that are tried, in either direction."""
_MARGIN = 0.02
"""Of the plot, around the crowd: a crowd on a line has a width too."""

Corner = tuple[float, float]


def crowd(points: Sequence[Corner]) -> tuple[int, ...]:
    """The points, at least half of all, that crowd in a small part; () where none do. Points are shares of the plot.

    Of all upright boxes with enough points, the one that has the most points in the least room.
    """
    least = max(_LEAST, math.ceil(len(points) / 2))
    best: tuple[int, ...] = ()
    most = 0.0
    for inside in _columns(points, least):
        for first, last in combinations(_edges(range(len(inside))), 2):
            chosen = inside[first : last + 1]
            if len(chosen) < least:
                continue
            area = _area([points[n] for n in (*chosen[:1], *chosen[-1:])], across=[points[n][0] for n in chosen])
            worth = len(chosen) / len(points) * (1 - area**_TIGHT)
            if area <= _SMALL and worth > most + 1e-9:
                best, most = tuple(sorted(chosen)), worth
    return best


def within(x: float, y: float, across: Span, up: Span) -> bool:
    """Whether a point lies in the frame or on its edge."""
    return across.low <= x <= across.high and up.low <= y <= up.high


def cut_place(place: Place, across: Span, up: Span) -> Place:
    """A place with its bars cut at the frame, and the seeds that lie in it."""
    seeds: tuple[SeedDot, ...] = tuple(s for s in place.seeds if within(s.x, s.y, across, up))
    return place.model_copy(update={"x": _cut(place.x, across), "y": _cut(place.y, up), "seeds": seeds})


def cut_curve(curve: Curve, across: Span, up: Span) -> Iterator[Curve]:
    """What of a curve and its band lies in the frame; the line may leave it and come back, the band is cut to it."""
    places = [
        (
            at,
            Interval(value=line[0], low=min(max(line[1], up.low), up.high), high=max(min(line[2], up.high), up.low)),
        )
        for at, line in _between([(at, (y.value, y.low, y.high)) for at, y in curve.places], across, up)
    ]
    if len(places) > 1:
        yield curve.model_copy(update={"places": tuple(places)})


def cut_trend(trend: Trend, across: Span, up: Span) -> Iterator[Trend]:
    """The pieces of a trend in the frame."""
    piece: list[Corner] = []
    for (ax, ay), (bx, by) in pairwise(trend.points):
        shares = _inside((ax, ay), (bx, by), across, up)
        if shares is None:
            continue
        start, end = ((ax + s * (bx - ax), ay + s * (by - ay)) for s in shares)
        if piece and math.dist(piece[-1], start) > 1e-9:
            yield trend.model_copy(update={"points": tuple(piece)})
            piece = []
        piece += [end] if piece else [start, end]
    if piece:
        yield trend.model_copy(update={"points": tuple(piece)})


def _columns(points: Sequence[Corner], least: int) -> Iterator[list[int]]:
    """The points between every two points from left to right, each lot sorted by height."""
    order = sorted(range(len(points)), key=lambda n: (points[n], n))
    for first, last in combinations(_edges(range(len(order))), 2):
        if last + 1 - first >= least:
            yield sorted(order[first : last + 1], key=lambda n: (points[n][1], n))


def _edges(places: range) -> list[int]:
    """Where a box may end: everywhere, or in even steps where there are many points."""
    return sorted({*places[:: max(1, math.ceil(len(places) / _ENDS))], *places[-1:]})


def _area(ends: Sequence[Corner], *, across: Sequence[float]) -> float:
    """Of the box from the lowest to the highest point."""
    return (max(across) - min(across) + _MARGIN) * (ends[-1][1] - ends[0][1] + _MARGIN)


def _cut(share: Interval, span: Span) -> Interval:
    return share.model_copy(update={"low": max(share.low, span.low), "high": min(share.high, span.high)})


def _between(
    line: Sequence[tuple[float, tuple[float, ...]]], across: Span, up: Span
) -> Iterator[tuple[float, tuple[float, ...]]]:
    """The line with points of its own where it, or an edge of its band, meets the frame."""
    for (a, low), (b, high) in pairwise(line):
        stops = {0.0, 1.0}
        if b > a:
            stops |= {(edge - a) / (b - a) for edge in (across.low, across.high)}
        stops |= {(edge - y) / (z - y) for y, z in zip(low, high, strict=True) if z != y for edge in (up.low, up.high)}
        for share in sorted(s for s in stops if 0 <= s < 1 or (s == 1 and (b, high) == line[-1])):
            at = a + share * (b - a)
            if across.low - 1e-9 <= at <= across.high + 1e-9:
                yield at, tuple(y + share * (z - y) for y, z in zip(low, high, strict=True))


def _inside(a: Corner, b: Corner, across: Span, up: Span) -> tuple[float, float] | None:
    """The shares of a segment between which it lies in the frame."""
    first, last = 0.0, 1.0
    for start, end, span in ((a[0], b[0], across), (a[1], b[1], up)):
        if start == end:
            if not span.low <= start <= span.high:
                return None
            continue
        one, two = sorted(((span.low - start) / (end - start), (span.high - start) / (end - start)))
        first, last = max(first, one), min(last, two)
    return (first, last) if first < last else None
