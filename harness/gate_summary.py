"""The gate's answer for the terminal: its rules by outcome, and on request how near they were and what would settle
them."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape

from harness.gate_groups import rule_groups
from harness.gate_records import RuleMargin
from harness.gate_words import GATE_WORDS, count_words, gate_title
from harness.hostile import one_line
from harness.records import GateDecision
from harness.report_words import baseline_words

_WIDTH = 9
"""Of the column of outcomes, characters."""
_NEAR = " " * (_WIDTH + 5)


def print_decision(decision: GateDecision, console: Console, *, margins: tuple[RuleMargin, ...] = ()) -> None:
    """Print the decision; with its `margins`, one for each rule, also those. Hostile text is made visible."""
    against = "" if decision.baseline is None else f", against {baseline_words(decision.baseline)}"
    _say(console, f"{gate_title(decision, first='gate')}: {GATE_WORDS[decision.outcome]}{against}")
    _say(console, count_words(decision))
    for group in rule_groups(decision, margins):
        if group.reason:
            _say(console, group.words, before="  ")
        for line in group.settle:
            _say(console, line, before=_NEAR)
        for rule in group.rules:
            said = f": {rule.said}" if rule.said else ""
            label = "" if group.reason else GATE_WORDS[group.outcome]
            _say(console, f"{rule.result.rule}{said}", before=f"  {label:{_WIDTH}} ")
            for line in rule.near:
                _say(console, line, before=_NEAR)


def _say(console: Console, text: str, *, before: str = "") -> None:
    console.print(escape(before + one_line(text)), highlight=False, soft_wrap=True)
