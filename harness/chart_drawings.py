"""What a drawing shows (charts.py) → a Vega-Lite chart → SVG for a page.

Colours are class names of report.css (chart_svg.py). Every size is given and nothing is measured in a font, so the same
numbers give the same bytes on every machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import altair as alt

from harness.chart_marks import hue, outline, trial_outline
from harness.chart_svg import page_svg
from harness.charts import BOTTOM, INSET, LEFT, RIGHT, TOP, LossChart, Scatter, Span, StepChart
from harness.hostile import one_line

_Row: TypeAlias = Mapping[str, str | float]

_POINT, _TRIAL, _SEED = 14**2, 10**2, 5**2
"""Sizes of marks as Vega takes them: the square of their width."""
_DASHES: tuple[list[float], ...] = ([], [6, 2], [2, 2], [8, 2, 2, 2])
"""How the lines of four seeds are told apart."""
_ALIGN = {"start": "left", "end": "right", "middle": "center"}

_FILL, _STROKE = alt.Fill("paint:N", scale=None), alt.Stroke("paint:N", scale=None)
"""Class names as they are."""
_SHAPE, _WORDS, _OF = alt.Shape("shape:N", scale=None), alt.Description("title:N"), alt.Detail("of:N")


@dataclass(frozen=True)
class _Canvas:
    """A drawing's outer size, and the room around its frame."""

    width: float
    height: float
    left: float
    top: float
    right: float
    bottom: float

    @property
    def wide(self) -> float:
        return self.width - self.left - self.right

    @property
    def high(self) -> float:
        return self.height - self.top - self.bottom


@dataclass(frozen=True)
class _Plane:
    """Both axes, for any field of the rows."""

    across: alt.Scale
    across_axis: alt.Axis
    up: alt.Scale
    up_axis: alt.Axis

    def x(self, field: str = "x") -> alt.X:
        return alt.X(f"{field}:Q", scale=self.across, axis=self.across_axis)

    def y(self, field: str = "y") -> alt.Y:
        return alt.Y(f"{field}:Q", scale=self.up, axis=self.up_axis)


def scatter_svg(plot: Scatter, *, classes: str, label: str, description: str) -> str:
    """Harmfulness over expertise: band and curve, trends, seeds, intervals, points, names."""
    canvas = _Canvas(plot.width, plot.height, LEFT, TOP, RIGHT, BOTTOM)
    plane = _Plane(
        _scale(plot.x.low, plot.x.high, INSET),
        _shares(plot.x, "expertise → better", at=(canvas.wide / 2, BOTTOM - 10)),
        _scale(plot.y.low, plot.y.high, INSET),
        _shares(plot.y, "better ← harmfulness", at=(13 - LEFT, canvas.high / 2)),
    )
    chart = _layered([*_curves(plot, plane), *_points(plot, plane), _names(plot)], canvas)
    chart = chart.configure_view(stroke=".plot")
    return page_svg(chart, classes=f"scatter {classes}", label=one_line(label), description=one_line(description))


def loss_svg(chart: LossChart, *, label: str) -> str:
    """Loss over steps, a line for each seed."""
    plane = _loss_plane(chart)
    lines = _data(
        {"x": step, "y": min(loss, chart.top), "of": str(path.seed), "title": path.title}
        for path in chart.paths
        for step, loss in path.points
    ).mark_line(stroke=f".line.m{hue(chart.mark)}")
    dashes = alt.Scale(
        domain=[str(path.seed) for path in chart.paths],
        range=[_DASHES[number % len(_DASHES)] for number, _ in enumerate(chart.paths)],
    )
    dash = alt.StrokeDash("of:N", scale=dashes, legend=None)
    drawn = lines.encode(x=plane.x(), y=plane.y(), strokeDash=dash, description=_WORDS)
    words = "; ".join(path.title for path in chart.paths)
    canvas = _Canvas(320, 170, 40, 10, 10, 30)
    return page_svg(_layered([drawn], canvas), classes="loss", label=one_line(label), description=one_line(words))


def step_svg(chart: StepChart, *, classes: str, label: str, description: str) -> str:
    """Drift of each tested set, the budget, and everything at once."""
    canvas = _Canvas(chart.width, chart.height, 52, 16, 16, 44)
    plane = _step_plane(chart, canvas)
    trials = _data(
        {"x": t.number, "y": t.drift, "title": t.title, "shape": trial_outline(t.action),
         "paint": f".trial{'.kept' if t.kept else ''}{'' if t.within else '.out'}"}
        for t in chart.trials
    ).encode(x=plane.x(), y=plane.y())  # fmt: skip
    walk = trials.mark_line(stroke=".walk", aria=False)
    marks = trials.mark_point(size=_TRIAL).encode(shape=_SHAPE, stroke=_STROKE, description=_WORDS)
    drawn = _layered([*_bounds(chart, plane), walk, marks], canvas)
    return page_svg(drawn, classes=f"scatter {classes}", label=one_line(label), description=one_line(description))


def _loss_plane(chart: LossChart) -> _Plane:
    last = f"datum.value == {chart.last}"
    steps = alt.Axis(
        values=sorted({0, chart.last // 2, chart.last}), title=None, grid=False, format="d",
        labelExpr=f"{last} ? datum.label + ' steps' : datum.label",
        labelAlign={"expr": f"{last} ? 'right' : 'center'"},
    )  # fmt: skip
    losses = alt.Axis(values=[0, chart.top / 2, chart.top], title=None, format=".3~g")
    return _Plane(_scale(0, chart.last), steps, _scale(0, chart.top), losses)


def _step_plane(chart: StepChart, canvas: _Canvas) -> _Plane:
    last = max((t.number for t in chart.trials), default=1)
    drifts = [0.0, chart.budget, *([] if chart.whole is None else [chart.whole]), *(t.drift for t in chart.trials)]
    numbers = alt.Axis(
        title="evaluation", titleX=canvas.wide / 2, titleY=canvas.bottom - 8, grid=False, format="d", tickMinStep=1,
        tickCount=6,
    )  # fmt: skip
    up = alt.Scale(domain=[min(drifts), max(drifts)], nice=5)
    return _Plane(_scale(0.5, last + 0.5, 4), numbers, up, alt.Axis(title=None, tickCount=5))


def _curves(plot: Scatter, plane: _Plane) -> list[alt.Chart]:
    def shares(kind: str) -> alt.Chart:
        return _data(
            {"x": at, "y": share.value, "low": share.low, "high": share.high, "of": str(number),
             "paint": f".{kind}.m{hue(curve.mark)}"}
            for number, curve in enumerate(plot.curves)
            for at, share in curve.places
        )  # fmt: skip

    trends = _data(
        {"x": at, "y": share, "of": str(number), "paint": f".trend.m{hue(trend.mark)}"}
        for number, trend in enumerate(plot.trends)
        for at, share in trend.points
    )
    low, high = plane.y("low"), alt.Y2("high:Q")
    return [
        shares("band").mark_area(aria=False).encode(x=plane.x(), y=low, y2=high, detail=_OF, fill=_FILL),
        shares("curve").mark_line(aria=False).encode(x=plane.x(), y=plane.y(), detail=_OF, stroke=_STROKE),
        trends.mark_line(aria=False).encode(x=plane.x(), y=plane.y(), detail=_OF, stroke=_STROKE),
    ]


def _points(plot: Scatter, plane: _Plane) -> list[alt.Chart]:
    seeds = _data(
        {"x": dot.x, "y": dot.y, "title": dot.title, "paint": f".seed.m{hue(place.mark)}"}
        for place in plot.places
        for dot in place.seeds
    ).mark_circle(size=_SEED)
    whiskers = _data(
        {"x": place.x.value, "x_low": place.x.low, "x_high": place.x.high, "y": place.y.value, "y_low": place.y.low,
         "y_high": place.y.high, "title": place.title, "paint": f".whisker.m{hue(place.mark)}"}
        for place in plot.places
    ).mark_rule().encode(stroke=_STROKE, description=_WORDS)  # fmt: skip
    points = _data(
        {"x": place.x.value, "y": place.y.value, "title": place.title, "shape": outline(place.mark),
         "paint": f".point.m{hue(place.mark)}"}
        for place in plot.places
    ).mark_point(size=_POINT, filled=True)  # fmt: skip
    return [
        seeds.encode(x=plane.x(), y=plane.y(), fill=_FILL, description=_WORDS),
        whiskers.encode(x=plane.x("x_low"), x2="x_high:Q", y=plane.y()),
        whiskers.encode(x=plane.x(), y=plane.y("y_low"), y2="y_high:Q"),
        points.encode(x=plane.x(), y=plane.y(), shape=_SHAPE, fill=_FILL, description=_WORDS),
    ]


def _names(plot: Scatter) -> alt.Chart:
    names = _data(
        {"x": label.x - LEFT, "y": label.y - TOP, "text": label.text, "align": _ALIGN[label.anchor],
         "title": place.title, "paint": f".label.m{hue(label.mark)}"}
        for place, label in zip(plot.places, plot.labels, strict=True)
    ).mark_text(align={"expr": "datum.align"}, baseline="alphabetic")  # fmt: skip
    x, y = alt.X("x:Q", scale=None), alt.Y("y:Q", scale=None)
    written: alt.Chart = names.encode(x=x, y=y, text="text:N", fill=_FILL, description=_WORDS)
    return written


def _bounds(chart: StepChart, plane: _Plane) -> list[alt.Chart]:
    rows: list[_Row] = [{"y": chart.budget, "paint": ".bound.budget", "text": "budget", "word": ".label.bound-word"}]
    if chart.whole is not None:
        rows.append({"y": chart.whole, "paint": ".bound", "text": "everything", "word": ".tick"})
    bounds = _data(rows).encode(y=plane.y())
    words = bounds.mark_text(align="left", baseline="alphabetic", dy=-6, aria=False)
    return [
        bounds.mark_rule(aria=False).encode(x=alt.value(0), x2=alt.value("width"), stroke=_STROKE),
        words.encode(x=alt.value(6), text="text:N", fill=alt.Fill("word:N", scale=None)),
    ]


def _scale(low: float, high: float, padding: float = 0) -> alt.Scale:
    return alt.Scale(domain=[low, high], padding=padding, nice=False, zero=False)


def _shares(span: Span, title: str, *, at: tuple[float, float]) -> alt.Axis:
    """An axis in per cent; `at` is the middle of its title's baseline, from its own origin."""
    count = round((span.high - span.low) / span.step)
    values = [span.low + number * span.step for number in range(count + 1)]
    words = "format(datum.value * 100, '.0f') + ' %'"
    return alt.Axis(values=values, labelExpr=words, title=title, titleX=at[0], titleY=at[1])


def _data(rows: Iterable[_Row]) -> alt.Chart:
    """Rows with nothing hidden in their words."""
    shown = [{k: one_line(v) if isinstance(v, str) else v for k, v in row.items()} for row in rows]
    return alt.Chart(alt.InlineData(values=shown))


def _layered(layers: list[alt.Chart], canvas: _Canvas) -> alt.LayerChart:
    """Layers in a frame of the canvas, the axes with our classes."""
    made: alt.LayerChart = alt.LayerChart(
        layer=layers,
        width=canvas.wide,
        height=canvas.high,
        padding={"left": canvas.left, "top": canvas.top, "right": canvas.right, "bottom": canvas.bottom},
        autosize=alt.AutoSizeParams(type="none"),
    ).configure_axis(
        aria=False, domain=False, ticks=False, tickRound=False, translate=0, labelFlush=False, labelOverlap=False,
        labelLimit=0, labelFontSize=12, labelPadding=8, gridColor=".grid", labelColor=".tick", titleColor=".axis",
        titleBaseline="alphabetic",
    )  # fmt: skip
    return made
