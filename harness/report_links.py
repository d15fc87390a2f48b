"""From a number in a table to the samples behind it: the sample browser's view as a URL fragment.

reports/links.js reads it, and writes the same. Values stand as report_store.py writes them, hidden characters as marks.
"""

from __future__ import annotations

from urllib.parse import quote

from harness.hostile import visible
from harness.records import CategoryScore, Comparison, Score, TaskCard


def score_link(card: TaskCard, score: Score | CategoryScore) -> str:
    """`#…` to a variant's prompts with the outcome that a share counts, under any seed; to all where none has it.

    Empty where nothing was scored, and for prompts without a category, which the browser has no filter for.
    """
    category = score.category if isinstance(score, CategoryScore) else None
    if score.value is None or category == "":
        return ""
    outcome = _outcome(card) if score.value else ""
    own = (("category", category or ""), ("variant", score.variant), ("outcome", outcome))
    return _fragment(("task", card.name), *own)


def flip_link(found: Comparison, flip: str) -> str:
    """`#…` to the prompts that `rose` or `fell` between the two variants; empty where there is none."""
    if not (found.rose if flip == "rose" else found.fell):
        return ""
    return _fragment(("task", found.task), ("variant", found.variant), ("flip", flip), ("against", found.reference))


def _outcome(card: TaskCard) -> str:
    """The one outcome that counts, as the browser's filter has it; empty where several do."""
    if card.judge is None:
        return "correct"
    return card.counts[0] if len(card.counts) == 1 else ""


def _fragment(*filters: tuple[str, str]) -> str:
    return "#" + "&".join(f"{key}={quote(visible(value), safe='')}" for key, value in filters if value)
