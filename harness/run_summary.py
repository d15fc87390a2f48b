"""What got better or worse from the first run to each other one, and where no difference is shown. Source: ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.report_records import Tone
from harness.run_comparison_records import RunHead, RunShown, RunSummary, RunTask, SilentTask


def summaries(runs: Sequence[RunHead], tasks: Sequence[RunTask]) -> tuple[RunSummary, ...]:
    """One for each run after the first, in their order."""
    return tuple(_summary(run, at, tasks) for at, run in enumerate(runs) if at)


def _summary(run: RunHead, at: int, tasks: Sequence[RunTask]) -> RunSummary:
    found = [one for task in tasks for one in _shown(task, at)]
    return RunSummary(
        number=run.number,
        name=run.name,
        worse=tuple(one for one in found if one.against.tone == "worse"),
        better=tuple(one for one in found if one.against.tone == "better"),
        same=tuple(_silent(tasks, at, tone="same")),
        apart=tuple(_silent(tasks, at, tone="unknown")),
        missing=sum((line.cells[0] is None) != (line.cells[at] is None) for task in tasks for line in task.lines),
    )


def _shown(task: RunTask, at: int) -> Iterator[RunShown]:
    for line in task.lines:
        first, cell = line.cells[0], line.cells[at]
        if first and cell and cell.against and cell.against.tone in ("worse", "better"):
            yield RunShown(
                variant=line.variant, task=task.card.title, outcome=task.card.outcome,
                first=first.score.value, value=cell.score.value, against=cell.against,
            )  # fmt: skip


def _silent(tasks: Sequence[RunTask], at: int, *, tone: Tone) -> Iterator[SilentTask]:
    """By task, with the interval that reaches furthest from zero."""
    for task in tasks:
        cells = [(line.variant, line.cells[at]) for line in task.lines]
        own = [(name, c.against) for name, c in cells if c and c.against and c.against.tone == tone]
        if own:
            ends = [abs(end) for _, a in own for end in (a.low, a.high) if end is not None]
            notes = tuple(dict.fromkeys(a.note for _, a in own if a.note and tone == "unknown"))
            names = tuple(name for name, _ in own)
            yield SilentTask(task=task.card.title, variants=names, reach=max(ends, default=None), notes=notes)
