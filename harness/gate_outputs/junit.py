"""JUnit XML: a test case for each rule and variant. Read by GitLab, Jenkins and most others."""

from __future__ import annotations

from xml.etree import ElementTree

from harness.gate_outputs import GateReport, Line
from harness.gate_words import GATE_WORDS


def junit(report: GateReport) -> str:
    """The decision as one test suite; fail is a failure, can't say an error, or skipped where it need not stop anyone.

    Form: the JUnit schema of Jenkins' xUnit plug-in.
    """
    lines = report.lines
    counts = {kind: sum(_kind(line, report) == kind for line in lines) for kind in ("failure", "error", "skipped")}
    totals = {
        "tests": str(len(lines)),
        "failures": str(counts["failure"]),
        "errors": str(counts["error"]),
        "skipped": str(counts["skipped"]),
    }
    root = ElementTree.Element("testsuites", {"name": "gate", **{k: v for k, v in totals.items() if k != "skipped"}})
    suite = ElementTree.SubElement(root, "testsuite", {"name": report.heading, **totals})
    if report.facts:
        properties = ElementTree.SubElement(suite, "properties")
        for name, value in report.facts:
            ElementTree.SubElement(properties, "property", {"name": name, "value": value})
    for line in lines:
        case = ElementTree.SubElement(suite, "testcase", {"classname": line.variant, "name": line.name, "time": "0"})
        kind = _kind(line, report)
        if kind == "skipped":
            ElementTree.SubElement(case, kind, {"message": f"can’t say: {line.said}"})
        elif kind:
            word = GATE_WORDS[line.result.outcome]
            found = ElementTree.SubElement(case, kind, {"message": f"{word}: {line.said}", "type": line.result.outcome})
            found.text = "\n".join((line.rule, *line.why, *line.settle))
        ElementTree.SubElement(case, "system-out").text = "\n".join((*line.why, line.margin))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _kind(line: Line, report: GateReport) -> str:
    """The element that says how a rule came out; empty for a pass."""
    if line.result.outcome == "fail":
        return "failure"
    if line.result.outcome == "cant_say":
        return "error" if report.stops(line.result) else "skipped"
    return ""
