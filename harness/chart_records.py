"""What the report's drawings show, as records: points, curves, axes, labels, steps of a search."""

from __future__ import annotations

from harness.specs import Record


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
    """What is written beside a point, and where its baseline begins, in SVG units."""

    text: str
    mark: int
    x: float
    y: float
    title: str
    """Its point's words."""
    line: tuple[float, float, float, float] | None = None
    """From its point (x, y) to it (x, y), where it had to move."""


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
    """In the places' order; those of places in `zoom` stand there."""
    trends: tuple[Trend, ...]
    curves: tuple[Curve, ...]
    lettered: bool
    """Whether letters stand for the names."""
    zoom: Scatter | None = None
    """The part where most points crowd, enlarged: its spans are framed in this plot."""
    zoomed: bool = False
    """Whether this is such a part."""


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
    unit: str
    """Of all drifts."""
