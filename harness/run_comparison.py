"""Several runs → RunComparison: what changed in what they were made of, and every variant's scores side by side.

Differences are from the first run. On prompts that both runs scored they are paired, as in a run's own comparisons
(statistics.paired_difference); where no prompt is shared they are of independent shares. Where a task counts something
else or another judge scores it, nothing is subtracted. Intervals are not adjusted for the number of runs. Source: ours.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness import statistics
from harness.gate_words import gate_title
from harness.prompt_outcomes import Answers, answers_of, changed_card, on_shared, shared_words
from harness.records import Comparison, GateDecision, Score, TaskCard
from harness.report_records import ReportSources, Tone
from harness.report_words import gate_words, score_words, tone_of
from harness.run_changes import changed_values
from harness.run_comparison_records import (
    Course,
    CoursePoint,
    RunCell,
    RunComparison,
    RunDifference,
    RunHead,
    RunInput,
    RunLine,
    RunTask,
)
from harness.run_summary import summaries
from harness.specs import StatisticsSettings
from harness.statistics import Array

TREND = 3
"""Runs with a share from which its course is drawn."""


def compare_runs(runs: Sequence[RunInput]) -> RunComparison:
    """Lay runs beside one another, in the order given. Raises ValueError for fewer than two."""
    if len(runs) < 2:
        raise ValueError(f"need two runs or more, got {len(runs)}")
    cards: dict[str, TaskCard] = {}
    for run in runs:
        for card in run.sources.table.tasks:
            cards.setdefault(card.name, card)
    heads = tuple(_head(run, number) for number, run in enumerate(runs, start=1))
    tasks = tuple(_task(card, [run.sources for run in runs]) for card in cards.values())
    return RunComparison(
        runs=heads,
        changes=changed_values(runs),
        tasks=tasks,
        summaries=summaries(heads, tasks),
        confidence=runs[0].sources.table.statistics.confidence,
    )


def _head(run: RunInput, number: int) -> RunHead:
    manifest, decision = run.sources.manifest, run.sources.decision
    return RunHead(
        number=number,
        name=manifest.name,
        created=manifest.created,
        version=f"{manifest.harness_version} {manifest.git_commit[:12]}".strip(),
        decision=None if decision is None else decision.outcome,
        gate="" if decision is None else _gate(decision),
        headline=run.headline,
    )


def _gate(decision: GateDecision) -> str:
    """`for ml-lr; 5 rules: 5 pass`."""
    return f"{gate_title(decision, first='').strip()}; {gate_words(decision)}".removeprefix("; ")


def _task(card: TaskCard, runs: Sequence[ReportSources]) -> RunTask:
    found = [[s for s in run.table.scores if s.task == card.name and s.seed is None] for run in runs]
    names = dict.fromkeys(score.variant for scores in found for score in scores)
    lines = []
    for name in names:
        scores = [next((s for s in scores if s.variant == name), None) for scores in found]
        lines.append(RunLine(variant=name, cells=_cells(scores, runs), course=_course(scores)))
    return RunTask(card=card, lines=tuple(lines))


def _cells(scores: Sequence[Score | None], runs: Sequence[ReportSources]) -> tuple[RunCell | None, ...]:
    first = scores[0]
    return tuple(
        None
        if score is None
        else RunCell(score=score, against=_against(score, first, run=run, reference=runs[0]) if at and first else None)
        for at, (score, run) in enumerate(zip(scores, runs, strict=True))
    )


def _course(scores: Sequence[Score | None]) -> Course | None:
    points = tuple(
        CoursePoint(run=at, value=s.value, low=s.low, high=s.high, title=f"run {at}: {score_words(s)}")
        for at, s in enumerate(scores, start=1)
        if s and s.value is not None
    )
    if len(points) < TREND:
        return None
    there = {point.run for point in points}
    return Course(runs=len(scores), points=points, gaps=tuple(n for n in range(1, len(scores)) if n not in there))


def _against(score: Score, first: Score, *, run: ReportSources, reference: ReportSources) -> RunDifference:
    ours, theirs = _card(run, score.task), _card(reference, score.task)
    reason = _incomparable(ours, theirs, judges=(_judge(run, ours), _judge(reference, theirs)))
    if not reason and (score.value is None or first.value is None):
        reason = "nothing was scored"
    if reason:
        return _none(reason)
    left, right = _answers(run, score.variant, ours), _answers(reference, first.variant, theirs)
    settings = reference.table.statistics
    if left.keys() & right.keys():
        pair = on_shared(left, right)
        found = _paired(pair, settings)
        return _difference(found, card=ours, prompts=pair[0].shape[1], note=_note(left, right, ours, theirs))
    if settings.confidence != run.table.statistics.confidence:
        return _none("other prompts, and intervals of another confidence")
    return _difference(_unpaired(score, first), card=ours, prompts=0, note="other prompts")


def _incomparable(ours: TaskCard, theirs: TaskCard, *, judges: tuple[str, str]) -> str:
    """Why two runs' scores of a task are not of one kind; empty where they are."""
    if judges[0] != judges[1]:
        return f"scored by {judges[0]}, by {judges[1]} in the first run"
    return changed_card(ours, theirs, there="in the first run")


def _note(left: Answers, right: Answers, ours: TaskCard, theirs: TaskCard) -> str:
    parts = [shared_words(left, right), "the task’s files changed" if ours.digest != theirs.digest else ""]
    return "; ".join(part for part in parts if part)


def _paired(pair: tuple[Array, Array], settings: StatisticsSettings) -> statistics.Interval | None:
    return statistics.paired_difference(
        *pair, confidence=settings.confidence, samples=settings.bootstrap_samples, seed=settings.seed
    )


def _unpaired(score: Score, first: Score) -> statistics.Interval | None:
    sides = [_interval(score), _interval(first)]
    return None if sides[0] is None or sides[1] is None else statistics.unpaired_difference(sides[0], sides[1])


def _interval(score: Score) -> statistics.Interval | None:
    if score.value is None or score.low is None or score.high is None:
        return None
    return statistics.Interval(score.value, score.low, score.high)


def _difference(found: statistics.Interval | None, *, card: TaskCard, prompts: int, note: str) -> RunDifference:
    if found is None:
        return _none("no prompt was scored in both runs")
    return RunDifference(
        kind="paired" if prompts else "unpaired", difference=found.value, low=found.low, high=found.high,
        tone=_tone(found, card), prompts=prompts, note=note,
    )  # fmt: skip


def _tone(found: statistics.Interval, card: TaskCard) -> Tone:
    made = Comparison(
        variant="", reference="", task=card.name, difference=found.value, low=found.low, high=found.high,
        p_value=1.0, rose=0, fell=0, prompts=0,
    )  # fmt: skip
    return tone_of(made, direction=card.direction)


def _none(reason: str) -> RunDifference:
    return RunDifference(
        kind="not_comparable", difference=None, low=None, high=None, tone="unknown", prompts=0, note=reason
    )


def _card(run: ReportSources, task: str) -> TaskCard:
    return next(card for card in run.table.tasks if card.name == task)


def _judge(run: ReportSources, card: TaskCard) -> str:
    return dict(run.primary_judges).get(card.name) or card.metric or ""


def _answers(run: ReportSources, variant: str, card: TaskCard) -> Answers:
    group = [c for c in run.checkpoints if c.variant == variant]
    return answers_of(group, card, judge=dict(run.primary_judges).get(card.name))
