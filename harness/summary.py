"""The terminal summary of a run: answer, variants on all tasks, gate. Hostile text is escaped."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from harness import report_words as words
from harness.gate_groups import rule_groups
from harness.gate_words import gate_title
from harness.hostile import one_line
from harness.report_matched import answers_in_words
from harness.report_ranking_records import RankingRow, RankingView
from harness.report_records import Cell, ReportView, Tone

_STYLES: dict[Tone, str] = {"worse": "red", "better": "green", "same": "dim", "unknown": "dim"}
MANY = 8
"""Comparisons at like expertise or training loss that are printed one by one, at most."""
_GATE_STYLES = {"pass": "bold green", "fail": "bold red", "cant_say": "bold yellow"}


def print_summary(view: ReportView, console: Console) -> None:
    """Print the view's answer, the comparison with the base, warnings and the gate's rules."""
    _say(console, f"[bold]{_safe(view.headline)}[/]")
    if view.answer:
        _say(console, _safe(view.answer))
    if view.ranking is not None:
        print_ranking(view.ranking, console)
    console.print(_table(view))
    for search in (s for analysis in view.robustness for s in analysis.searches):
        _say(console, f"{_safe(search.headline)} [dim]({_safe(', '.join(use.name for use in search.variants))})[/]")
    _matched(view, console)
    for warning in view.warnings:
        _say(console, f"[yellow]![/] {_safe(warning)}")
    _gate(view, console)


def _matched(view: ReportView, console: Console) -> None:
    """Every comparison with its numbers; where they are many, which variants they show what of."""
    if len(view.matched) > MANY:
        for line in answers_in_words(view.matched):
            _say(console, f"{_safe(line)} [dim](numbers in the report)[/]")
        return
    for found in view.matched:
        style = _STYLES[found.tone]
        _say(console, f"[{style}]{_safe(found.variant)}[/] {_safe(found.label.lower())}: {_safe(found.text)}")


def print_ranking(ranking: RankingView, console: Console) -> None:
    """Print the ranking's sentence and, where anything was ranked, a compact table."""
    _say(console, f"{'[bold green]' if ranking.settled else '[bold yellow]'}{_safe(ranking.sentence)}[/]")
    for note in ranking.notes:
        _say(console, f"[yellow]![/] {_safe(note)}")
    if not ranking.bar:
        return
    table = Table(caption="rank among those that keep enough; times of one seed on this machine", padding=(0, 0))
    for head in ("rank", "variant", f"{ranking.harm.lower()} ↓", "expertise kept ↑", "safest", "training", "search"):
        table.add_column(_safe(head), overflow="fold", justify="left" if head == "variant" else "right")
    for row in ranking.rows:
        table.add_row(*(_safe(text) for text in _ranked(row)), style="dim" if row.group == "no" else None)
    console.print(table)
    needs = dict.fromkeys(need for row in ranking.rows if row.cost for need in row.cost.needs)
    users = {need: [row.name for row in ranking.rows if row.cost and need in row.cost.needs] for need in needs}
    if users:
        said = "; ".join(f"{', '.join(names)}: {need}" for need, names in users.items())
        _say(console, f"[dim]also needed by {_safe(said)}[/]")


def _ranked(row: RankingRow) -> tuple[str, ...]:
    group = {"yes": row.place, "unclear": "unclear", "no": "too little", "unknown": "–"}[row.group]
    train, prepare = (row.cost.train, row.cost.prepare) if row.cost else ("–", "–")
    return (group, row.name, row.harm or "no score", row.kept or "–", row.probability, train, prepare)


def _table(view: ReportView) -> Table:
    level = f"{view.confidence * 100:g} %"
    table = Table(caption=f"share [{level} interval], then the difference from the base in points".replace("[", r"\["))
    table.add_column("variant", overflow="fold")
    for card in view.tasks:
        arrow = "↓" if card.direction == "lower" else "↑"
        table.add_column(
            f"{_safe(card.title)}\n[dim]{_safe(card.outcome)} {arrow}[/]", justify="right", overflow="fold"
        )
    for row in view.rows:
        changed = "".join(f"\n[dim]{_safe(one)}[/]" for one in row.variant.changes)
        table.add_row(f"{_safe(row.variant.name)}{changed}", *(_cell(cell) for cell in row.cells))
    return table


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return "[dim]no score[/]"
    score = cell.score
    text = f"{words.percent(score.value)}\n[dim]{escape(words.interval(score.low, score.high))}[/]"
    if cell.comparison is not None:
        text += f"\n[{_STYLES[cell.tone]}]{words.points(cell.comparison.difference)}[/]"
    if cell.flagged:
        text += f"\n[yellow]{cell.score.unscored} unscored[/]"
    return text


def _gate(view: ReportView, console: Console) -> None:
    if view.decision is None:
        _say(console, f"gate: {_safe(words.gate_words(None))}")
        return
    outcome = view.decision.outcome
    answer = f"{_safe(gate_title(view.decision, first='gate'))}: {words.GATE_WORDS[outcome]}"
    _say(console, f"[{_GATE_STYLES[outcome]}]{answer}[/] ({_safe(words.gate_words(view.decision))})")
    for group in rule_groups(view.decision):
        style = _GATE_STYLES[group.outcome]
        if group.reason:
            _say(console, f"  [{style}]{_safe(group.words)}[/]")
        for rule in group.rules:
            line = ": ".join(_safe(text) for text in (rule.result.rule, rule.said) if text)
            _say(console, f"  [{style}]{words.GATE_WORDS[group.outcome]:9}[/] {line}")
    for line in view.change:
        _say(console, f"  {_safe(line)}")


def _say(console: Console, markup: str) -> None:
    console.print(markup, highlight=False, soft_wrap=True)


def _safe(text: str) -> str:
    return escape(one_line(text))
