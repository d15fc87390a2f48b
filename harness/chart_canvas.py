"""What all drawings share: a frame of given size, rows as data, axes with the page's classes.

Colours are class names of report.css (chart_svg.py). Every size is given and nothing is measured in a font, so the same
numbers give the same bytes on every machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import altair as alt

from harness.hostile import one_line

Row: TypeAlias = Mapping[str, str | float | None]

FILL, STROKE = alt.Fill("paint:N", scale=None), alt.Stroke("paint:N", scale=None)
"""Class names as they are."""
SHAPE, WORDS, OF = alt.Shape("shape:N", scale=None), alt.Description("title:N"), alt.Detail("of:N")
FREE_X, FREE_Y = alt.X("x:Q", scale=None), alt.Y("y:Q", scale=None)
"""In SVG units from the frame's upper left corner."""


@dataclass(frozen=True)
class Canvas:
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
class Plane:
    """Both axes, for any field of the rows."""

    across: alt.Scale
    across_axis: alt.Axis
    up: alt.Scale
    up_axis: alt.Axis

    def x(self, field: str = "x") -> alt.X:
        return alt.X(f"{field}:Q", scale=self.across, axis=self.across_axis)

    def y(self, field: str = "y") -> alt.Y:
        return alt.Y(f"{field}:Q", scale=self.up, axis=self.up_axis)


def scale(low: float, high: float, padding: float = 0) -> alt.Scale:
    """A linear axis that ends where it is told to, `padding` SVG units from the frame."""
    return alt.Scale(domain=[low, high], padding=padding, nice=False, zero=False)


def data(rows: Iterable[Row]) -> alt.Chart:
    """Rows with nothing hidden in their words."""
    shown = [{k: one_line(v) if isinstance(v, str) else v for k, v in row.items()} for row in rows]
    return alt.Chart(alt.InlineData(values=shown))


def layered(layers: list[alt.Chart], canvas: Canvas, *, font: float = 12, gap: float = 8) -> alt.LayerChart:
    """Layers in a frame of the canvas, the axes with our classes; `font` and `gap` are of their labels."""
    made: alt.LayerChart = alt.LayerChart(
        layer=layers,
        width=canvas.wide,
        height=canvas.high,
        padding={"left": canvas.left, "top": canvas.top, "right": canvas.right, "bottom": canvas.bottom},
        autosize=alt.AutoSizeParams(type="none"),
    ).configure_axis(
        aria=False, domain=False, ticks=False, tickRound=False, translate=0, labelFlush=False, labelOverlap=False,
        labelLimit=0, labelFontSize=font, labelPadding=gap, gridColor=".grid", labelColor=".tick", titleColor=".axis",
        titleBaseline="alphabetic",
    )  # fmt: skip
    return made
