"""A task's scores by category of its prompts, as rows of a table."""

from __future__ import annotations

from collections.abc import Sequence

from harness.records import CategoryScore
from harness.report_records import CategoryRow


def category_rows(scores: Sequence[CategoryScore], task: str, *, variants: Sequence[str]) -> tuple[CategoryRow, ...]:
    """One row for each category, by name; a variant without a score there has None."""
    own = {(s.category, s.variant): s for s in scores if s.task == task}
    rows = []
    for category in dict.fromkeys(category for category, _ in own):
        found = tuple(own.get((category, variant)) for variant in variants)
        base = next(one for one in found if one is not None)
        rows.append(CategoryRow(category=category, prompts=base.scored + base.unscored, scores=found))
    return tuple(rows)
