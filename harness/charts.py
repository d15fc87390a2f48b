"""What the report's drawings show: points, curves, spans of the axes, and where labels find room.

Pure functions from numbers to frozen records. Vega-Lite draws them (chart_drawings.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence, Set

from harness.chart_marks import free_spot
from harness.records import LossPoint
from harness.specs import Record

LEFT, TOP, RIGHT, BOTTOM = 58.0, 18.0, 18.0, 52.0
"""Room around a scatter plot's frame, in SVG units."""
INSET = 8.0
"""Room between the frame and the ends of the axes."""
_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2)
_CROWDED = 45.0
_PRESSED = 2.5
"""How often the greatest drift everything may be before it is left out of a drawing."""


class Interval(Record):
    """A share with its interval."""

    value: float
    low: float
    high: float


class Span(Record):
    """An axis of shares: both ends, and the step between ticks."""

    low: float
    high: float
    step: float


class SeedDot(Record):
    """One seed of a variant."""

    x: float
    y: float
    title: str
    """Seed and both values, in words."""


class Place(Record):
    """A variant's shares on two tasks."""

    variant: str
    strategy: str
    mark: int
    """Colour and shape, by way of tuning; 0 is the base."""
    x: Interval
    y: Interval
    seeds: tuple[SeedDot, ...]
    title: str
    """Name and both values with their intervals, in words."""
    family: str = ""
    """Whose trend it is part of; empty: its strategy's."""
    short: str = ""
    """What may stand for the name; empty where it has to be the name."""
    label: str = ""
    """How the name is written beside the point; empty: as it is."""


class Label(Record):
    """What is written beside a point, and where its baseline begins, ends, or has its middle, in SVG units."""

    text: str
    mark: int
    x: float
    y: float
    anchor: str


class Curve(Record):
    """A curve with its interval: (x, interval of y) from left to right."""

    family: str
    """Its dashed trend is left out."""
    mark: int
    places: tuple[tuple[float, Interval], ...]


class Trend(Record):
    """Joins the variants of one family (without families: of one strategy), in order of x."""

    family: str
    mark: int
    points: tuple[tuple[float, float], ...]


class Scatter(Record):
    """Harmfulness over expertise, at one size."""

    width: float
    height: float
    x: Span
    y: Span
    places: tuple[Place, ...]
    labels: tuple[Label, ...]
    """One for each place, in the same order."""
    trends: tuple[Trend, ...]
    curves: tuple[Curve, ...]
    lettered: bool
    """Whether letters stand for the names."""


class LossPath(Record):
    """One seed's losses as (step, loss)."""

    seed: int
    points: tuple[tuple[int, float], ...]
    title: str


class LossChart(Record):
    """Loss over steps, a line for every seed."""

    mark: int
    top: float
    """The loss at the upper edge."""
    last: int
    """The step at the right edge."""
    paths: tuple[LossPath, ...]


class Trial(Record):
    """One joint perturbation of a search."""

    number: int
    drift: float
    action: str
    within: bool
    kept: bool
    title: str


class StepChart(Record):
    """Drift of each joint perturbation, in order of evaluation, against the budget; all in the axis's unit."""

    width: float
    height: float
    trials: tuple[Trial, ...]
    budget: float
    whole: float | None
    """Drift of everything at once; None where it lies too far up to be drawn."""


def scatter(places: Sequence[Place], *, width: float, height: float, curves: Sequence[Curve] = ()) -> Scatter:
    """A scatter plot of shares; both axes span what there is, in round steps within 0 and 1."""
    across = round_span([v for p in places for v in (*_reach(p.x), *(s.x for s in p.seeds))])
    heights = [v for p in places for v in (*_reach(p.y), *(s.y for s in p.seeds))]
    up = round_span([*heights, *(v for c in curves for _, y in c.places for v in _reach(y))])
    points = [
        (
            _at(p.x.value, across, LEFT + INSET, width - RIGHT - INSET),
            _at(p.y.value, up, height - BOTTOM - INSET, TOP + INSET),
        )
        for p in places
    ]
    room = width, height - BOTTOM
    names = [p.label or p.variant for p in places]
    labels, crowded = _labels(places, points, names, room=room)
    lettered = crowded and any(p.short for p in places)
    if lettered:
        texts = [p.short or name for p, name in zip(places, names, strict=True)]
        labels, _ = _labels(places, points, texts, room=room)
    return Scatter(
        width=width,
        height=height,
        x=across,
        y=up,
        places=tuple(places),
        labels=labels,
        trends=_trends(places, without={c.family for c in curves}),
        curves=tuple(curves),
        lettered=lettered,
    )


def round_span(values: Sequence[float]) -> Span:
    """Round numbers around shares; at most six steps, within 0 and 1."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    for step in _STEPS:
        first, last = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
        last = max(last, first + step)
        if last - first <= 6.001 * step:
            end = min(round(last, 4), max(1.0, round(high, 4)))
            return Span(low=max(round(first, 4), 0.0), high=end, step=step)
    return Span(low=min(0.0, low), high=max(1.0, high), step=0.2)


def loss_chart(losses: Sequence[tuple[int, Sequence[LossPoint]]], *, mark: int, top: float) -> LossChart:
    """Loss curves of (seed, points); `top` is the loss at the upper edge of all charts."""
    last = max((p.step for _, points in losses for p in points), default=1)
    paths = tuple(
        LossPath(seed=seed, points=tuple((p.step, p.loss) for p in points), title=_loss_words(seed, points))
        for seed, points in losses
    )
    return LossChart(mark=mark, top=top if top > 0 else 1.0, last=max(last, 1), paths=paths)


def step_chart(
    trials: Sequence[Trial], *, budget: float, whole: float, width: float, height: float
) -> StepChart:
    """A search's trials; the whole is left out where it would press the rest together."""
    greatest = max([budget, 0.0, *(t.drift for t in trials)])
    return StepChart(
        width=width,
        height=height,
        trials=tuple(trials),
        budget=budget,
        whole=whole if whole <= _PRESSED * greatest else None,
    )


def _reach(interval: Interval) -> tuple[float, float, float]:
    return interval.low, interval.value, interval.high


def _at(value: float, span: Span, start: float, end: float) -> float:
    return start + (value - span.low) / (span.high - span.low) * (end - start)


def _labels(
    places: Sequence[Place],
    points: Sequence[tuple[float, float]],
    texts: Sequence[str],
    *,
    room: tuple[float, float],
) -> tuple[tuple[Label, ...], bool]:
    """The labels, and whether some lies on something, leaves the drawing, or is far from its point."""
    taken = [(x - 8, y - 8, x + 8, y + 8) for x, y in points]
    labels, crowded = [], False
    for place, (x, y), text in zip(places, points, texts, strict=True):
        spot = free_spot(text, x, y, taken=taken, room=room)
        taken.append(spot.box)
        crowded = crowded or spot.cost > _CROWDED
        labels.append(Label(text=text, mark=place.mark, x=spot.x, y=spot.y, anchor=spot.anchor))
    return tuple(labels), crowded


def _trends(places: Sequence[Place], *, without: Set[str]) -> tuple[Trend, ...]:
    trends = []
    families = {p.variant: p.family or p.strategy for p in places}
    for family in dict.fromkeys(families.values()):
        members = sorted((p for p in places if families[p.variant] == family), key=lambda p: p.x.value)
        if len(members) > 1 and family not in without:
            points = tuple((p.x.value, p.y.value) for p in members)
            trends.append(Trend(family=family, mark=members[0].mark, points=points))
    return tuple(trends)


def _loss_words(seed: int, points: Sequence[LossPoint]) -> str:
    """`seed 0: loss 3.42 at step 0, 0.612 at step 150, 0.423 at step 300`."""
    shown = {p.step: p for p in (points[0], points[len(points) // 2], points[-1])} if points else {}
    return f"seed {seed}: loss " + ", ".join(f"{p.loss:.3g} at step {p.step}" for p in shown.values())
