"""Markdown for a step summary."""

from __future__ import annotations

import html
import re

import pytest

from harness.gate_outputs.markdown import escaped, markdown
from harness.hostile import one_line
from tests.gate_outputs.reports import HOSTILE, report


def test_a_heading_and_a_row_for_each_rule() -> None:
    lines = markdown(report()).splitlines()
    assert lines[0] == "## ❌ Gate of ift: fail"
    assert lines[2] == "3 rules: 1 pass, 1 fail, 1 can’t say."
    assert [line.split("|")[1].strip() for line in lines[6:9]] == ["✅ pass", "❌ fail", "❔ can’t say"]
    assert lines[8].endswith("<br>more ift |") and "10.0 &#91;5.0, 15.0&#93;" in lines[8]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_text_alone(name: str) -> None:
    lines = markdown(report(name=name)).splitlines()
    assert len(lines) == 10
    assert {line.count("|") for line in lines[6:9]} == {4}
    assert not re.search(r"[`*_\[\]~@!\\]|<(?!br>)|://|www\.", "".join(lines[6:9]))


@pytest.mark.parametrize("name", HOSTILE)
def test_escaped_text_is_shown_as_it_is(name: str) -> None:
    assert html.unescape(escaped(one_line(name))) == one_line(name)
