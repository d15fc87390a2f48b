"""Markdown for GitHub's step summary: the answer, and a table of the rules."""

from __future__ import annotations

import re

from harness.gate_outputs import GateReport, Line
from harness.hostile import one_line
from harness.report_words import GATE_WORDS, gate_words

_ICONS = {"pass": "✅", "fail": "❌", "cant_say": "❔"}
_MARKUP = re.compile(r"(?<!\d)\.|\.(?!\d)|[!-$&-+\-/:-@\[-`{-~]")
"""Every sign of ASCII but the comma, the per cent sign and the decimal point."""


def markdown(report: GateReport) -> str:
    """A heading, how many rules came out how, and a row for each; ends with an empty line."""
    outcome = report.decision.outcome
    head = [
        f"## {_ICONS[outcome]} Gate of {escaped(report.title)}: {GATE_WORDS[outcome]}",
        "",
        f"{_counts(report)}.",
        "",
        "| | rule | measured |",
        "|---|---|---|",
    ]
    return "\n".join([*head, *(_row(line) for line in report.lines), "", ""])


def escaped(text: str) -> str:
    """`text` as Markdown and HTML show it: signs that could be markup or a link as character references."""
    return _MARKUP.sub(lambda match: f"&#{ord(match.group())};", text)


def _counts(report: GateReport) -> str:
    """How the rules came out, and against which baseline."""
    said = gate_words(report.decision)
    return said if report.decision.baseline is None else escaped(one_line(said))


def _row(line: Line) -> str:
    said = "<br>".join(escaped(part) for part in (line.reason, *line.settle))
    return f"| {_ICONS[line.result.outcome]} {GATE_WORDS[line.result.outcome]} | {escaped(line.rule)} | {said} |"
