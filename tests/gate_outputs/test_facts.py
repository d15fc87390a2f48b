"""What every output says of the decision as a whole: run, version, policy, and of which variants it is."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from harness.gate_outputs import GateReport
from harness.gate_outputs.annotations import workflow_commands
from harness.gate_outputs.badge import badge
from harness.gate_outputs.junit import junit
from harness.gate_outputs.markdown import escaped, markdown
from harness.gate_outputs.sarif import sarif
from harness.hostile import one_line
from tests.gate_outputs.reports import HOSTILE, report


def named(name: str = "ift", *, unjudged: tuple[str, ...] = ("other",), **changes: object) -> GateReport:
    """A report of a decision that names its policy and version, and leaves a variant out."""
    made = report(name=name)
    update = {"run": name, "harness": "1.2.3", "policy": name, "unjudged": unjudged, **changes}
    return replace(made, decision=made.decision.model_copy(update=update))


def test_programs_are_told_run_version_policy_and_who_was_not_judged() -> None:
    facts = {"run": "ift", "harness": "1.2.3", "policy": "ift", "unjudged": "other"}
    suite = ElementTree.fromstring(junit(named()).encode())[0]
    assert {one.get("name"): one.get("value") for one in suite.iter("property")} == facts
    properties = json.loads(sarif(named()))["runs"][0]["properties"]
    assert {key: properties[key] for key in facts} == facts


def test_people_are_told_whose_gate_it_is() -> None:
    assert markdown(named()).startswith("## ❌ Gate for ift of ift: fail\n")
    assert workflow_commands(named()).startswith("::error title=gate of ift for ift%3A fail::")
    assert ElementTree.fromstring(badge(named()).encode())[2].text == "gate for ift"
    assert ElementTree.fromstring(junit(named()).encode())[0].get("name") == "gate of ift for ift"


def test_on_a_badge_long_names_are_a_number() -> None:
    assert ElementTree.fromstring(badge(named("a" * 40)).encode())[2].text == "gate for 1 of 2 variants"


def weak(alone: str) -> GateReport:
    """A can't say that may pass, whose numbers alone would answer so."""
    made = report(outcomes=("cant_say", "cant_say"), cant_say_fails=False)
    first, second = made.decision.rules
    rule = first.model_copy(update={"numbers": "measured 10.0 %", "by_numbers": alone, "reason": "too few <b>"})
    rules = (rule, second.model_copy(update={"reason": "too few <b>"}))
    return replace(made, decision=made.decision.model_copy(update={"rules": rules}))


@pytest.mark.parametrize(("alone", "level", "kind", "command"), [
    ("fail", "error", "error", "::error"), ("cant_say", "note", "skipped", "::warning"),
    ("pass", "note", "skipped", "::warning"),
])  # fmt: skip
def test_a_cant_say_whose_numbers_fail_stops_in_every_form(alone: str, level: str, kind: str, command: str) -> None:
    made = weak(alone)
    assert json.loads(sarif(made))["runs"][0]["results"][0]["level"] == level
    assert next(ElementTree.fromstring(junit(made).encode()).iter("testcase"))[0].tag == kind
    assert workflow_commands(made).startswith(command)
    assert ("Not let through by" in markdown(made)) == (alone == "fail") == bool(made.held)


def test_a_shared_reason_is_one_line_above_the_table() -> None:
    text = markdown(weak("fail"))
    assert text.count("too few") == 1 and "\n❔ 2 can’t say&#58; too few &#60;b&#62;<br>" in text


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_of_variants_and_policies_are_text(name: str) -> None:
    made = named(name)
    heading = markdown(made).splitlines()[0]
    assert escaped(one_line(f"Gate for {name}")) in heading and "<" not in heading
    assert ElementTree.fromstring(badge(made).encode()).tag.endswith("svg")
    assert "\n" not in workflow_commands(made).splitlines()[0] and json.loads(sarif(made))
    assert ElementTree.fromstring(junit(made).encode()).tag == "testsuites"
