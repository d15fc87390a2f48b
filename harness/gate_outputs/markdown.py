"""Markdown for GitHub's step summary: the answer, and tables of the rules."""

from __future__ import annotations

import re

from harness.gate_groups import GroupedRule, rule_groups
from harness.gate_outputs import HELD, GateReport
from harness.gate_words import GATE_WORDS, gate_title
from harness.hostile import one_line
from harness.report_words import gate_words

_ICONS = {"pass": "✅", "fail": "❌", "cant_say": "❔"}
_MARKUP = re.compile(r"(?<!\d)\.|\.(?!\d)|[!-$&-+\-/:-@\[-`{-~]")
"""Every sign of ASCII but the comma, the per cent sign and the decimal point."""


def markdown(report: GateReport) -> str:
    """A heading, how many rules came out how, and their rows by outcome, each with its margin; ends with an empty line.
    """
    decision = report.decision
    icon, word = _ICONS[decision.outcome], GATE_WORDS[decision.outcome]
    title = escaped(one_line(gate_title(decision, first="Gate")))
    lines = [f"## {icon} {title} of {escaped(report.title)}: {word}", "", f"{_counts(report)}."]
    if report.held:
        lines += ["", f"{_ICONS['cant_say']} {escaped(HELD.format(report.held))}"]
    for group in rule_groups(decision, report.margins):
        if group.reason:
            shared = "<br>".join(_shown(text) for text in (group.words, *group.settle))
            lines += ["", f"{_ICONS[group.outcome]} {shared}"]
        lines += ["", "| | rule | measured |", "|---|---|---|", *(_row(rule, group.outcome) for rule in group.rules)]
    return "\n".join([*lines, "", ""])


def escaped(text: str) -> str:
    """`text` as Markdown and HTML show it: signs that could be markup or a link as character references."""
    return _MARKUP.sub(lambda match: f"&#{ord(match.group())};", text)


def _counts(report: GateReport) -> str:
    """How the rules came out, and against which baseline."""
    said = gate_words(report.decision)
    return said if report.decision.baseline is None else escaped(one_line(said))


def _row(rule: GroupedRule, outcome: str) -> str:
    said = "<br>".join(_shown(text) for text in (rule.said, *rule.near) if text)
    return f"| {_ICONS[outcome]} {GATE_WORDS[outcome]} | {_shown(rule.result.rule)} | {said} |"


def _shown(text: str) -> str:
    return escaped(one_line(text))
