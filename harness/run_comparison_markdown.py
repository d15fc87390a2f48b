"""RunComparison → a comment for a pull request, at most 60 000 characters."""

from __future__ import annotations

from collections.abc import Sequence

from harness import report_words as words
from harness.markdown_text import LIMIT, fitting, plain, rows
from harness.report_records import Tone
from harness.report_words import plural
from harness.run_comparison_records import RunCell, RunComparison, RunDifference, RunHead, RunSummary, RunTask

_TONES: dict[Tone, str] = {"worse": "worse", "better": "better", "same": "no difference shown", "unknown": ""}


def runs_markdown(found: RunComparison, *, limit: int = LIMIT) -> str:
    """The runs side by side as GitHub Markdown; cut openly where it were longer than `limit` characters."""
    return fitting(lambda most: _page(found, most), limit=limit)


def _page(found: RunComparison, most: int) -> str:
    shown = found.runs[:most]
    heads = [
        [_name(run), _gate(run), plain(run.headline), against, *map(plain, (run.created, run.version))]
        for run, against in zip(shown, ("–", *map(_counts, found.summaries)), strict=False)
    ]
    level = f"{found.confidence * 100:g} %"
    parts = [
        f"## {plural(len(found.runs), 'run')} side by side",
        rows(["Run", "Gate", "Answer", "Against run 1", "Made", "Harness"], heads),
        _more(len(found.runs) - len(shown), "run"),
        "### What got better or worse",
        *(_summary(one, most) for one in found.summaries[: max(0, most - 1)]),
        "### Scores",
        f"Share with its interval; then the difference from run 1 in points with its {level} interval.",
        *(_task(task, found, most) for task in found.tasks[:most]),
        _more(len(found.tasks) - most, "task"),
        "### What changed",
        _changes(found, most),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _gate(run: RunHead) -> str:
    if run.decision is None:
        return "none"
    return f"**{words.GATE_WORDS[run.decision]}**<br>{plain(run.gate)}"


def _counts(found: RunSummary) -> str:
    return ", ".join(f"{count:,} {what}" for count, what in found.counts)


def _summary(found: RunSummary, most: int) -> str:
    shown = (*found.worse, *found.better)
    lines = [
        [plain(one.variant, most=80), plain(one.task, most=80), words.percent(one.first), words.percent(one.value),
         _against(one.against)]
        for one in shown[:most]
    ]  # fmt: skip
    silent = [
        f"- No difference shown, {plain(one.task, most=80)}: {_listed(one.variants, most)}"
        + ("" if one.reach is None else f" (the intervals reach up to {one.reach * 100:.1f} points from zero)")
        for one in found.same[:most]
    ]
    heads = ["Variant", "Task", "Run 1", f"Run {found.number}", "Difference"]
    parts = [
        f"**{found.number} · {plain(found.name, most=40)}, against run 1:** {_counts(found)}",
        rows(heads, lines) if lines else "",
        _more(len(shown) - most, "difference"),
        "\n".join(silent),
    ]
    return "\n\n".join(part for part in parts if part)


def _listed(names: Sequence[str], most: int) -> str:
    rest = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(plain(name, most=80) for name in names[:most]) + rest


def _changes(found: RunComparison, most: int) -> str:
    if not found.changes:
        return "Nothing: config, model, data, tasks, packages and machine are the same."
    lines = [
        [plain(c.name, most=80), c.kind, *(plain(v, most=80) for v in c.values[:most])] for c in found.changes[:most]
    ]
    table = rows(["Value", "Of", *map(_name, found.runs[:most])], lines)
    return f"{table}\n\n{_more(len(found.changes) - most, 'change')}".rstrip()


def _task(task: RunTask, found: RunComparison, most: int) -> str:
    lines = [[plain(line.variant, most=80), *map(_cell, line.cells[:most])] for line in task.lines[:most]]
    arrow = "↓" if task.card.direction == "lower" else "↑"
    head = f"**{plain(task.card.title, most=80)}** ({plain(task.card.outcome, most=80)} {arrow})"
    table = rows(["Variant", *map(_name, found.runs[:most])], lines)
    return f"{head}\n\n{table}\n\n{_more(len(task.lines) - most, 'variant')}".rstrip()


def _cell(cell: RunCell | None) -> str:
    if cell is None:
        return "no score"
    text = plain(words.score_words(cell.score))
    if cell.score.unscored:
        text += f"<br>{cell.score.unscored:,} unscored"
    return text if cell.against is None else f"{text}<br>{_against(cell.against)}"


def _against(found: RunDifference) -> str:
    if found.difference is None or found.low is None or found.high is None:
        return f"not comparable: {plain(found.note, most=120)}"
    interval = plain(words.point_interval(found.low, found.high))
    note = f", {plain(found.note, most=120)}" if found.note else ""
    return f"{words.points(found.difference)} {interval}, {_TONES[found.tone]} ({found.kind}{note})"


def _name(run: RunHead) -> str:
    return f"{run.number} · {plain(run.name, most=40)}"


def _more(rest: int, word: str) -> str:
    return f"… and {rest:,} more {plural(rest, word).split()[-1]}" if rest > 0 else ""
