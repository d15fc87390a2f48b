"""The terminal summary of `harness analyze`: the map, its set marked, classifier, budget. Hostile text is escaped."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from harness.hostile import one_line
from harness.report_measures import SHADES
from harness.report_robustness_records import HeatCell, HeatMap, RobustnessView

_LIGHT, _DARK = (236, 244, 250), (92, 160, 205)
"""Grounds of the least and of the greatest reading; the text on them is black."""


def print_analysis(view: RobustnessView, console: Console) -> None:
    """Print what was done, the map of the first search, its set, and what to be careful of."""
    search = view.searches[0]
    _say(console, f"[bold]{_safe(search.headline)}[/]")
    for line in view.lines[:2]:
        _say(console, _safe(line))
    console.print(_map(search.map))
    _say(console, f"[bold]Mods_Robust[/]: {_safe(', '.join(search.chosen)) or 'no module'}")
    for line in search.lines:
        _say(console, _safe(line))
    for pattern in view.patterns:
        _say(console, f"[dim]{_safe(pattern.claim)}: {pattern.verdict} ({_safe(pattern.here)})[/]")
    for warning in (*view.warnings, *search.warnings):
        _say(console, f"[yellow]![/] {_safe(warning)}")


def _map(heat: HeatMap) -> Table:
    """Layers down and types across, so that deep models fit a terminal."""
    beside = ", ".join(f"{'✓ ' if cell.chosen else ''}{cell.module} {cell.text}" for cell in heat.beside)
    caption = f"{heat.unit}; {heat.low} to {heat.high}; ✓ chosen; {beside}"
    table = Table(title=_safe(heat.name), caption=_safe(caption), padding=(0, 0), show_edge=False)
    table.add_column("layer", justify="right")
    for row in heat.rows:
        table.add_column(_safe(row.kind), justify="right")
    for at, layer in enumerate(heat.layers):
        table.add_row(_safe(layer), *(_cell(row.cells[at]) for row in heat.rows))
    return table


def _cell(cell: HeatCell | None) -> str:
    if cell is None:
        return "–"
    red, green, blue = (round(a + (b - a) * cell.shade / SHADES) for a, b in zip(_LIGHT, _DARK, strict=True))
    mark = "✓" if cell.chosen else " "
    style = f"{'bold ' if cell.chosen else ''}black on rgb({red},{green},{blue})"
    return f"[{style}] {mark} {_safe(cell.text):>6} [/]"


def _say(console: Console, markup: str) -> None:
    console.print(markup, highlight=False, soft_wrap=True)


def _safe(text: str) -> str:
    return escape(one_line(text))
