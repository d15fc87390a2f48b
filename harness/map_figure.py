"""A heat map as an SVG file of its own: dark text on white, drawn by Vega-Lite, nothing fetched."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import altair as alt

from harness.chart_svg import file_svg
from harness.hostile import one_line
from harness.report_measures import SHADES
from harness.report_robustness_records import HeatMap

LEFT, TOP, WIDTH, HEIGHT = 76.0, 84.0, 58.0, 26.0
"""Where the first cell lies, and the size of a cell."""
FOOT, LINE = 80.0, 16.0
"""Room below the cells for scale and legend, and for every line of words."""
LETTER, TITLE = 6.0, 10.0
"""Width of a letter of the words, for breaking them into lines, and of the title."""
LEAST = 620.0
"""Least width of the figure, for title and legend."""
_MARGIN = 16.0
_INK, _SOFT, _EDGE = "#1b1f24", "#59616b", "#dcdad3"
_DARKEST = 0x66, 0xA5, 0xCB
_FONT = "system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif"


def figure_svg(heat: HeatMap, *, title: str, words: str) -> str:
    """The map under a title, over its scale and a line of words, as an SVG file."""
    title = one_line(title)
    wide, high = len(heat.layers) * WIDTH, len(heat.rows) * HEIGHT
    width = max(LEAST, LEFT + wide + _MARGIN, 2 * _MARGIN + TITLE * len(title))
    lines = textwrap.wrap(one_line(words), int((width - 2 * _MARGIN) / LETTER))
    layers = [*_cells(heat), _foot(heat, lines, top=high + 24), *(_chosen_key(high + 24) if heat.marked else [])]
    chart = alt.layer(*layers).properties(
        width=wide,
        height=high,
        padding={"left": LEFT, "top": TOP, "right": width - LEFT - wide, "bottom": FOOT + LINE * len(lines)},
        autosize=alt.AutoSizeParams(type="none"),
        background="#ffffff",
        title=_title(title, f"{heat.name}, {heat.unit}; types by layer"),
    )
    chart = chart.configure_view(stroke=None).configure_axis(
        domain=False, ticks=False, translate=0, labelFontSize=12, labelPadding=10, labelLimit=0, labelOverlap=False,
    ).configure_legend(
        gradientLength=180, gradientThickness=13, gradientStrokeColor=_EDGE, gradientStrokeWidth=0.5
    )  # fmt: skip
    return file_svg(chart, font=_FONT, title=title, description=" ".join(lines))


def _title(title: str, below: str) -> alt.TitleParams:
    return alt.TitleParams(
        text=title, subtitle=below, anchor="start", frame="group", dx=_MARGIN - LEFT, offset=14, fontSize=16,
        fontWeight=600, color=_INK, subtitleFontSize=12, subtitleColor=_SOFT, subtitlePadding=6,
    )  # fmt: skip


def _cells(heat: HeatMap) -> list[alt.Chart]:
    """A square for each module, its number, and a ring with a tick where it is chosen."""
    rows = [
        {"kind": one_line(row.kind), "layer": layer, "shade": cell.shade, "text": cell.text, "chosen": cell.chosen,
         "title": one_line(cell.title)}
        for row in heat.rows
        for layer, cell in zip(heat.layers, row.cells, strict=True)
        if cell is not None
    ]  # fmt: skip
    kinds = [one_line(row.kind) for row in heat.rows]
    top = alt.Axis(orient="top", title=None, labelAngle=0, labelPadding=6, labelColor=_SOFT, labelFontWeight=600)
    beside = alt.Axis(title=None, labelColor=_INK, labelFontWeight=600)
    squares = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X("layer:N", scale=alt.Scale(domain=list(heat.layers), padding=0), axis=top),
        y=alt.Y("kind:N", scale=alt.Scale(domain=kinds, padding=0), axis=beside),
    )
    size = {"expr": "length(datum.text) < 6 ? 12 : 10"}
    numbers = squares.mark_text(align="right", dx=WIDTH / 2 - 6, fontSize=size, fill=_INK, aria=False)
    ringed = _ringed(squares.transform_filter("datum.chosen"))
    return [_shaded(squares, below=len(kinds) * HEIGHT), *ringed, numbers.encode(text="text:N")]


def _shaded(squares: alt.Chart, *, below: float) -> alt.Chart:
    """The squares, and the scale of their shades."""
    scale = alt.Scale(type="quantize", domain=[-0.5, SHADES + 0.5], range=list(_colours()))
    ramp = alt.Legend(
        orient="none", legendX=90 - LEFT, legendY=below + 24, direction="horizontal", title=None, labelExpr="''",
    )  # fmt: skip
    fill = alt.Fill("shade:Q", scale=scale, legend=ramp)
    shaded: alt.Chart = squares.mark_rect(stroke=_EDGE, strokeWidth=0.5).encode(fill=fill, description="title:N")
    return shaded


def _ringed(cells: alt.Chart) -> list[alt.Chart]:
    ring = cells.mark_rect(
        width=WIDTH - 4, height=HEIGHT - 4, cornerRadius=4, fill=None, stroke=_INK, strokeWidth=1.8, aria=False
    )
    tick = cells.mark_text(
        text="✓", align="left", dx=7 - WIDTH / 2, fontSize=10, fontWeight=700, fill=_INK, aria=False
    )
    return [ring, tick]


def _foot(heat: HeatMap, lines: list[str], *, top: float) -> alt.Chart:
    """The ends of the scale, what lies outside the layers, and the words."""
    beside = ", ".join(f"{'✓ ' if cell.chosen else ''}{one_line(cell.module)} {cell.text}" for cell in heat.beside)
    texts = [
        (_MARGIN, 10.0, heat.low, 12, _INK),
        (278.0, 10.0, heat.high, 12, _INK),
        (_MARGIN, 38.0, beside, 12, _SOFT),
        *((_MARGIN, 60 + LINE * number, line, 11, _SOFT) for number, line in enumerate(lines)),
    ]
    if heat.marked:
        texts.append((380.0, 10.0, "chosen for Mods_Robust", 12, _INK))
    rows = [
        {"x": x - LEFT, "y": top + y, "text": text, "size": size, "paint": paint} for x, y, text, size, paint in texts
    ]
    placed = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X("x:Q", scale=None), y=alt.Y("y:Q", scale=None), text="text:N"
    )
    written: alt.Chart = placed.mark_text(
        align="left", baseline="alphabetic", fontSize={"expr": "datum.size"}, fill={"expr": "datum.paint"}, aria=False
    )
    return written


def _chosen_key(top: float) -> list[alt.Chart]:
    middle = alt.Chart(alt.InlineData(values=[{"x": 359 - LEFT, "y": top + 6.5}])).encode(
        x=alt.X("x:Q", scale=None), y=alt.Y("y:Q", scale=None)
    )
    ring = middle.mark_rect(
        width=26, height=17, cornerRadius=4, fill=None, stroke=_INK, strokeWidth=1.8, aria=False
    )
    return [ring, middle.mark_text(text="✓", fontSize=10, fontWeight=700, fill=_INK, aria=False)]


def _colours() -> Iterator[str]:
    """Of the shades, from white to the darkest on which the ink can be read."""
    for shade in range(SHADES + 1):
        mixed = (round(255 + (dark - 255) * shade / SHADES) for dark in _DARKEST)
        yield "#" + "".join(f"{part:02x}" for part in mixed)
