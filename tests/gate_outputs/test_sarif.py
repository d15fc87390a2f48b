"""SARIF 2.1.0, by the rules of the standard that hold for what is used of it."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema
import pytest

from harness.gate_outputs import GateReport
from harness.gate_outputs.sarif import sarif
from tests.gate_outputs.reports import HOSTILE, report
from tests.gate_outputs.sarif_schema import LOG


def checked(made: GateReport) -> dict[str, Any]:
    """The log's run, its structure checked."""
    log = json.loads(sarif(made))
    jsonschema.validate(log, LOG, format_checker=jsonschema.FormatChecker())
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["kind"] == "fail" and result["level"] in ("error", "note")
        assert not re.search(r"(?<!\\)[\[\]]", result["message"]["text"].replace("\\\\", ""))
        (location,) = result["locations"]
        uri = location["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"[A-Za-z0-9._~%/-]+", uri) and not uri.startswith(("/", ".."))
    return dict(run)


def test_what_did_not_pass_is_an_error() -> None:
    results = checked(report())["results"]
    assert [(r["level"], r["properties"]["outcome"]) for r in results] == [("error", "fail"), ("error", "cant_say")]
    assert "more ift" in results[1]["message"]["text"]


def test_a_cant_say_that_stops_nobody_is_a_note() -> None:
    assert [r["level"] for r in checked(report(cant_say_fails=False))["results"]] == ["error", "note"]


def test_a_pass_has_no_results() -> None:
    assert checked(report(outcomes=("pass",)))["results"] == []


@pytest.mark.parametrize(("config", "uri"), [("configs/a b.yaml", "configs/a%20b.yaml"), ("/home/me/a.yaml", "a.yaml"),
                                             ("../a.yaml", "a.yaml")])  # fmt: skip
def test_the_place_is_the_config(config: str, uri: str) -> None:
    made = report()
    made = GateReport(run="r", config=config, decision=made.decision, margins=made.margins)
    place = checked(made)["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == uri


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_keep_the_structure(name: str) -> None:
    assert len(checked(report(name=name))["results"]) == 2
