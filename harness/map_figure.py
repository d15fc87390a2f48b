"""A heat map as a standalone SVG figure: dark text on white, nothing fetched, every text escaped."""

from __future__ import annotations

import textwrap

from harness.report_html import environment
from harness.report_measures import SHADES
from harness.report_robustness_records import HeatCell, HeatMap
from harness.specs import Record

LEFT, TOP, WIDTH, HEIGHT = 76.0, 84.0, 58.0, 26.0
"""Where the first cell lies, and the size of a cell."""
FOOT, LINE = 80.0, 16.0
"""Room below the cells for scale and legend, and for every line of words."""
LETTER, TITLE = 6.0, 10.0
"""Width of a letter of the words, for breaking them into lines, and of the title."""
LEAST = 620.0
"""Least width of the figure, for title and legend."""
STRONGEST = 0.6
"""Opacity of the darkest shade."""


class FigureCell(Record):
    """One module's square."""

    x: float
    y: float
    opacity: float
    cell: HeatCell


class FigureLabel(Record):
    """A layer over its column, or a type beside its row."""

    at: float
    text: str


class MapFigure(Record):
    """Where everything of the figure lies."""

    width: float
    height: float
    title: str
    lines: tuple[str, ...]
    """The words, broken to the width."""
    map: HeatMap
    cells: tuple[FigureCell, ...]
    columns: tuple[FigureLabel, ...]
    rows: tuple[FigureLabel, ...]
    ramp: tuple[float, ...]
    """Opacities of the scale's steps."""
    beside: str
    """What lies outside the layers, in words."""


def lay_out(heat: HeatMap, *, title: str, words: str) -> MapFigure:
    """Place the cells of a map under a title and a line of words."""
    cells = [
        FigureCell(x=LEFT + column * WIDTH, y=TOP + line * HEIGHT, opacity=_opacity(cell.shade), cell=cell)
        for line, row in enumerate(heat.rows)
        for column, cell in enumerate(row.cells)
        if cell is not None
    ]
    rows = (FigureLabel(at=TOP + (n + 0.5) * HEIGHT, text=row.kind) for n, row in enumerate(heat.rows))
    width = max(LEAST, LEFT + len(heat.layers) * WIDTH + 16, 32 + TITLE * len(title))
    lines = textwrap.wrap(words, int((width - 32) / LETTER))
    return MapFigure(
        width=width,
        height=TOP + len(heat.rows) * HEIGHT + FOOT + LINE * len(lines),
        title=title,
        lines=tuple(lines),
        map=heat,
        cells=tuple(cells),
        columns=tuple(FigureLabel(at=LEFT + (n + 0.5) * WIDTH, text=layer) for n, layer in enumerate(heat.layers)),
        rows=tuple(rows),
        ramp=tuple(_opacity(shade) for shade in range(SHADES + 1)),
        beside=", ".join(f"{'✓ ' if cell.chosen else ''}{cell.module} {cell.text}" for cell in heat.beside),
    )


def render_figure(figure: MapFigure) -> str:
    """The figure as an SVG file."""
    return environment().get_template("map.svg").render(figure=figure, width=WIDTH, height=HEIGHT, left=LEFT, top=TOP)


def _opacity(shade: int) -> float:
    return round(shade / SHADES * STRONGEST, 3)
