"""One variant's shares over several runs → a small drawing with intervals, for a table's cell. Source: ours.

All have one scale, 0 to 100 %, so that rows and tasks can be held against one another.
"""

from __future__ import annotations

import altair as alt

from harness.chart_canvas import OF, WORDS, Canvas, data, layered, scale
from harness.chart_svg import page_svg
from harness.hostile import one_line
from harness.run_comparison_records import Course

WIDTH, HEIGHT = 168.0, 60.0
"""In SVG units, as it is shown."""
_CANVAS = Canvas(WIDTH, HEIGHT, left=10.0, top=6.0, right=34.0, bottom=16.0)
_POINT = 7**2
"""Size of a mark as Vega takes it: the square of its width."""
_HUE = "m2"


def course_svg(course: Course, *, label: str) -> str:
    """A line through the runs' shares, each with its interval and its values on hover; the words tell all of them."""
    rows = [
        {
            "x": point.run, "y": point.value, "low": point.low, "high": point.high, "title": point.title,
            "of": str(sum(gap < point.run for gap in course.gaps)),
        }
        for point in course.points
    ]  # fmt: skip
    chart = data(rows)
    x, y = _across(course.runs), _up("y")
    spans = data(row for row in rows if row["low"] is not None and row["high"] is not None)
    layers = [
        spans.mark_rule(stroke=f".whisker.{_HUE}").encode(x=x, y=_up("low"), y2="high:Q", description=WORDS),
        chart.mark_line(stroke=f".line.{_HUE}", aria=False).encode(x=x, y=y, detail=OF),
        chart.mark_circle(size=_POINT, fill=f".point.{_HUE}").encode(x=x, y=y, description=WORDS),
    ]
    said = "; ".join(one_line(point.title) for point in course.points)
    drawn = layered(layers, _CANVAS, font=9, gap=4).configure_view(stroke=None)
    return page_svg(drawn, classes="course", label=one_line(label), description=said)


def _across(runs: int) -> alt.X:
    axis = alt.Axis(values=[1, runs], title=None, grid=False, format="d")
    return alt.X("x:Q", scale=scale(1, runs, padding=4), axis=axis)


def _up(field: str) -> alt.Y:
    axis = alt.Axis(values=[0, 0.5, 1], title=None, orient="right", labelExpr="format(datum.value * 100, '.0f') + ' %'")
    return alt.Y(f"{field}:Q", scale=alt.Scale(domain=[0, 1], nice=False, zero=False, clamp=True), axis=axis)
