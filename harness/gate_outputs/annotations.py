"""GitHub's workflow commands: a line for each rule that did not pass, shown on the run's page.

Escapes as GitHub's toolkit does (actions/toolkit, packages/core/src/command.ts).
"""

from __future__ import annotations

from harness.gate_outputs import GateReport, Line
from harness.gate_words import GATE_WORDS


def workflow_commands(report: GateReport) -> str:
    """`::error title=…::…` for what stops a pipeline, `::warning` for a can't say that need not."""
    return "".join(_command(line, report) for line in report.lines if line.result.outcome != "pass")


def _command(line: Line, report: GateReport) -> str:
    blocks = report.stops(line.result)
    title = f"{report.heading}: {GATE_WORDS[line.result.outcome]}"
    return f"::{'error' if blocks else 'warning'} title={_property(title)}::{_data(f'{line.rule}: {line.said}')}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
