"""What a chart of losses shows (loss_charts.py) → a Vega-Lite chart → SVG for a page."""

from __future__ import annotations

from math import log

import altair as alt

from harness.chart_canvas import FILL, FREE_X, FREE_Y, OF, STROKE, WORDS, Canvas, Plane, data, layered, scale
from harness.chart_marks import hue
from harness.chart_svg import page_svg
from harness.hostile import one_line
from harness.loss_charts import LossChart, LossLines, LossScale, spread

_DASHES: tuple[list[float], ...] = ([], [7, 3], [2, 2], [10, 3, 2, 3])
"""How the lines of four seeds are told apart; more take them again."""
_MOST_ENDS = 8
"""Seeds whose end is labelled."""
_SPOT = 9**2
_SHORT, _LETTER = 14.0, 7.6
"""Width of a stroke before a label, and of a letter."""
_AMONG = 13.0
"""Least height from label to label."""


def loss_svg(chart: LossChart, *, label: str) -> str:
    """Loss over steps: for each seed the raw losses beneath, the smoothed line, values under the pointer, its end."""
    canvas = Canvas(330, 190, 42, 22, 82, 30)
    plane = _plane(chart.scale, chart.last, canvas)
    hues = f"m{hue(chart.mark)}"
    raw = data(
        {"x": step, "y": _held(loss, chart.scale), "of": str(n)}
        for n, path in enumerate(chart.paths) for step, loss in path.raw
    ).mark_line(stroke=f".raw.{hues}", aria=False)  # fmt: skip
    lines = data(
        {"x": step, "y": _held(loss, chart.scale), "of": str(n), "title": path.title}
        for n, path in enumerate(chart.paths) for step, loss in path.line
    ).mark_line(stroke=f".line.{hues}")  # fmt: skip
    spots = data(
        {"x": spot.step, "y": _held(spot.loss, chart.scale), "title": spot.title}
        for path in chart.paths for spot in path.spots
    ).mark_circle(size=_SPOT, fill=f".spot.{hues}")  # fmt: skip
    drawn = [
        raw.encode(x=plane.x(), y=plane.y(), detail=OF),
        lines.encode(x=plane.x(), y=plane.y(), strokeDash=_dash(len(chart.paths)), description=WORDS),
        *_ends(chart, canvas),
        spots.encode(x=plane.x(), y=plane.y(), description=WORDS),
    ]
    words = "; ".join(path.title for path in chart.paths)
    return page_svg(layered(drawn, canvas), classes="loss", label=one_line(label), description=one_line(words))


def losses_svg(chart: LossLines, *, classes: str, label: str) -> str:
    """Every variant's smoothed loss, its name at the line's end."""
    margin = 34 + _LETTER * max((len(one_line(line.name)) for line in chart.lines), default=0)
    canvas = Canvas(chart.width, chart.height, 48, 24, margin, 36)
    plane = _plane(chart.scale, chart.last, canvas)
    lines = data(
        {"x": step, "y": _held(loss, chart.scale), "of": str(n), "title": line.title,
         "paint": f".line.m{hue(line.mark)}"}
        for n, line in enumerate(chart.lines) for step, loss in line.line
    ).mark_line()  # fmt: skip
    told = [line for line in chart.lines if line.line]
    ends = [_down(line.line[-1][1], chart.scale, canvas) for line in told]
    heights = spread(ends, least=_AMONG, room=(0, canvas.high + canvas.bottom - 8))
    starts = [line.line[-1][0] / chart.last * canvas.wide for line in told]
    leaders = data(
        {"x": x, "y": y, "of": str(n), "paint": f".leader.m{hue(line.mark)}"}
        for n, (line, start, end, height) in enumerate(zip(told, starts, ends, heights, strict=True))
        for x, y in ((start, end), (canvas.wide + 22, height))
    ).mark_line(aria=False)
    names = data(
        {"x": canvas.wide + 25, "y": height + 4, "text": line.name, "title": line.title,
         "paint": f".label.m{hue(line.mark)}"}
        for line, height in zip(told, heights, strict=True)
    ).mark_text(align="left", baseline="alphabetic")  # fmt: skip
    drawn = [
        lines.encode(x=plane.x(), y=plane.y(), detail=OF, stroke=STROKE, description=WORDS),
        leaders.encode(x=FREE_X, y=FREE_Y, detail=OF, stroke=STROKE),
        names.encode(x=FREE_X, y=FREE_Y, text="text:N", fill=FILL, description=WORDS),
        _head(_axis_words(chart.scale), at=-canvas.left + 4),
    ]
    words = "; ".join(line.title for line in chart.lines)
    return page_svg(
        layered(drawn, canvas), classes=f"scatter {classes}", label=one_line(label), description=one_line(words)
    )


def _plane(losses: LossScale, last: int, canvas: Canvas) -> Plane:
    at_end = f"datum.value == {last}"
    steps = alt.Axis(
        values=sorted({0, last // 2, last}), title=None, grid=False, format="d",
        labelExpr=f"{at_end} ? datum.label + ' steps' : datum.label",
        labelAlign={"expr": f"{at_end} ? 'right' : 'center'"},
    )  # fmt: skip
    axis = alt.Axis(values=list(losses.ticks), title=None, format=".3~g")
    up = scale(losses.low, losses.high)
    if losses.log:
        up = alt.Scale(type="log", domain=[losses.low, losses.high], nice=False)
    return Plane(scale(0, last), steps, up, axis)


def _axis_words(losses: LossScale) -> str:
    return "loss (log)" if losses.log else "loss"


def _held(loss: float, losses: LossScale) -> float:
    """A loss off the axis at the axis's edge."""
    return min(max(loss, losses.low), losses.high)


def _down(loss: float, losses: LossScale, canvas: Canvas) -> float:
    """How far under the frame's upper edge a loss lies."""
    held, low, high = _held(loss, losses), losses.low, losses.high
    share = log(held / low) / log(high / low) if losses.log else (held - low) / (high - low)
    return (1 - share) * canvas.high


def _dash(seeds: int) -> alt.StrokeDash:
    domain = [str(n) for n in range(seeds)]
    dashes = alt.Scale(domain=domain, range=[_DASHES[n % len(_DASHES)] for n in range(seeds)])
    return alt.StrokeDash("of:N", scale=dashes, legend=None)


def _ends(chart: LossChart, canvas: Canvas) -> list[alt.Chart]:
    """A stroke as the seed's line is drawn, its number, and the smoothed loss at the end."""
    ends = [(n, path.seed, path.end) for n, path in enumerate(chart.paths) if path.end is not None]
    heads = [_head(_axis_words(chart.scale), at=4 - canvas.left)]
    if not ends or len(ends) > _MOST_ENDS:
        return heads
    heights = spread([_down(e, chart.scale, canvas) for *_, e in ends], least=_AMONG, room=(0, canvas.high + 4))
    left = canvas.wide + 6
    strokes = data(
        {"x": x, "y": height, "of": str(n)}
        for (n, _, _), height in zip(ends, heights, strict=True) for x in (left, left + _SHORT)
    ).mark_line(stroke=f".line.m{hue(chart.mark)}", aria=False)  # fmt: skip
    words = data(
        {"x": left + _SHORT + 4, "y": height + 4, "text": f"{seed}: {end:.2g}"}
        for (_, seed, end), height in zip(ends, heights, strict=True)
    ).mark_text(align="left", baseline="alphabetic", fill=".tick", aria=False)
    return [
        *heads,
        _head("seed: end", at=left),
        strokes.encode(x=FREE_X, y=FREE_Y, strokeDash=_dash(len(chart.paths))),
        words.encode(x=FREE_X, y=FREE_Y, text="text:N"),
    ]


def _head(text: str, *, at: float) -> alt.Chart:
    """A word over the frame."""
    word = data([{"x": at, "y": -9.0, "text": text}]).mark_text(
        align="left", baseline="alphabetic", fill=".tick", aria=False
    )
    written: alt.Chart = word.encode(x=FREE_X, y=FREE_Y, text="text:N")
    return written
