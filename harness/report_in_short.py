"""Each way of tuning in a line: harm against plain IFT at like expertise, usability within the margin, the gate."""

from __future__ import annotations

from collections.abc import Sequence

from harness import report_words as words
from harness.gate_words import GATE_WORDS
from harness.records import GateDecision, MatchedComparison, TaskCard
from harness.report_matched import conclude, learnt_words, shown
from harness.report_matched_records import Tone
from harness.report_outcome_records import InShort
from harness.report_records import Cell, Row

_ORDER: tuple[Tone, ...] = ("better", "same", "worse", "unknown")


def in_short(
    rows: Sequence[Row],
    *,
    tasks: Sequence[TaskCard],
    matched: Sequence[MatchedComparison],
    decision: GateDecision | None,
) -> tuple[InShort, ...]:
    """A line for each mitigation; for every tuned variant where there is none. The base comes first and has no line."""
    harm = next((i for i, card in enumerate(tasks) if card.axis == "harmfulness"), None)
    if harm is None:
        return ()
    primary = {m.variant: m for m in matched if m.primary}
    tuned = [row for row in rows[1:] if row.cells[harm] is not None]
    chosen = [row for row in tuned if row.variant.kind not in ("plain", "control")] or tuned
    lines = [_line(row, harm, tasks=tasks, found=primary.get(row.variant.name), decision=decision) for row in chosen]
    return tuple(sorted(lines, key=lambda line: _ORDER.index(line.tone)))


def _line(
    row: Row,
    harm: int,
    *,
    tasks: Sequence[TaskCard],
    found: MatchedComparison | None,
    decision: GateDecision | None,
) -> InShort:
    cell = row.cells[harm]
    assert cell is not None
    parts = [f"{tasks[harm].outcome} {words.score_words(cell.score)}; {_against(cell, found, tasks=tasks)}"]
    parts += [_usability(row, tasks), _gate(row.variant.name, decision)]
    tone = cell.tone if found is None else conclude(found)
    text = "; ".join(part for part in parts if part)
    return InShort(variant=row.variant.name, mark=row.variant.mark, tone=tone, text=text)


def _against(cell: Cell, found: MatchedComparison | None, *, tasks: Sequence[TaskCard]) -> str:
    """Plain IFT at like expertise, or else the base."""
    if found is not None:
        if conclude(found) == "unknown":
            return f"at like expertise {shown(found)}"
        difference = words.difference_words(found.difference, found.low, found.high)
        alike = f"{'as much expertise' if found.by == 'expertise' else 'the same loss'} ({learnt_words(found, tasks)})"
        return f"plain IFT at {alike} {words.percent(found.reference)}: {shown(found)}, {difference}"
    if cell.comparison is None:
        return "not compared"
    c = cell.comparison
    return f"{words.WORDS[cell.tone]}, {words.difference_words(c.difference, c.low, c.high)}"


def _usability(row: Row, tasks: Sequence[TaskCard]) -> str:
    """Whether it is no worse than the base within the margin on every usability task, or where not."""
    pairs = [(card, cell.comparison) for card, cell in zip(tasks, row.cells, strict=True) if cell is not None]
    own = [(card, c) for card, c in pairs if card.axis == "usability" and c is not None and c.margin is not None]
    if not own:
        return ""
    within = f"{max(c.margin or 0.0 for _, c in own) * 100:g}\u00a0points"
    for verdict, said in (("worse", "worse by more than"), ("unclear", "not shown to be no worse within")):
        names = [f"“{card.title}”" for card, c in own if c.non_inferiority == verdict]
        if names:
            return f"usability {said} {within} on {' and '.join(names)}"
    return f"usability no worse than the base within {within}"


def _gate(variant: str, decision: GateDecision | None) -> str:
    """How the gate's rules on the variant came out; empty where it has none."""
    own = {rule.outcome for rule in decision.rules if rule.variant == variant} if decision else set()
    return next((f"gate {GATE_WORDS[outcome]}" for outcome in ("fail", "cant_say", "pass") if outcome in own), "")
