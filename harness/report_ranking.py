"""The section “Which way of tuning”: the answer, the ranked table with costs, and who dominates whom."""

from __future__ import annotations

from collections.abc import Sequence

from harness import report_ranking_words as say
from harness.costs import VariantCost
from harness.dominance import Dominance, axes_of, dominances
from harness.ranking_records import RankedVariant
from harness.records import ScoreTable
from harness.report_ranking_records import CostCells, MatrixCell, RankingRow, RankingView
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
    return RankingView(
        sentence=sentence,
        settled=settled,
        notes=say.notes(table.ranking, seeds=max(len(v.seeds) for v in tuned)),
        harm="Harm" if harm is None else harm.outcome[:1].upper() + harm.outcome[1:],
        harm_title="" if harm is None else harm.title,
        expertise_title="" if expertise is None else expertise.title,
        bar="" if table.ranking is None else say.whole_percent(table.ranking.at_least),
        rows=tuple(_row(v, table, found, costs=sources.costs) for v in tuned),
        matrix=_matrix(tuned, found) if found else (),
        how=say.how(table.ranking, table),
        hardware=sources.manifest.hardware,
    )


def _row(
    variant: VariantView, table: ScoreTable, found: Sequence[Dominance], *, costs: Sequence[VariantCost]
) -> RankingRow:
    ranking = table.ranking
    own = next((v for v in ranking.variants if v.variant == variant.name), None) if ranking else None
    own = own or RankedVariant(
        variant=variant.name, harm=None, expertise=None, kept=None, eligible="unclear", rank=None, probability=0.0
    )
    group = own.eligible if ranking and ranking.variants else "unknown"
    return RankingRow(
        letter=variant.letter,
        name=variant.name,
        mark=variant.mark,
        kind=KINDS[variant.kind or "other"],
        place="–" if own.rank is None else str(own.rank),
        group=group,
        group_words=say.GROUPS[group],
        harm=say.estimate_words(own.harm),
        expertise=say.estimate_words(own.expertise),
        kept=say.estimate_words(own.kept),
        probability="–" if group == "unknown" else say.chance(own.probability),
        reference=ranking is not None and ranking.reference == variant.name,
        dominates=tuple(d.worse for d in found if d.better == variant.name),
        dominated_by=tuple(d.better for d in found if d.worse == variant.name),
        cost=next((cost_cells(c) for c in costs if c.variant == variant.name), None),
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


# ---------------------------------------------------------------- costs in words


def cost_cells(cost: VariantCost) -> CostCells:
    """A variant's cost in words."""
    shared = []
    if cost.shares_training:
        shared.append(f"one training with {', '.join(cost.shares_training)}")
    if cost.shares_prepare:
        shared.append(f"one search and analysis with {', '.join(cost.shares_prepare)}")
    needs = [f"{e.examples:,} examples of {e.location}" for e in cost.extra_data] + list(cost.extra_models)
    return CostCells(
        train=_training(cost),
        work="" if cost.steps is None else f"{cost.steps:,} steps, {cost.tokens_seen or 0:,} tokens",
        prepare=duration(cost.prepare_seconds),
        evaluate=duration(cost.evaluate_seconds),
        memory="–" if cost.peak_memory is None else f"{cost.peak_memory / 2**30:.1f}\u00a0GiB",
        needs=tuple(needs),
        shared=tuple(shared),
    )


def duration(seconds: float | None) -> str:
    """`46 s`, `12.3 min`, `2.1 h`; a dash for none."""
    if seconds is None:
        return "–"
    if seconds < 100:
        return f"{seconds:.3g}\u00a0s" if seconds < 10 else f"{seconds:.0f}\u00a0s"
    return f"{seconds / 60:.1f}\u00a0min" if seconds < 6000 else f"{seconds / 3600:.1f}\u00a0h"


def _training(cost: VariantCost) -> str:
    if cost.train_seconds is None:
        return "not trained here"
    text = duration(cost.train_seconds)
    return text if cost.restore_seconds is None else f"{text} + {duration(cost.restore_seconds)} restoring"
