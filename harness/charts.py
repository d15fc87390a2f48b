"""Geometry of the report's drawings: where every mark, tick and label lies, in SVG units.

Pure functions from numbers to frozen records; nothing here knows HTML.
"""

from __future__ import annotations

import math
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace

from harness.chart_marks import free_spot
from harness.records import LossPoint
from harness.specs import Record

_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2)
_CROWDED = 45.0


class Tick(Record):
    """A line across a drawing."""

    at: float
    label: str


class Frame(Record):
    """A drawing's outer size and its inner rectangle."""

    width: float
    height: float
    left: float
    top: float
    right: float
    bottom: float


class ScatterMark(Record):
    """One variant: its point, both intervals, its label, and a dot for every seed."""

    variant: str
    label: str
    """The name, or its letter where names would lie on one another."""
    mark: int
    """Colour and shape, by way of tuning; 0 is the base."""
    x: float
    y: float
    x_low: float
    x_high: float
    y_low: float
    y_high: float
    label_x: float
    label_y: float
    anchor: str
    title: str
    seeds: tuple[tuple[float, float], ...]


class Trend(Record):
    """Joins the variants of one family (without families: of one strategy), in order of x."""

    family: str
    mark: int
    points: str


class Band(Record):
    """A curve with the area of its interval."""

    mark: int
    line: str
    area: str


class Scatter(Record):
    """Harmfulness over expertise."""

    frame: Frame
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    marks: tuple[ScatterMark, ...]
    trends: tuple[Trend, ...]
    bands: tuple[Band, ...]
    lettered: bool
    """Whether letters stand for the names."""


class LossPath(Record):
    """One seed's losses."""

    seed: int
    points: str


class LossChart(Record):
    """Loss over steps, a line for every seed."""

    frame: Frame
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    paths: tuple[LossPath, ...]


class StepMark(Record):
    """One joint perturbation of a search."""

    x: float
    y: float
    action: str
    within: bool
    kept: bool
    title: str


class StepChart(Record):
    """Drift of each joint perturbation, in order of evaluation, against the budget."""

    frame: Frame
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    marks: tuple[StepMark, ...]
    line: str
    budget: float
    """Height of the budget line."""
    whole: float | None
    """Height of the line of everything at once; None where it lies too far up to be drawn."""


@dataclass(frozen=True)
class Trial:
    """What a StepMark is made from."""

    number: int
    drift: float
    action: str
    within: bool
    kept: bool
    title: str


@dataclass(frozen=True)
class Interval:
    """A share with its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Place:
    """A variant's shares on two tasks."""

    variant: str
    strategy: str
    mark: int
    x: Interval
    y: Interval
    seeds: tuple[tuple[float, float], ...]
    title: str
    family: str = ""
    """Whose trend it is part of; empty: its strategy's."""
    short: str = ""
    """What may stand for the name; empty where it has to be the name."""
    label: str = ""
    """What is written beside it; empty: the name."""


@dataclass(frozen=True)
class Curve:
    """What a Band is made from: (x, interval of y) from left to right."""

    family: str
    """Its dashed trend is left out."""
    mark: int
    places: tuple[tuple[float, Interval], ...]


@dataclass(frozen=True)
class _Axis:
    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 2)


def scatter(places: Sequence[Place], *, width: float, height: float, curves: Sequence[Curve] = ()) -> Scatter:
    """Lay out a scatter plot of shares; both axes span what there is, in round steps within 0 and 1."""
    frame = Frame(width=width, height=height, left=58, top=18, right=width - 18, bottom=height - 52)
    x_low, x_high, x_step = round_range([v for p in places for v in _reach(p.x, [s[0] for s in p.seeds])])
    heights = [v for p in places for v in _reach(p.y, [s[1] for s in p.seeds])]
    y_low, y_high, y_step = round_range([*heights, *(v for c in curves for _, y in c.places for v in _reach(y, ()))])
    across = _Axis(x_low, x_high, frame.left + 8, frame.right - 8)
    up = _Axis(y_low, y_high, frame.bottom - 8, frame.top + 8)
    marks, crowded = _marks(places, across, up, frame=frame)
    lettered = crowded and any(p.short for p in places)
    if lettered:
        marks, _ = _marks([replace(p, label=p.short) for p in places], across, up, frame=frame)
    return Scatter(
        frame=frame,
        x_ticks=_share_ticks(across, x_step),
        y_ticks=_share_ticks(up, y_step),
        marks=marks,
        trends=_trends(places, across, up, without={c.family for c in curves}),
        bands=tuple(_band(c, across, up) for c in curves),
        lettered=lettered,
    )


def round_range(values: Sequence[float]) -> tuple[float, float, float]:
    """(low, high, step) in round numbers around shares; at most six steps, within 0 and 1."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    for step in _STEPS:
        first, last = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
        last = max(last, first + step)
        if last - first <= 6.001 * step:
            return max(round(first, 4), 0.0), min(round(last, 4), max(1.0, round(high, 4))), step
    return min(0.0, low), max(1.0, high), 0.2


def loss_chart(losses: Sequence[tuple[int, Sequence[LossPoint]]], *, top: float, width: float = 320) -> LossChart:
    """Lay out loss curves of (seed, points); `top` is the loss at the upper edge of all charts."""
    height = 170.0
    frame = Frame(width=width, height=height, left=40, top=10, right=width - 10, bottom=height - 30)
    last = max((p.step for _, points in losses for p in points), default=1)
    across = _Axis(0, max(last, 1), frame.left, frame.right)
    up = _Axis(0, top if top > 0 else 1.0, frame.bottom, frame.top)
    paths = tuple(
        LossPath(seed=seed, points=" ".join(f"{across.at(p.step)},{up.at(min(p.loss, up.high))}" for p in points))
        for seed, points in losses
    )
    return LossChart(
        frame=frame,
        x_ticks=tuple(Tick(at=across.at(s), label=str(s)) for s in sorted({0, last // 2, last})),
        y_ticks=tuple(Tick(at=up.at(v), label=f"{v:.3g}") for v in (0.0, up.high / 2, up.high)),
        paths=paths,
    )


def step_chart(trials: Sequence[Trial], *, budget: float, whole: float, width: float, height: float) -> StepChart:
    """Lay out a search's trials; drifts, budget and whole are in the unit that the axis shows.

    The axis ends above whatever is drawn; the whole is left out where it would press the rest together.
    """
    frame = Frame(width=width, height=height, left=52, top=16, right=width - 16, bottom=height - 44)
    drifts = [budget, 0.0, *(t.drift for t in trials)]
    shown = whole <= 2.5 * max(drifts)
    values = round_ticks(min(drifts), max([*drifts, whole] if shown else drifts), most=6)
    last = max((t.number for t in trials), default=1)
    across = _Axis(0.5, max(last, 1) + 0.5, frame.left + 4, frame.right - 4)
    up = _Axis(values[0], values[-1], frame.bottom, frame.top)
    marks = tuple(
        StepMark(
            x=across.at(t.number), y=up.at(t.drift), action=t.action, within=t.within, kept=t.kept, title=t.title
        )
        for t in trials
    )
    numbers = [n for n in round_ticks(1, last, most=8) if 1 <= n <= last and n == int(n)]
    return StepChart(
        frame=frame,
        x_ticks=tuple(Tick(at=across.at(n), label=str(int(n))) for n in dict.fromkeys([1, *numbers])),
        y_ticks=tuple(Tick(at=up.at(v), label=f"{v:.6g}".replace("-", "−")) for v in values),
        marks=marks,
        line=" ".join(f"{m.x},{m.y}" for m in marks),
        budget=up.at(budget),
        whole=up.at(whole) if shown else None,
    )


def round_ticks(low: float, high: float, *, most: int) -> tuple[float, ...]:
    """Round numbers, at least two and at most `most`, from under `low` to over `high`."""
    high = high if high > low else low + 1
    span = high - low
    base = 10.0 ** math.floor(math.log10(span))
    for factor in (0.2, 0.5, 1, 2, 5, 10, 20):
        step = base * factor
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
        if last - first < most:
            break
    return tuple(round(n * step, 12) for n in range(first, max(last, first + 1) + 1))


def _reach(interval: Interval, seeds: Sequence[float]) -> list[float]:
    return [interval.low, interval.value, interval.high, *seeds]


def _share_ticks(axis: _Axis, step: float) -> tuple[Tick, ...]:
    count = round((axis.high - axis.low) / step)
    values = [axis.low + i * step for i in range(count + 1)]
    return tuple(Tick(at=axis.at(v), label=f"{v * 100:.0f} %") for v in values)


def _marks(
    places: Sequence[Place], across: _Axis, up: _Axis, *, frame: Frame
) -> tuple[tuple[ScatterMark, ...], bool]:
    """The marks, and whether some label lies on something, leaves the drawing, or is far from its point."""
    points = [(across.at(p.x.value), up.at(p.y.value)) for p in places]
    taken = [(x - 8, y - 8, x + 8, y + 8) for x, y in points]
    marks, crowded = [], False
    for place, (x, y) in zip(places, points, strict=True):
        label = place.label or place.variant
        spot = free_spot(label, x, y, taken=taken, room=(frame.width, frame.bottom))
        taken.append(spot.box)
        crowded = crowded or spot.cost > _CROWDED
        marks.append(
            ScatterMark(
                variant=place.variant,
                label=label,
                mark=place.mark,
                x=x,
                y=y,
                x_low=across.at(place.x.low),
                x_high=across.at(place.x.high),
                y_low=up.at(place.y.low),
                y_high=up.at(place.y.high),
                label_x=spot.x,
                label_y=spot.y,
                anchor=spot.anchor,
                title=place.title,
                seeds=tuple((across.at(a), up.at(b)) for a, b in place.seeds),
            )
        )
    return tuple(marks), crowded


def _trends(places: Sequence[Place], across: _Axis, up: _Axis, *, without: Set[str]) -> tuple[Trend, ...]:
    trends = []
    families = {p.variant: p.family or p.strategy for p in places}
    for family in dict.fromkeys(families.values()):
        members = sorted((p for p in places if families[p.variant] == family), key=lambda p: p.x.value)
        if len(members) > 1 and family not in without:
            points = " ".join(f"{across.at(p.x.value)},{up.at(p.y.value)}" for p in members)
            trends.append(Trend(family=family, mark=members[0].mark, points=points))
    return tuple(trends)


def _band(curve: Curve, across: _Axis, up: _Axis) -> Band:
    def joined(pairs: Sequence[tuple[float, float]]) -> str:
        return " ".join(f"{across.at(x)},{up.at(y)}" for x, y in pairs)

    return Band(
        mark=curve.mark,
        line=joined([(x, y.value) for x, y in curve.places]),
        area=joined([*((x, y.high) for x, y in curve.places), *((x, y.low) for x, y in reversed(curve.places))]),
    )
