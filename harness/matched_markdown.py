"""The comparisons at like expertise or training loss as Markdown: what they show, and the numbers folded."""

from __future__ import annotations

from collections.abc import Sequence

from harness import report_words as words
from harness.markdown_text import brackets, listed, plain, rows
from harness.report_matched_records import MatchedAnswer, MatchedGroup, MatchedRow, MatchedTable
from harness.report_records import ReportView
from harness.report_words import plural

_NAME = 80
"""Characters of a name."""


def matched_sections(view: ReportView, most: int, *, numbers: int) -> tuple[str, ...]:
    """For each pair of tasks what is shown against whom, and the comparisons with their numbers, so many of each at
    most; empty where nothing was compared.
    """
    tables = [*(f.table for f in view.frontiers if f.table), *view.loss_tables]
    if not tables:
        return ()
    return ("### At like expertise or training loss", *(_table(table, most, numbers) for table in tables))


def _table(table: MatchedTable, most: int, numbers: int) -> str:
    like = plain("training loss" if table.expertise is None else table.expertise.title, most=_NAME)
    parts = [f"**{plain(table.harm.title, most=_NAME)}** at like {like}:"]
    if table.groups:
        parts += [_answers(table.groups, most), _folded("The numbers", _numbers(table, table.groups, numbers))]
    if table.others:
        count = sum(len(group.rows) for group in table.others)
        more = f"{plural(count, 'more comparison')}: other strategies and controls among themselves"
        parts.append(_folded(more, f"{_answers(table.others, most)}\n\n{_numbers(table, table.others, numbers)}"))
    return "\n\n".join(parts)


def _answers(groups: Sequence[MatchedGroup], most: int) -> str:
    """A line for each family: how many variants, and which, come out how."""
    lines = []
    for group in groups:
        found = (f"{plain(a.shown)}: {len(a.variants):,} ({_names(a)})" for a in group.answers)
        lines.append(f"against {plain(group.family, most=_NAME)}: {'; '.join(found)}")
    return listed(lines, most)


def _names(answer: MatchedAnswer) -> str:
    return plain(", ".join(answer.variants), most=600)


def _numbers(table: MatchedTable, groups: Sequence[MatchedGroup], most: int) -> str:
    found = [row for group in groups for row in group.rows]
    learnt = "training loss" if table.expertise is None else table.expertise.outcome
    heads = ("Variant", learnt, table.harm.outcome, "Against", "That has", "Difference, points", "Ratio", "Shown")
    made = rows([plain(head, most=_NAME) for head in heads], [_row(row) for row in found[:most]])
    rest = len(found) - most
    return f"{made}\n\n… and {rest:,} more (in report.html)" if rest > 0 else made


def _row(row: MatchedRow) -> list[str]:
    c = row.comparison
    against = c.family if row.place == c.family else f"{c.family}, {row.place}"
    return [
        plain(c.variant, most=_NAME),
        f"{c.at:.3f}" if c.expertise_task is None else words.percent(c.at),
        words.percent(c.harm),
        plain(against, most=3 * _NAME),
        words.percent(c.reference),
        brackets(f"{words.points(c.difference)} {words.point_interval(c.low, c.high)}"),
        brackets(row.ratio),
        plain(row.shown, most=3 * _NAME),
    ]


def _folded(summary: str, inside: str) -> str:
    """`summary` is ours; GitHub reads Markdown inside where empty lines stand around it."""
    return f"<details><summary>{summary}</summary>\n\n{inside}\n\n</details>"
