"""Method, controls, judges and sources of a run in Markdown: a few lines each."""

from __future__ import annotations

from collections.abc import Sequence

from harness.markdown_text import listed, plain
from harness.report_judges_records import Disagreement, JudgeView
from harness.report_provenance_records import SourceRow
from harness.report_records import ReportView

LINE = 600
"""Characters of a line."""


def provenance_sections(view: ReportView, most: int) -> tuple[str, ...]:
    """What was done, the controls that are lacking, the judges, and what models and data it was done with."""
    made, asked = view.method, view.judges
    present = "; ".join(one.name for one in made.controls if one.present) or "none"
    lacking = [f"Lacking: {one.name}. {one.text}" for one in made.controls if not one.present]
    judges = [*(_judge(one) for one in asked.judges), *(_differ(d.counts) for d in asked.disagreements)]
    sources = [_source(row) for row in (*view.provenance.models, *view.provenance.data)]
    return (
        "### Method and controls",
        _bullets([*made.summary, f"Controls: {present}", *lacking], most),
        "### Judges",
        _bullets(judges, most) if judges else "No judge was asked.",
        "### Models and data",
        _bullets(sources, most),
    )


def _judge(one: JudgeView) -> str:
    scored = [task for task in one.tasks if task.scores]
    titles = ", ".join(task.task for task in scored) or "nothing, it was asked beside the judges that score"
    unscored = sum(task.unscored for task in one.tasks)
    models = f" ({'; '.join(one.models)})" if one.models else ""
    return f"{one.name}, {one.kind}{models}, scores {titles}; {unscored:,} unscored. {one.standing}"


def _differ(counts: Disagreement) -> str:
    who = f"{counts.first} and {counts.second}" if counts.second else f"the members of {counts.first}"
    return f"On {counts.task}, {who} differ on {counts.differ:,} of {counts.both:,} completions."


def _source(row: SourceRow) -> str:
    identity = f", {row.named} {row.identity}" if row.known_by else ""
    return f"{row.role}: {row.location}{identity}{'; ' if row.details else ''}{'; '.join(row.details)}"


def _bullets(lines: Sequence[str], most: int) -> str:
    return listed([plain(line, most=LINE) for line in lines], most)
