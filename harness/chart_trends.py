"""One variant's shares over several runs → a small drawing with intervals, for a table's cell. Source: ours.

All have one scale, 0 to 100 %, so that rows and tasks can be held against one another.
"""

from __future__ import annotations

import altair as alt

from harness.chart_svg import page_svg
from harness.hostile import one_line
from harness.run_comparison_records import Course

WIDTH, HEIGHT = 168.0, 60.0
"""In SVG units, as it is shown."""
_LEFT, _TOP, _RIGHT, _BOTTOM = 10.0, 6.0, 34.0, 16.0
_POINT = 7**2
"""Size of a mark as Vega takes it: the square of its width."""
_HUE = "m2"


def course_svg(course: Course, *, label: str) -> str:
    """A line through the runs' shares, each with its interval and its values on hover; the words tell all of them."""
    rows = [
        {
            "x": point.run, "y": point.value, "low": point.low, "high": point.high, "title": one_line(point.title),
            "of": str(sum(gap < point.run for gap in course.gaps)),
        }
        for point in course.points
    ]  # fmt: skip
    chart = alt.Chart(alt.InlineData(values=rows))
    x, y = _across(course.runs), _up("y")
    words = alt.Description("title:N")
    spans = alt.Chart(alt.InlineData(values=[r for r in rows if r["low"] is not None and r["high"] is not None]))
    layers = [
        spans.mark_rule(stroke=f".whisker.{_HUE}").encode(x=x, y=_up("low"), y2="high:Q", description=words),
        chart.mark_line(stroke=f".line.{_HUE}", aria=False).encode(x=x, y=y, detail=alt.Detail("of:N")),
        chart.mark_circle(size=_POINT, fill=f".point.{_HUE}").encode(x=x, y=y, description=words),
    ]
    said = "; ".join(one_line(point.title) for point in course.points)
    return page_svg(_framed(layers), classes="course", label=one_line(label), description=said)


def _across(runs: int) -> alt.X:
    scale = alt.Scale(domain=[1, runs], nice=False, zero=False, padding=4)
    axis = alt.Axis(values=[1, runs], title=None, grid=False, format="d")
    return alt.X("x:Q", scale=scale, axis=axis)


def _up(field: str) -> alt.Y:
    axis = alt.Axis(values=[0, 0.5, 1], title=None, orient="right", labelExpr="format(datum.value * 100, '.0f') + ' %'")
    return alt.Y(f"{field}:Q", scale=alt.Scale(domain=[0, 1], nice=False, zero=False, clamp=True), axis=axis)


def _framed(layers: list[alt.Chart]) -> alt.LayerChart:
    made: alt.LayerChart = alt.LayerChart(
        layer=layers,
        width=WIDTH - _LEFT - _RIGHT,
        height=HEIGHT - _TOP - _BOTTOM,
        padding={"left": _LEFT, "top": _TOP, "right": _RIGHT, "bottom": _BOTTOM},
        autosize=alt.AutoSizeParams(type="none"),
    ).configure_axis(
        aria=False, domain=False, ticks=False, tickRound=False, translate=0, labelFlush=False, labelOverlap=False,
        labelLimit=0, labelFontSize=9, labelPadding=4, gridColor=".grid", labelColor=".tick",
    ).configure_view(stroke=None)  # fmt: skip
    return made
