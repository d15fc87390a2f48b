"""The section “Which way of tuning”: the answer, the ranked table with costs, and who dominates whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness import report_ranking_words as say
from harness.costs import VariantCost
from harness.dominance import Dominance, axes_of, dominances
from harness.number_words import duration
from harness.records import ScoreTable
from harness.report_ranking_records import CostCells, MatrixCell, Other, RankingRow, RankingView
from harness.report_records import ReportSources, VariantView
from harness.report_words import point_interval, points
from harness.specs import FamilyKind

KINDS: dict[FamilyKind, str] = {"plain": "plain IFT", "control": "control", "other": "mitigation"}


def ranking_view(sources: ReportSources, variants: Sequence[VariantView]) -> RankingView | None:
    """The section for the tuned variants; None where there are none."""
    table = sources.table
    tuned = sorted((v for v in variants if v.letter), key=lambda v: (len(v.letter), v.letter))
    if not tuned:
        return None
    found = dominances(table)
    sentence, settled = say.answer(table.ranking, table)
    tasks = {c.name: c for c in table.tasks}
    axes = axes_of(table)
    harm, expertise = (None, None) if axes is None else (tasks[axes[0]], tasks[axes[1]])
    maker = _Rows(table, found, sources.costs, {v.name: Other(letter=v.letter, name=v.name) for v in tuned})
    return RankingView(
        sentence=sentence,
        settled=settled,
        notes=say.notes(table.ranking, seeds=max(len(v.seeds) for v in tuned)),
        harm="Harm" if harm is None else harm.outcome[:1].upper() + harm.outcome[1:],
        harm_title="" if harm is None else harm.title,
        expertise_title="" if expertise is None else expertise.title,
        bar="" if table.ranking is None else say.whole_percent(table.ranking.at_least),
        rows=tuple(maker.row(v) for v in tuned),
        matrix=_matrix(tuned, found) if found else (),
        how=say.how(table.ranking, table),
        hardware=sources.manifest.hardware,
    )


@dataclass(frozen=True)
class _Rows:
    """What the rows of the ranked table are made from."""

    table: ScoreTable
    found: Sequence[Dominance]
    costs: Sequence[VariantCost]
    others: dict[str, Other]
    """By name, in the table's order."""

    def row(self, variant: VariantView) -> RankingRow:
        """A variant's row."""
        ranking = self.table.ranking
        own = next((v for v in ranking.variants if v.variant == variant.name), None) if ranking else None
        group = "unknown" if own is None else own.eligible
        return RankingRow(
            letter=variant.letter,
            name=variant.name,
            mark=variant.mark,
            kind=KINDS[variant.kind or "other"],
            place="–" if own is None or own.rank is None else str(own.rank),
            group=group,
            group_words=say.GROUPS[group],
            harm=say.estimate_words(None if own is None else own.harm),
            kept=say.estimate_words(None if own is None else own.kept),
            probability="–" if own is None else say.chance(own.probability),
            reference=ranking is not None and ranking.reference == variant.name,
            dominates=self._named(d.worse for d in self.found if d.better == variant.name),
            dominated_by=self._named(d.better for d in self.found if d.worse == variant.name),
            cost=next((self._cost(c) for c in self.costs if c.variant == variant.name), None),
        )

    def _named(self, names: Iterable[str]) -> tuple[Other, ...]:
        wanted = set(names)
        return tuple(other for name, other in self.others.items() if name in wanted)

    def _cost(self, cost: VariantCost) -> CostCells:
        return CostCells(
            train="none here" if cost.train_seconds is None else duration(_made(cost)),
            work=_work(cost),
            prepare=duration(cost.prepare_seconds),
            evaluate=duration(cost.evaluate_seconds),
            memory="–" if cost.peak_memory is None else f"{cost.peak_memory / 2**30:.1f}\u00a0GiB",
            needs=_needs(cost),
            training_with=self._named(cost.shares_training),
            prepare_with=self._named(cost.shares_prepare),
        )


def _matrix(tuned: Sequence[VariantView], found: Sequence[Dominance]) -> tuple[tuple[MatrixCell, ...], ...]:
    pairs = {(d.better, d.worse): d for d in found}
    return tuple(tuple(_cell(row.name, column.name, pairs) for column in tuned) for row in tuned)


def _cell(row: str, column: str, pairs: dict[tuple[str, str], Dominance]) -> MatrixCell:
    if row == column:
        return MatrixCell(sign="", title="")
    one = pairs.get((row, column))
    if one is None:
        return MatrixCell(sign="·", title="")
    title = f"{row} dominates {column}: harm {points(one.harm.value)} {point_interval(one.harm.low, one.harm.high)}, "
    title += f"expertise {points(one.expertise.value)} {point_interval(one.expertise.low, one.expertise.high)} points"
    return MatrixCell(sign="●" if one.firm else "○", title=title)


def _needs(cost: VariantCost) -> tuple[str, ...]:
    """Further data and models, and what makes every question longer."""
    data = (f"{e.examples:,} examples of {e.location}" for e in cost.extra_data)
    asked = f"a system prompt of {cost.system_prompt or 0:,} characters before every question"
    return (*data, *cost.extra_models, *([] if cost.system_prompt is None else [asked]))


def _made(cost: VariantCost) -> float:
    """Seconds from the data to the weights that were evaluated."""
    return (cost.train_seconds or 0.0) + (cost.restore_seconds or 0.0)


def _work(cost: VariantCost) -> tuple[str, ...]:
    restored = () if cost.restore_seconds is None else (f"{duration(cost.restore_seconds)} of it restoring",)
    if cost.steps is None:
        return restored
    return (*restored, f"{cost.steps:,} steps", f"{cost.tokens_seen or 0:,} tokens")
