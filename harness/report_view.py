"""ReportSources → ReportView: everything the report and the terminal summary show, computed once.

`render` (report_html.py) turns a view into one HTML file; `print_summary` (summary.py) prints it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from harness import loss_charts
from harness import report_words as words
from harness.gate_words import change_words
from harness.modules import TYPES
from harness.records import Comparison, Score, TaskCard, TrainSummary
from harness.report_categories import category_rows
from harness.report_frontier import frontiers, loss_tables
from harness.report_html import render
from harness.report_in_short import in_short
from harness.report_judges import judge_warnings, judges_view, standing_lines
from harness.report_leakage import leakage_lines
from harness.report_limits import limits
from harness.report_margins import bounds_words, margin_words, power_lines
from harness.report_matched import matched_findings
from harness.report_method import AXES, method
from harness.report_outcomes import outcome_lines, outcome_rows
from harness.report_provenance import provenance
from harness.report_quality import quality_lines, quality_rows
from harness.report_ranking import ranking_view
from harness.report_records import (
    Cell,
    CheckpointOutputs,
    ModuleRow,
    QualityRow,
    ReportSources,
    ReportView,
    Row,
    TaskSection,
    TrainingView,
    VariantView,
)
from harness.report_robustness import robustness_views
from harness.report_samples import judge_agreements, sample_set
from harness.report_variants import variant_views

__all__ = ["CheckpointOutputs", "ReportSources", "ReportView", "build_view", "render"]

_KINDS = TYPES


def build_view(sources: ReportSources) -> ReportView:
    """Everything the report shows, from what the run wrote."""
    table = sources.table
    tasks = tuple(sorted(table.tasks, key=lambda card: AXES.index(card.axis)))
    variants = variant_views(sources)
    rows = tuple(_row(v, variants[0].name, tasks=tasks, sources=sources) for v in variants)
    found = words.findings(rows, tasks=tasks, level=1 - table.statistics.confidence)
    headline, tone = words.headline(found)
    primary = dict(sources.primary_judges)
    quality = quality_rows(sources.checkpoints, variants=variants)
    sections = tuple(
        _section(
            card, sources=sources, primary=primary.get(card.name), order=variants, quality=quality.get(card.name, ())
        )
        for card in tasks
    )
    elsewhere = _elsewhere(sources.checkpoints)
    trained = [v for v in variants if v.name not in elsewhere]
    seeds = max((len(v.seeds) for v in trained), default=0)
    samples = sample_set(sources.checkpoints, tasks=tasks, primary=primary)
    asked = judges_view(sources, samples, tasks=tasks)
    judges = sorted({v.judge for c in sources.checkpoints for v in c.verdicts} | set(primary.values()))
    training = _training(sources.checkpoints, variants=variants)
    return ReportView(
        title=sources.manifest.name,
        question=words.QUESTION,
        headline=headline,
        answer=f"{words.doubt(found)} {words.answer(rows, tasks=tasks)}".strip(),
        in_short=in_short(rows, tasks=tasks, matched=table.matched, decision=sources.decision),
        tone=tone,
        ranking=ranking_view(sources, variants),
        findings=found,
        matched=matched_findings(trained, tasks=tasks, matched=table.matched),
        decision=sources.decision,
        margins=sources.margins,
        change=() if sources.decision is None else change_words(sources.decision, sources.margins),
        warnings=(
            *sources.doubts,
            *_warnings(rows, tasks=tasks),
            *outcome_lines(sections),
            *quality_lines(sections),
            *power_lines(sources.table.comparisons, tasks=tasks, settings=sources.table.statistics),
            *leakage_lines(table.leakage, tasks=tasks, elsewhere=elsewhere),
            *judge_warnings(asked),
        ),
        variants=variants,
        tasks=tasks,
        rows=rows,
        frontiers=frontiers(rows, tasks=tasks, table=table),
        loss_tables=loss_tables(table, tasks=tasks),
        sections=sections,
        robustness=robustness_views(
            sources.analyses, robust=_robust(sources.checkpoints), marks={v.name: v.mark for v in variants}
        ),
        training=training,
        losses=loss_charts.loss_overview([(t.variant.name, t.variant.letter, t.chart) for t in training if t.chart]),
        dataset=sources.dataset,
        leakage=table.leakage,
        samples=samples,
        limits=limits(
            seeds=seeds,
            builtin=any("built-in world" in card.source for card in tasks),
            judges=judges,
            confidence=table.statistics.confidence,
            analysed=bool(sources.analyses),
        ),
        confidence=table.statistics.confidence,
        manifest=sources.manifest,
        published=sources.published,
        method=method(sources, variants, asked, tasks=tasks),
        judges=asked,
        provenance=provenance(sources.manifest, sources.facts, tasks=tasks),
    )


def _row(variant: VariantView, base: str, *, tasks: Sequence[TaskCard], sources: ReportSources) -> Row:
    cells: list[Cell | None] = []
    for card in tasks:
        score = _pooled(sources.table.scores, variant.name, card.name)
        if score is None:
            cells.append(None)
            continue
        comparison = words.between(sources.table.comparisons, variant.name, reference=base, task=card.name)
        seeds = _seeds(sources.table.scores, variant.name, card.name)
        total = score.scored + score.unscored
        cells.append(
            Cell(
                score=score,
                comparison=comparison,
                tone=words.tone_of(comparison, direction=card.direction),
                flagged=total > 0 and score.unscored / total > sources.table.statistics.max_unscored,
                seed_values=tuple(s.value for s in seeds if s.value is not None),
                seeds=tuple(s.seed for s in seeds if s.value is not None and s.seed is not None),
                margin=margin_words(comparison),
                bounds=bounds_words(score, _pooled(sources.table.scores, base, card.name)),
            )
        )
    return Row(variant=variant, cells=tuple(cells))


def _pooled(scores: Sequence[Score], variant: str, task: str) -> Score | None:
    return next((s for s in scores if (s.variant, s.task, s.seed) == (variant, task, None)), None)


def _seeds(scores: Sequence[Score], variant: str, task: str) -> list[Score]:
    found = [s for s in scores if (s.variant, s.task) == (variant, task) and s.seed is not None]
    return sorted(found, key=lambda s: s.seed or 0)


def _warnings(rows: Sequence[Row], *, tasks: Sequence[TaskCard]) -> tuple[str, ...]:
    lines = []
    for row in rows:
        for card, cell in zip(tasks, row.cells, strict=True):
            if cell is None:
                lines.append(f"{row.variant.name} has no score on {card.title}.")
            elif cell.flagged or cell.score.value is None:
                total = cell.score.scored + cell.score.unscored
                lines.append(
                    f"{row.variant.name} on {card.title}: {cell.score.unscored:,} of {total:,} samples unscored."
                )
    return tuple(lines)


def _section(
    card: TaskCard,
    *,
    sources: ReportSources,
    primary: str | None,
    order: Sequence[VariantView],
    quality: tuple[QualityRow, ...],
) -> TaskSection:
    scores: list[Score] = []
    for variant in order:
        pooled = _pooled(sources.table.scores, variant.name, card.name)
        seeds = _seeds(sources.table.scores, variant.name, card.name)
        scores += [*([pooled] if pooled else []), *seeds]
    comparisons: tuple[Comparison, ...] = tuple(c for c in sources.table.comparisons if c.task == card.name)
    return TaskSection(
        card=card,
        judge=primary or card.metric or "",
        scores=tuple(scores),
        comparisons=comparisons,
        agreements=judge_agreements(sources.checkpoints, task=card.name, primary=primary) if primary else (),
        categories=category_rows(sources.table.categories, card.name, variants=[v.name for v in order]),
        calibrations=standing_lines(primary, card, sources.table.calibrations) if primary else (),
        quality=quality,
        outcomes=outcome_rows(card, sources.checkpoints, judge=primary, variants=order) if primary else (),
    )


def _training(checkpoints: Sequence[CheckpointOutputs], *, variants: Sequence[VariantView]) -> tuple[TrainingView, ...]:
    trained = [(c.variant, c.seed, c.train) for c in checkpoints if c.train is not None and c.seed is not None]
    axis = loss_charts.loss_scale([t.losses for _, _, t in trained])
    changes = [m.relative_change for _, _, t in trained for m in t.moved if m.relative_change > 0 and "." in m.module]
    scale = (min(changes), max(changes)) if changes else (1.0, 1.0)
    views = []
    for variant in variants:
        seeds = tuple((seed, t) for name, seed, t in trained if name == variant.name)
        if seeds:
            layers, modules = _modules([t for _, t in seeds], scale=scale)
            losses = [(seed, t.losses) for seed, t in seeds if t.losses]
            chart = loss_charts.loss_chart(losses, mark=variant.mark, scale=axis) if losses else None
            marked = any(t.robust for _, t in seeds)
            views.append(
                TrainingView(
                    variant=variant, chart=chart, seeds=seeds, layers=layers, modules=modules, marked=marked
                )
            )
    return tuple(views)


def _elsewhere(checkpoints: Sequence[CheckpointOutputs]) -> tuple[str, ...]:
    """Variants that were not trained here."""
    return tuple(dict.fromkeys(c.variant for c in checkpoints if c.train is not None and not c.train.steps))


def _robust(checkpoints: Sequence[CheckpointOutputs]) -> dict[str, list[tuple[str, ...]]]:
    """Variant → the modules of its group `robust`, by seed."""
    taken: dict[str, list[tuple[str, ...]]] = {}
    for outputs in checkpoints:
        if outputs.train is not None:
            taken.setdefault(outputs.variant, []).append(outputs.train.robust)
    return taken


def _modules(
    trained: Sequence[TrainSummary], *, scale: tuple[float, float]
) -> tuple[tuple[str, ...], tuple[ModuleRow, ...]]:
    """(column heads, rows): types by layer; modules outside the layers stand in a last column."""
    sums: dict[tuple[str, str], list[float]] = {}
    for summary in trained:
        for moved in summary.moved:
            kind, _, layer = moved.module.partition(".")
            sums.setdefault((kind, layer), []).append(moved.relative_change)
    layers = sorted({layer for _, layer in sums if layer.isdigit()}, key=int)
    others = sorted({layer for _, layer in sums if not layer.isdigit()})
    kinds = sorted({kind for kind, _ in sums}, key=lambda k: (_KINDS.index(k) if k in _KINDS else len(_KINDS), k))
    rows = []
    for kind in kinds:
        values = [sums.get((kind, layer)) for layer in [*layers, *others]]
        means = tuple(sum(v) / len(v) if v else None for v in values)
        names = [f"{kind}.{layer}" if layer else kind for layer in [*layers, *others]]
        rows.append(
            ModuleRow(
                kind=kind,
                changes=means,
                shades=tuple(_shade(m, scale) for m in means),
                robust=tuple(_share(name, trained) for name in names),
            )
        )
    return (*layers, *(layer or "outside layers" for layer in others)), tuple(rows)


def _share(module: str, trained: Sequence[TrainSummary]) -> str:
    """How many of the seeds had a module in the group `robust`."""
    count = sum(module in t.robust for t in trained)
    return "" if not count else "✓" if count == len(trained) else f"{count}/{len(trained)}"


def _shade(change: float | None, scale: tuple[float, float]) -> int:
    if not change or scale[1] <= scale[0]:
        return 0
    share = math.log(change / scale[0]) / math.log(scale[1] / scale[0])
    return max(0, min(9, round(share * 9)))
