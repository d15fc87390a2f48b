"""The badge, read back by a strict parser."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from harness.gate_outputs.badge import badge
from harness.hostile import one_line
from tests.gate_outputs.reports import HOSTILE, report

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize(("outcome", "word"), [("pass", "pass"), ("fail", "fail"), ("cant_say", "can’t say")])
def test_it_says_the_answer(outcome: str, word: str) -> None:
    root = ElementTree.fromstring(badge(report(outcomes=(outcome,))))
    assert [text.text for text in root.findall(f"{SVG}text")] == ["gate", word]
    right = root.findall(f"{SVG}rect")[1]
    assert float(right.get("x", "")) + float(right.get("width", "")) == float(root.get("width", ""))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_text_alone(name: str) -> None:
    root = ElementTree.fromstring(badge(report(name=name)).encode())
    assert [inner.tag for inner in root] == [f"{SVG}{tag}" for tag in ("title", "rect", "text", "rect", "text")]
    assert root[0].text == f"gate of {one_line(name)}: fail"
