"""Markdown for a step summary."""

from __future__ import annotations

import html
import re

import pytest

from harness.gate_outputs.markdown import escaped, markdown
from harness.hostile import one_line
from tests.gate_outputs.reports import HOSTILE, report


def rows_of(lines: list[str]) -> list[str]:
    """The rules' rows, without the heads of their tables."""
    return [line for line in lines if line.startswith("| ") and not line.startswith("| |")]


def test_a_heading_and_a_row_for_each_rule() -> None:
    lines = markdown(report()).splitlines()
    assert lines[0] == "## ❌ Gate of ift: fail"
    assert lines[2] == "3 rules: 1 pass, 1 fail, 1 can’t say."
    rows = rows_of(lines)
    assert [row.split("|")[1].strip() for row in rows] == ["❌ fail", "❔ can’t say", "✅ pass"]
    assert rows[1].endswith("<br>more ift |") and "10.0 &#91;5.0, 15.0&#93;" in rows[1]
    assert all("margin&#58; 5.0 points on the allowed side" in row for row in rows)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_text_alone(name: str) -> None:
    lines = markdown(report(name=name)).splitlines()
    rows = rows_of(lines)
    assert len(rows) == 3 and len(lines) == 3 + 3 * 4 + 1
    assert {row.count("|") for row in rows} == {4}
    assert not re.search(r"[`*_\[\]~@!\\]|<(?!br>)|://|www\.", "".join(rows))


@pytest.mark.parametrize("name", HOSTILE)
def test_escaped_text_is_shown_as_it_is(name: str) -> None:
    assert html.unescape(escaped(one_line(name))) == one_line(name)
