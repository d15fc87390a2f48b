"""What the report's scatter plots and step charts show: spans of the axes, trends, labels, an enlarged part.

Pure functions from numbers to frozen records (chart_records.py). Vega-Lite draws them (chart_drawings.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence, Set
from dataclasses import dataclass

from harness.chart_labels import Box, Spot, label_spots
from harness.chart_records import Curve, Interval, Label, Place, Scatter, Span, StepChart, Trend, Trial
from harness.chart_zoom import crowd, cut_curve, cut_place, cut_trend, within

LEFT, TOP, RIGHT, BOTTOM = 58.0, 18.0, 18.0, 52.0
"""Room around a scatter plot's frame, in SVG units."""
INSET = 8.0
"""Room between the frame and the ends of the axes."""
_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2)
_FEW_LINES = 0.25
"""Of the labels may need a line before letters stand for the names, or a crowd is enlarged."""
_WORTH_IT = 0.25
"""How much of a plot an enlarged part may be."""
_PRESSED = 2.5
"""How often the greatest drift everything may be before it is left out of a drawing."""


@dataclass(frozen=True)
class _Size:
    width: float
    height: float

    def at(self, place: Place, across: Span, up: Span) -> tuple[float, float]:
        """Where a place lies in a drawing of this size."""
        x = _at(place.x.value, across, LEFT + INSET, self.width - RIGHT - INSET)
        return x, _at(place.y.value, up, self.height - BOTTOM - INSET, TOP + INSET)

    @property
    def room(self) -> Box:
        """Where labels may lie: not on the axis's words, and not beyond the frame."""
        return LEFT + 2, TOP + 2, self.width - 2, self.height - BOTTOM - 1


def scatter(places: Sequence[Place], *, width: float, height: float, curves: Sequence[Curve] = ()) -> Scatter:
    """A scatter plot of shares; both axes span what there is, in round steps within 0 and 1.

    Where labels find no room beside their points, letters stand for names; where most points crowd in a small part, it
    has that part enlarged as `zoom`, with the labels of what lies there.
    """
    size = _Size(width, height)
    across = round_span([v for p in places for v in (*_reach(p.x), *(s.x for s in p.seeds))])
    heights = [v for p in places for v in (*_reach(p.y), *(s.y for s in p.seeds))]
    up = round_span([*heights, *(v for c in curves for _, y in c.places for v in _reach(y))])
    whole = Scatter(
        width=width, height=height, x=across, y=up, places=tuple(places), labels=(),
        trends=_trends(places, without={c.family for c in curves}), curves=tuple(curves), lettered=False,
    )  # fmt: skip
    if not _crowded(_spots(whole, [p.label or p.variant for p in places])):
        return _labelled((whole,), lettered=False)[0]
    spans = _zoom_spans(places, size, across, up)
    plots = (whole, _enlarged(whole, *spans)) if spans else (whole,)
    named = [_spots(plot, _texts(plot, plots[1:], lettered=False)) for plot in plots]
    lettered = any(_crowded(spots) for spots in named) and any(p.short for p in places)
    drawn = _labelled(plots, lettered=lettered)
    return drawn[0].model_copy(update={"zoom": drawn[1]}) if spans else drawn[0]


def round_span(values: Sequence[float]) -> Span:
    """Round numbers around shares; at most six steps, within 0 and 1."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    for step in _STEPS:
        first, last = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
        last = max(last, first + step)
        if last - first <= 6.001 * step:
            end = min(round(last, 4), max(1.0, round(high, 4)))
            return Span(low=max(round(first, 4), 0.0), high=end, step=step)
    return Span(low=min(0.0, low), high=max(1.0, high), step=0.2)


def step_chart(
    trials: Sequence[Trial], *, budget: float, whole: float, unit: str, size: tuple[float, float]
) -> StepChart:
    """A search's trials, in `unit`; the whole is left out where it would press the rest together."""
    greatest = max([budget, 0.0, *(t.drift for t in trials)])
    return StepChart(
        width=size[0],
        height=size[1],
        unit=unit,
        trials=tuple(trials),
        budget=budget,
        whole=whole if whole <= _PRESSED * greatest else None,
    )


def _reach(interval: Interval) -> tuple[float, float, float]:
    return interval.low, interval.value, interval.high


def _at(value: float, span: Span, start: float, end: float) -> float:
    return start + (value - span.low) / (span.high - span.low) * (end - start)


def _zoom_spans(places: Sequence[Place], size: _Size, across: Span, up: Span) -> tuple[Span, Span] | None:
    """The axes of the part where most points crowd; None where none is, or it would not be small."""
    points = [size.at(p, across, up) for p in places]
    chosen = crowd([(x / size.width, y / size.height) for x, y in points])
    if not chosen:
        return None
    x, y = round_span([places[n].x.value for n in chosen]), round_span([places[n].y.value for n in chosen])
    share = (x.high - x.low) / (across.high - across.low) * (y.high - y.low) / (up.high - up.low)
    return (x, y) if share <= _WORTH_IT else None


def _enlarged(whole: Scatter, across: Span, up: Span) -> Scatter:
    places = [cut_place(p, across, up) for p in whole.places if within(p.x.value, p.y.value, across, up)]
    curves = [cut for c in whole.curves for cut in cut_curve(c, across, up)]
    trends = [cut for t in whole.trends for cut in cut_trend(t, across, up)]
    return whole.model_copy(
        update={"x": across, "y": up, "places": tuple(places), "curves": tuple(curves), "trends": tuple(trends),
                "zoomed": True}
    )  # fmt: skip


def _texts(plot: Scatter, zooms: Sequence[Scatter], *, lettered: bool) -> list[str]:
    """What is written beside each place; nothing where an enlarged part says it."""
    elsewhere = {p.variant for zoom in zooms if not plot.zoomed for p in zoom.places}
    names = [(p.short if lettered else "") or p.label or p.variant for p in plot.places]
    return ["" if p.variant in elsewhere else name for p, name in zip(plot.places, names, strict=True)]


def _spots(plot: Scatter, texts: Sequence[str]) -> tuple[Spot | None, ...]:
    size = _Size(plot.width, plot.height)
    return label_spots([size.at(p, plot.x, plot.y) for p in plot.places], texts, room=size.room)


def _crowded(spots: Sequence[Spot | None]) -> bool:
    """Whether some label lies on something, or many need a line."""
    found = [s for s in spots if s]
    return any(not s.clean for s in found) or sum(s.line is not None for s in found) > _FEW_LINES * len(found)


def _labelled(plots: Sequence[Scatter], *, lettered: bool) -> tuple[Scatter, ...]:
    made = []
    for plot in plots:
        texts = _texts(plot, plots[1:], lettered=lettered)
        labels = tuple(
            Label(
                text=text, mark=place.mark, x=spot.x, y=spot.y, title=place.title,
                line=(*spot.line[0], *spot.line[1]) if spot.line else None,
            )
            for place, text, spot in zip(plot.places, texts, _spots(plot, texts), strict=True)
            if spot
        )  # fmt: skip
        made.append(plot.model_copy(update={"labels": labels, "lettered": lettered}))
    return tuple(made)


def _trends(places: Sequence[Place], *, without: Set[str]) -> tuple[Trend, ...]:
    trends = []
    families = {p.variant: p.family or p.strategy for p in places}
    for family in dict.fromkeys(families.values()):
        members = sorted((p for p in places if families[p.variant] == family), key=lambda p: p.x.value)
        if len(members) > 1 and family not in without:
            points = tuple((p.x.value, p.y.value) for p in members)
            trends.append(Trend(family=family, mark=members[0].mark, points=points))
    return tuple(trends)
