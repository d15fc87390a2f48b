"""What a scatter plot or a step chart shows (charts.py) → a Vega-Lite chart → SVG for a page."""

from __future__ import annotations

from collections.abc import Iterator

import altair as alt

from harness.chart_canvas import (
    FILL,
    FREE_X,
    FREE_Y,
    OF,
    SHAPE,
    STROKE,
    WORDS,
    Canvas,
    Plane,
    Row,
    data,
    layered,
    scale,
)
from harness.chart_marks import hue, outline, trial_outline
from harness.chart_records import Curve, Scatter, Span, StepChart
from harness.chart_svg import page_svg
from harness.charts import BOTTOM, INSET, LEFT, RIGHT, TOP
from harness.hostile import one_line

_POINT, _TRIAL, _SEED = 14**2, 10**2, 5**2
"""Sizes of marks as Vega takes them: the square of their width."""


def scatter_svg(plot: Scatter, *, classes: str, label: str, description: str) -> str:
    """Harmfulness over expertise: bands, curves, trends, seeds, intervals, points, names, frame of an enlarged part."""
    canvas = Canvas(plot.width, plot.height, LEFT, TOP, RIGHT, BOTTOM)
    enlarged = " (enlarged)" if plot.zoomed else ""
    plane = Plane(
        scale(plot.x.low, plot.x.high, INSET),
        _shares(plot.x, f"expertise → better{enlarged}", at=(canvas.wide / 2, BOTTOM - 10)),
        scale(plot.y.low, plot.y.high, INSET),
        _shares(plot.y, f"better ← harmfulness{enlarged}", at=(13 - LEFT, canvas.high / 2)),
    )
    leaders, names = _names(plot)
    chart = layered([*_curves(plot, plane), *_frame(plot, plane), *_points(plot, plane, leaders), names], canvas)
    chart = chart.configure_view(stroke=".plot")
    return page_svg(chart, classes=f"scatter {classes}", label=one_line(label), description=one_line(description))


def step_svg(chart: StepChart, *, classes: str, label: str, description: str) -> str:
    """Drift of each tested set, the budget, and everything at once."""
    canvas = Canvas(chart.width, chart.height, 66, 16, 16, 44)
    plane = _step_plane(chart, canvas)
    trials = data(
        {"x": t.number, "y": t.drift, "title": t.title, "shape": trial_outline(t.action),
         "paint": f".trial{'.kept' if t.kept else ''}{'' if t.within else '.out'}"}
        for t in chart.trials
    ).encode(x=plane.x(), y=plane.y())  # fmt: skip
    walk = trials.mark_line(stroke=".walk", aria=False)
    marks = trials.mark_point(size=_TRIAL).encode(shape=SHAPE, stroke=STROKE, description=WORDS)
    drawn = layered([*_bounds(chart, plane), walk, marks], canvas)
    return page_svg(drawn, classes=f"scatter {classes}", label=one_line(label), description=one_line(description))


def _step_plane(chart: StepChart, canvas: Canvas) -> Plane:
    last = max((t.number for t in chart.trials), default=1)
    drifts = [0.0, chart.budget, *([] if chart.whole is None else [chart.whole]), *(t.drift for t in chart.trials)]
    numbers = alt.Axis(
        title="evaluation", titleX=canvas.wide / 2, titleY=canvas.bottom - 8, grid=False, format="d", tickMinStep=1,
        tickCount=6,
    )  # fmt: skip
    up = alt.Scale(domain=[min(drifts), max(drifts)], nice=5)
    return Plane(scale(0.5, last + 0.5, 4), numbers, up, alt.Axis(
        title=f"drift, {chart.unit}", titleX=13 - canvas.left, titleY=canvas.high / 2, tickCount=5
    ))


def _curves(plot: Scatter, plane: Plane) -> list[alt.Chart]:
    bands = data(
        {"x": at, "low": share.low, "high": share.high, "of": str(number), "paint": f".band.m{hue(curve.mark)}"}
        for number, curve in enumerate(plot.curves)
        for at, share in curve.places
    )
    curves = data(
        {"x": at, "y": share, "of": f"{number} {piece}", "paint": f".curve.m{hue(curve.mark)}"}
        for number, curve in enumerate(plot.curves)
        for piece, at, share in _line(curve, plot.y)
    )
    trends = data(
        {"x": at, "y": share, "of": str(number), "paint": f".trend.m{hue(trend.mark)}"}
        for number, trend in enumerate(plot.trends)
        for at, share in trend.points
    )
    low, high = plane.y("low"), alt.Y2("high:Q")
    return [
        bands.mark_area(aria=False).encode(x=plane.x(), y=low, y2=high, detail=OF, fill=FILL),
        curves.mark_line(aria=False).encode(x=plane.x(), y=plane.y(), detail=OF, stroke=STROKE),
        trends.mark_line(aria=False).encode(x=plane.x(), y=plane.y(), detail=OF, stroke=STROKE),
    ]


def _points(plot: Scatter, plane: Plane, leaders: alt.Chart) -> list[alt.Chart]:
    """Seeds, intervals and points; the leaders end under the points."""
    seeds = data(
        {"x": dot.x, "y": dot.y, "title": dot.title, "paint": f".seed.m{hue(place.mark)}"}
        for place in plot.places
        for dot in place.seeds
    ).mark_circle(size=_SEED)
    whiskers = data(
        {"x": place.x.value, "x_low": place.x.low, "x_high": place.x.high, "y": place.y.value, "y_low": place.y.low,
         "y_high": place.y.high, "title": place.title, "paint": f".whisker.m{hue(place.mark)}"}
        for place in plot.places
    ).mark_rule().encode(stroke=STROKE, description=WORDS)  # fmt: skip
    points = data(
        {"x": place.x.value, "y": place.y.value, "title": place.title, "shape": outline(place.mark),
         "paint": f".point.m{hue(place.mark)}"}
        for place in plot.places
    ).mark_point(size=_POINT, filled=True)  # fmt: skip
    return [
        seeds.encode(x=plane.x(), y=plane.y(), fill=FILL, description=WORDS),
        whiskers.encode(x=plane.x("x_low"), x2="x_high:Q", y=plane.y()),
        whiskers.encode(x=plane.x(), y=plane.y("y_low"), y2="y_high:Q"),
        leaders,
        points.encode(x=plane.x(), y=plane.y(), shape=SHAPE, fill=FILL, description=WORDS),
    ]


def _line(curve: Curve, up: Span) -> Iterator[tuple[int, float, float]]:
    """(piece, x, y) of a curve's line, in pieces where it leaves the drawing."""
    piece = 0
    for at, share in curve.places:
        if up.low - 1e-9 <= share.value <= up.high + 1e-9:
            yield piece, at, share.value
        else:
            piece += 1


def _frame(plot: Scatter, plane: Plane) -> list[alt.Chart]:
    """Around what is enlarged."""
    if plot.zoom is None:
        return []
    x, y = plot.zoom.x, plot.zoom.y
    corners = [(x.low, y.low), (x.high, y.low), (x.high, y.high), (x.low, y.high), (x.low, y.low)]
    ring = data({"x": across, "y": up, "at": number} for number, (across, up) in enumerate(corners))
    drawn: alt.Chart = ring.mark_line(stroke=".frame", aria=False).encode(x=plane.x(), y=plane.y(), order="at:Q")
    word = data([{"x": x.low, "y": y.high, "text": "enlarged below"}]).mark_text(
        align="left", baseline="alphabetic", dx=3, dy=-5, fill=".tick", aria=False
    )
    return [drawn, word.encode(x=plane.x(), y=plane.y(), text="text:N")]


def _names(plot: Scatter) -> list[alt.Chart]:
    """The labels, and lines from those that had to move to their points."""
    lines = data(
        {"x": line[at] - LEFT, "y": line[at + 1] - TOP, "of": str(number), "paint": f".leader.m{hue(label.mark)}"}
        for number, label in enumerate(plot.labels)
        if (line := label.line) is not None
        for at in (0, 2)
    ).mark_line(aria=False)
    names = data(
        {"x": label.x - LEFT, "y": label.y - TOP, "text": label.text, "title": label.title,
         "paint": f".label.m{hue(label.mark)}"}
        for label in plot.labels
    ).mark_text(align="left", baseline="alphabetic")  # fmt: skip
    return [
        lines.encode(x=FREE_X, y=FREE_Y, detail=OF, stroke=STROKE),
        names.encode(x=FREE_X, y=FREE_Y, text="text:N", fill=FILL, description=WORDS),
    ]


def _bounds(chart: StepChart, plane: Plane) -> list[alt.Chart]:
    rows: list[Row] = [{"y": chart.budget, "paint": ".bound.budget", "text": "budget", "word": ".label.bound-word"}]
    if chart.whole is not None:
        rows.append({"y": chart.whole, "paint": ".bound", "text": "everything", "word": ".tick"})
    bounds = data(rows).encode(y=plane.y())
    words = bounds.mark_text(align="left", baseline="alphabetic", dy=-6, aria=False)
    return [
        bounds.mark_rule(aria=False).encode(x=alt.value(0), x2=alt.value("width"), stroke=STROKE),
        words.encode(x=alt.value(6), text="text:N", fill=alt.Fill("word:N", scale=None)),
    ]


def _shares(span: Span, title: str, *, at: tuple[float, float]) -> alt.Axis:
    """An axis in per cent; `at` is the middle of its title's baseline, from its own origin."""
    count = round((span.high - span.low) / span.step)
    values = [span.low + number * span.step for number in range(count + 1)]
    words = "format(datum.value * 100, '.0f') + ' %'"
    return alt.Axis(values=values, labelExpr=words, title=title, titleX=at[0], titleY=at[1])
