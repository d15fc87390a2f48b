"""GitHub's workflow commands."""

from __future__ import annotations

import re

import pytest

from harness.gate_outputs.annotations import workflow_commands
from tests.gate_outputs.reports import HOSTILE, report


def test_a_line_for_each_rule_that_did_not_pass() -> None:
    assert workflow_commands(report()).splitlines() == [
        "::error title=gate of ift%3A fail::rule 1 of ift: measured ift 10.0 [5.0, 15.0]",
        "::error title=gate of ift%3A can’t say::rule 2 of ift: measured ift 10.0 [5.0, 15.0]; more ift",
    ]


def test_a_cant_say_that_stops_nobody_is_a_warning() -> None:
    assert workflow_commands(report(cant_say_fails=False)).splitlines()[1].startswith("::warning ")


def test_a_pass_says_nothing() -> None:
    assert workflow_commands(report(outcomes=("pass",))) == ""


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_start_no_command_of_their_own(name: str) -> None:
    text = workflow_commands(report(name=name))
    assert text.count("\n") == 2 and "\r" not in text
    for line in text.splitlines():
        found = re.fullmatch(r"::error title=([^:,]*)::(.*)", line)
        assert found and not re.search(r"%(?!25|0A|0D|3A|2C)", found[1] + found[2])
