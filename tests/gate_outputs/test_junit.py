"""JUnit XML, read back by a strict parser."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from harness.gate_outputs.junit import junit
from harness.hostile import one_line
from tests.gate_outputs.reports import HOSTILE, report


def cases(text: str) -> list[tuple[str, list[str]]]:
    """(name, kinds of what is inside) of each test case."""
    suite = ElementTree.fromstring(text.encode())[0]
    return [(case.get("name", ""), [inner.tag for inner in case]) for case in suite.iter("testcase")]


def test_a_fail_is_a_failure_and_a_cant_say_an_error() -> None:
    text = junit(report())
    assert cases(text) == [
        ("rule 0 of ift [ift]", ["system-out"]), ("rule 1 of ift [ift]", ["failure", "system-out"]),
        ("rule 2 of ift [ift]", ["error", "system-out"]),
    ]  # fmt: skip
    root = ElementTree.fromstring(text.encode())
    assert [root[0].get(k) for k in ("tests", "failures", "errors", "skipped")] == ["3", "1", "1", "0"]
    assert (root.get("failures"), root.get("errors")) == ("1", "1")


def test_a_cant_say_that_stops_nobody_is_skipped() -> None:
    assert cases(junit(report(cant_say_fails=False)))[2] == ("rule 2 of ift [ift]", ["skipped", "system-out"])


def test_each_case_has_its_margin() -> None:
    found = [case.findtext("system-out") or "" for case in ElementTree.fromstring(junit(report()).encode())[0]]
    near = "margin: 5.0 points on the allowed side (upper end of the interval 15.0 %)"
    assert [text.splitlines()[-1] for text in found[1:]] == [near] * 3


def test_what_would_settle_it_is_said() -> None:
    found = ElementTree.fromstring(junit(report()).encode()).find(".//error")
    assert found is not None and "more ift" in (found.text or "") and "more ift" in found.get("message", "")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_come_back_as_they_are_shown(name: str) -> None:
    suite = ElementTree.fromstring(junit(report(name=name)).encode())[0]
    assert [case.get("classname") for case in suite.iter("testcase")] == [one_line(name)] * 3
    assert [len(case) for case in suite.iter("testcase")] == [1, 2, 2]
