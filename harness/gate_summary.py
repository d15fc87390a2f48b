"""The gate's answer for the terminal: each rule, and on request its margin and what would settle it."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape

from harness.gate_records import RuleMargin
from harness.gate_words import margin_words
from harness.hostile import one_line
from harness.records import GateDecision
from harness.report_words import GATE_WORDS, baseline_words


def print_decision(decision: GateDecision, console: Console, *, margins: tuple[RuleMargin, ...] = ()) -> None:
    """Print the decision; with its `margins`, one for each rule, also those. Hostile text is made visible."""
    against = "" if decision.baseline is None else f", against {baseline_words(decision.baseline)}"
    _say(console, f"gate: {GATE_WORDS[decision.outcome]}{against}")
    for number, rule in enumerate(decision.rules):
        _say(console, f"  {GATE_WORDS[rule.outcome]:9} {rule.rule}: {rule.reason}")
        if margins:
            for line in (margin_words(margins[number]), *margins[number].settle):
                _say(console, f"  {'':9}   {line}")


def _say(console: Console, text: str) -> None:
    indent = text[: len(text) - len(text.lstrip())]
    console.print(escape(indent + one_line(text)), highlight=False, soft_wrap=True)
