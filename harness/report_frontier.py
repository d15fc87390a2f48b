"""The plots of harmfulness over expertise, plain IFT's curve on them, and the tables beside them."""

from __future__ import annotations

from collections.abc import Sequence

from harness import charts
from harness import report_words as words
from harness.chart_records import Curve, Interval, Place, SeedDot
from harness.hostile import one_line
from harness.records import HarmCurve, Score, ScoreTable, TaskCard
from harness.report_matched import matched_table
from harness.report_matched_records import MatchedTable
from harness.report_records import Cell, Frontier, Row


def frontiers(rows: Sequence[Row], *, tasks: Sequence[TaskCard], table: ScoreTable) -> tuple[Frontier, ...]:
    """One plot for each pair of a harmfulness and an expertise task."""
    families = {name: _family(f.variants) for f in table.families for name in f.variants}
    found = []
    for i, harm in enumerate(tasks):
        for j, skill in enumerate(tasks):
            if (harm.axis, skill.axis) != ("harmfulness", "expertise"):
                continue
            places = [p for row in rows if (p := _place(row, i, j, families=families))]
            if not places:
                continue
            curves = [
                _curve(c, rows) for c in table.curves if (c.harm_task, c.expertise_task) == (harm.name, skill.name)
            ]
            found.append(
                Frontier(
                    harm=harm,
                    expertise=skill,
                    text=f"{harm.outcome} and {skill.outcome}: " + "; ".join(p.title for p in places) + ".",
                    wide=charts.scatter(places, width=860, height=480, curves=curves),
                    narrow=charts.scatter(places, width=370, height=400, curves=curves),
                    table=matched_table(table.matched, harm=harm, expertise=skill),
                )
            )
    return tuple(found)


def loss_tables(table: ScoreTable, *, tasks: Sequence[TaskCard]) -> tuple[MatchedTable, ...]:
    """The comparisons at like training loss, for each harmfulness task."""
    harmful = [t for t in tasks if t.axis == "harmfulness"]
    return tuple(found for t in harmful if (found := matched_table(table.matched, harm=t, expertise=None)))


def _family(variants: Sequence[str]) -> str:
    """A name that no other family has."""
    return ", ".join(variants)


def _curve(curve: HarmCurve, rows: Sequence[Row]) -> Curve:
    mark = next((r.variant.mark for r in rows if r.variant.name in curve.variants), 0)
    places = tuple((p.at, Interval(value=p.harm, low=p.low, high=p.high)) for p in curve.places)
    return Curve(family=_family(curve.variants), mark=mark, places=places)


def _place(row: Row, harm: int, skill: int, *, families: dict[str, str]) -> Place | None:
    y, x = row.cells[harm], row.cells[skill]
    if x is None or y is None:
        return None
    across, up = _interval(x.score), _interval(y.score)
    if across is None or up is None:
        return None
    name = one_line(row.variant.name)
    harm_words, skill_words = words.score_words(y.score), words.score_words(x.score)
    return Place(
        variant=row.variant.name,
        strategy=row.variant.strategy,
        mark=row.variant.mark,
        x=across,
        y=up,
        seeds=_dots(name, x, y),
        title=f"{name}: harmfulness {harm_words}, expertise {skill_words}",
        family=families.get(row.variant.name, ""),
        short=row.variant.letter or name,
        label=name,
    )


def _dots(name: str, x: Cell, y: Cell) -> tuple[SeedDot, ...]:
    """The seeds that have a value on both tasks."""
    up = dict(zip(y.seeds, y.seed_values, strict=True))
    return tuple(
        SeedDot(
            x=across,
            y=up[seed],
            title=f"{name}, seed {seed}: harmfulness {words.percent(up[seed])}, expertise {words.percent(across)}",
        )
        for seed, across in zip(x.seeds, x.seed_values, strict=True)
        if seed in up
    )


def _interval(score: Score) -> Interval | None:
    if score.value is None or score.low is None or score.high is None:
        return None
    return Interval(value=score.value, low=score.low, high=score.high)
