"""A comment for a pull request, at most 60 000 characters: report.md."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness import report_words as words
from harness.formats import Audit, File
from harness.gate_groups import rule_groups
from harness.gate_records import RuleMargin
from harness.gate_words import gate_title
from harness.markdown_text import LIMIT, block, brackets, fitting, listed, plain, rows
from harness.matched_markdown import matched_sections
from harness.provenance_markdown import provenance_sections
from harness.records import GateDecision, TaskCard
from harness.report_records import Cell, ReportView, Row
from harness.report_words import plural

ALL = 1000
"""Entries of each kind where nothing is cut for length."""
_ARROWS = {"worse": "worse", "better": "better", "same": "no difference shown", "unknown": "not compared"}


def files(audit: Audit) -> tuple[File, ...]:
    """The report's answer, gate, table, warnings and how to run it again."""
    return (File("report.md", markdown(audit.view).encode()),)


def markdown(view: ReportView, *, limit: int = LIMIT) -> str:
    """The report as GitHub Markdown.

    Where it were longer than `limit` characters it has fewer of the numbers at like expertise, then fewer variants,
    tasks and lines, and says how many are left out.
    """
    made = fitting(lambda numbers: _page(view, ALL, numbers=numbers), limit=limit)
    return made if len(made) <= limit else fitting(lambda most: _page(view, most, numbers=1), limit=limit)


def _page(view: ReportView, most: int, *, numbers: int) -> str:
    head = f"## {plain(view.title, most=100)}: {plain(view.headline)}"
    short = [f"{one.variant}: {one.text}." for one in view.in_short]
    parts = [head, plain(view.answer, most=600), _bullets(short, most), *_gate(view, most)]
    if view.ranking is not None:
        parts += ["### Which way of tuning", plain(view.ranking.sentence, most=600), _bullets(view.ranking.notes, most)]
    parts += matched_sections(view, most, numbers=numbers)
    parts += ["### All variants on all tasks", *_comparison(view, most), "### Unscored", _unscored(view, most)]
    parts += ["### Leakage", _leakage(view)]
    parts += provenance_sections(view, most)
    if view.warnings:
        parts += ["### Read with care", _bullets(view.warnings, most)]
    return "\n\n".join(part for part in [*parts, *_provenance(view)] if part) + "\n"


def _gate(view: ReportView, most: int) -> tuple[str, ...]:
    if view.decision is None:
        return (f"**Gate: none**: {words.gate_words(None)}",)
    title = f"{plain(gate_title(view.decision), most=200)}: {words.GATE_WORDS[view.decision.outcome]}"
    head = f"**{title}** ({plain(words.gate_words(view.decision), most=300)})"
    change = f"What would change it: {plain(' '.join(view.change), most=800)}"
    return head, change, listed(list(_rules(view.decision, view.margins)), most)


def _rules(decision: GateDecision, margins: Sequence[RuleMargin]) -> Iterator[str]:
    """A line for what several rules have in common, and one for each rule with its margin where that is known."""
    for group in rule_groups(decision, margins):
        if group.reason:
            yield f"**{plain('; '.join((group.words, *group.settle)), most=800)}**"
        for rule in group.rules:
            said = plain("; ".join(text for text in (rule.said, *rule.near) if text), most=800)
            yield f"**{words.GATE_WORDS[group.outcome]}**: {plain(rule.result.rule)}{f': {said}' if said else ''}"


def _comparison(view: ReportView, most: int) -> tuple[str, ...]:
    cards, lines = view.tasks[:most], view.rows[:most]
    heads = ["Variant", *(_head(card) for card in cards)]
    table = rows(heads, [[_variant(row), *_cells(row, len(cards))] for row in lines])
    level = f"Share with its {view.confidence * 100:g} % interval; then the difference from the base in points."
    rest = [(len(view.rows) - len(lines), "variant"), (len(view.tasks) - len(cards), "task")]
    more = " and ".join(f"{count:,} more {plural(count, word).split()[-1]}" for count, word in rest if count)
    return level, table, f"… and {more} (in report.html)" if more else ""


def _head(card: TaskCard) -> str:
    return f"{plain(card.title, most=80)}<br>{plain(card.outcome, most=80)} {'↓' if card.direction == 'lower' else '↑'}"


def _variant(row: Row) -> str:
    """Its name, and what it changes of the run's sections."""
    return "<br>".join([plain(row.variant.name, most=80), *(plain(one, most=80) for one in row.variant.changes)])


def _cells(row: Row, count: int) -> list[str]:
    return [_cell(cell) for cell in row.cells[:count]]


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return "no score"
    text = brackets(words.score_words(cell.score))
    if cell.comparison is not None:
        c = cell.comparison
        interval = brackets(words.point_interval(c.low, c.high))
        text += f"<br>{words.points(c.difference)} {interval}, {_ARROWS[cell.tone]}"
    return f"{text}<br>{cell.score.unscored:,} unscored" if cell.score.unscored else text


def _unscored(view: ReportView, most: int) -> str:
    lines = [
        f"{plain(row.variant.name, most=80)} on {plain(card.title, most=80)}: " + (
            "no score" if cell is None else f"{cell.score.unscored:,} of {cell.score.scored + cell.score.unscored:,}"
        )
        for row in view.rows
        for card, cell in zip(view.tasks, row.cells, strict=True)
        if cell is None or cell.score.unscored
    ]  # fmt: skip
    return listed(lines, most) if lines else "Every sample was scored."


def _leakage(view: ReportView) -> str:
    if view.leakage is None:
        return "Not checked."
    found = view.leakage
    return (
        f"{found.leaked:,} of {plural(found.prompts, 'scored prompt')} occur, exactly or nearly, in the data or among "
        "the classifier’s prompts."
    )


def _provenance(view: ReportView) -> tuple[str, ...]:
    m = view.manifest
    packages = ", ".join(f"{name} {version}" for name, version in m.packages)
    made = f"benign-ift-harness {m.harness_version} {m.git_commit}, {m.created}, config sha256 {m.config_digest}"
    facts = f"{made}; {packages}"
    steps = block("\n".join(view.provenance.steps), most=1000)
    return (
        "### How to run it again",
        block(m.command, most=1000),
        "Or, with the resolved config of report.html as config.yaml:",
        steps,
        plain(" ".join(view.provenance.cautions), most=1000),
        plain(facts, most=1000),
    )


def _bullets(lines: Sequence[str], most: int) -> str:
    return listed([plain(line, most=600) for line in lines], most)
