"""Every form names the run that a gate was asked against, and hostile names of it do nothing."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from harness.gate_outputs.annotations import workflow_commands
from harness.gate_outputs.badge import badge
from harness.gate_outputs.junit import junit
from harness.gate_outputs.markdown import escaped, markdown
from harness.gate_outputs.sarif import sarif
from harness.hostile import one_line
from tests.gate_outputs.reports import HOSTILE, report

NAMES = (*HOSTILE, "a" * 64)


@pytest.mark.parametrize("name", NAMES)
def test_junit_has_it_as_properties(name: str) -> None:
    suite = ElementTree.fromstring(junit(report(name=name, against=True)).encode())[0]
    found = {one.get("name"): one.get("value") for one in suite.iter("property")}
    keys = ("name", "variant", "config_digest", "created", "git_commit")
    named = {key: one_line(name) for key in ("run", *(f"baseline.{key}" for key in keys))}
    assert found == (named if one_line(name) else {})
    assert suite.get("name", "").startswith(f"gate of {one_line(name)} against ")


@pytest.mark.parametrize("name", NAMES)
def test_sarif_has_it_as_properties(name: str) -> None:
    properties = json.loads(sarif(report(name=name, against=True)))["runs"][0]["properties"]
    assert properties.get("baseline.name", "") == one_line(name)


@pytest.mark.parametrize("name", NAMES)
def test_annotations_have_it_in_the_title_alone(name: str) -> None:
    text = workflow_commands(report(name=name, against=True))
    assert text.count("\n") == 2 and "\r" not in text and text.count(" against ") >= 2
    assert all(line.startswith("::error title=gate of ") for line in text.splitlines())


@pytest.mark.parametrize("name", NAMES)
def test_a_summary_shows_it_as_text(name: str) -> None:
    line = markdown(report(name=name, against=True)).splitlines()[2]
    assert line.startswith("3 rules") and escaped(one_line(f"the baseline {name}")).strip() in line
    assert "<" not in line and "|" not in line and "`" not in line


@pytest.mark.parametrize("name", NAMES)
def test_a_badge_has_it_in_its_title(name: str) -> None:
    root = ElementTree.fromstring(badge(report(name=name, against=True)).encode())
    assert " against " in (root[0].text or "") and len(root) == 5


def test_without_one_none_is_named() -> None:
    plain = report()
    made = (junit(plain), sarif(plain), workflow_commands(plain), markdown(plain), badge(plain))
    assert not any("baseline" in text for text in made)
