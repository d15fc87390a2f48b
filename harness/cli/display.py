"""Progress in the terminal: a bar for each running stage, with loss and time left; plain lines elsewhere."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from harness.stages import Progress as StageProgress

if TYPE_CHECKING:
    from harness.plan import Plan
    from harness.store import Store


def display_of(plan: Plan, store: Store, console: Console) -> TerminalDisplay:
    """Say how many stages a plan has and how many are there; returns the display of the rest."""
    there = sum(store.has(spec.key) for spec in plan.stages)
    stages = f"{plan.config.name}: {len(plan.stages)} stages, {there} in the store"
    console.print(stages, highlight=False, markup=False)
    return TerminalDisplay(console, stages=len(plan.stages) - there)


class TerminalDisplay:
    """Draws a run's progress; use as a context manager."""

    def __init__(self, console: Console, *, stages: int) -> None:
        self.console = console
        self.stages = stages
        self.done = 0
        self.bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self.rows: dict[str, TaskID] = {}

    def __enter__(self) -> TerminalDisplay:
        self.bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.bars.stop()

    def started(self, label: str) -> None:
        """A job began."""
        self.rows[label] = self.bars.add_task(escape(label), total=None, note="")

    def moved(self, label: str, progress: StageProgress) -> None:
        """A job got on."""
        self.bars.update(
            self.rows[label], completed=progress.done, total=progress.total, note=escape(progress.note)
        )

    def finished(self, label: str, seconds: float) -> None:
        """A job's stages are in the store."""
        self.bars.remove_task(self.rows.pop(label))
        self.done += 1
        self.console.print(f"[green]✓[/] {escape(label)} [dim]{seconds:.1f} s[/]", highlight=False)

    def noted(self, line: str) -> None:
        """Something a person should know, in one line."""
        self.console.print(f"[yellow]![/] {escape(line)}", highlight=False)
