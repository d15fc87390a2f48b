"""SARIF 2.1.0 (OASIS, 2020): what did not pass, for code scanning. Passes are left out: GitHub shows every result."""

from __future__ import annotations

import hashlib
import json
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from harness import __version__
from harness.gate_outputs import TOOL, GateReport, Line
from harness.hostile import one_line
from harness.report_words import GATE_WORDS

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(report: GateReport) -> str:
    """The decision as a SARIF log: what stops a pipeline is an error, a can’t say that need not is a note."""
    lines = [line for line in report.lines if line.result.outcome != "pass"]
    tasks = list(dict.fromkeys(line.task for line in lines))
    driver = {"name": TOOL, "version": __version__, "rules": [_rule(task) for task in tasks]}
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"gate/{report.title}"},
        "results": [_result(line, report, index=tasks.index(line.task)) for line in lines],
        "properties": {"outcome": report.decision.outcome, **dict(report.facts)},
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1) + "\n"


def _rule(task: str) -> dict[str, Any]:
    return {"id": _id(task), "shortDescription": {"text": f"The gate’s rules on {task}"}}


def _result(line: Line, report: GateReport, *, index: int) -> dict[str, Any]:
    blocks = report.stops(line.result)
    word = GATE_WORDS[line.result.outcome]
    print_of = hashlib.sha256(line.rule.encode()).hexdigest()
    return {
        "ruleId": _id(line.task),
        "ruleIndex": index,
        "kind": "fail",
        "level": "error" if blocks else "note",
        "message": {"text": _plain(f"{word}: {line.rule}: {line.said}")},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": _uri(report)}, "region": {"startLine": 1}}}],
        "partialFingerprints": {"rule/v1": print_of},
        "properties": {"outcome": line.result.outcome, "variant": line.variant, "task": line.task},
    }


def _id(task: str) -> str:
    return f"gate/{quote(task, safe='+')}"


def _plain(text: str) -> str:
    """A message without links or placeholders: those are written with brackets and braces (3.11.5, 3.11.6)."""
    doubled = text.replace("{", "{{").replace("}", "}}")
    return doubled.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")


def _uri(report: GateReport) -> str:
    """The config's path in the repository; of one outside, its name alone."""
    path = PurePosixPath(one_line(report.config))
    inside = not path.is_absolute() and ".." not in path.parts
    return quote(str(path) if inside else path.name or "config.yaml")
