"""The gate's answer for the terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from harness.gate_margins import explain
from harness.gate_records import RuleMargin
from harness.gate_summary import print_decision
from harness.gate_words import margin_words
from harness.policy import Policy, Rule
from harness.stages.gate import decide
from tests.tables import score, table

EVIL = "x\x1b[31m\u202e[red]\n  fail"


def printed(name: str, value: float, *, margins: bool) -> str:
    found = table(score(name, value, value - 0.05, value + 0.05))
    policy = Policy(variants=(name,), rules=(Rule(task="harm", at_most=0.2),))
    console = Console(file=io.StringIO(), width=60)
    print_decision(decide(found, policy), console, margins=explain(found, policy) if margins else ())
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_an_explained_rule_has_its_margin_and_what_it_lacks() -> None:
    lines = printed("ift", 0.18, margins=True).splitlines()
    assert lines[:2] == ["gate: can’t say", "1 rule: 1 can’t say"]
    assert lines[2].startswith("  can’t say attack success of ift on “Harmful requests” at most 20 %: measured ")
    assert lines[3].strip() == "margin: 3.0 points beyond the threshold (upper end of the interval 23.0 %)"
    assert "more prompts" in lines[4]


def test_without_margins_a_rule_is_one_line() -> None:
    assert len(printed("ift", 0.1, margins=False).splitlines()) == 3


def test_hostile_names_make_no_line_and_no_markup_of_their_own() -> None:
    text = printed(EVIL, 0.1, margins=True)
    assert len(text.splitlines()) == 4
    assert "\x1b" not in text and "⟦U+202E⟧[red]" in text


def test_a_reason_that_several_rules_share_is_printed_once() -> None:
    found = table(*(score(name, value, value, value, scored=50) for name, value in (("a", 0.1), ("b", 0.5))))
    console = Console(file=io.StringIO(), width=60)
    policy = Policy(variants=("a", "b"), rules=(Rule(task="harm", at_most=0.2),))
    print_decision(decide(found, policy), console)
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert lines[1:3] == ["2 rules: 2 can’t say", "  2 can’t say: 50 prompts were scored; needed: 100"]
    assert lines[3].startswith(f"{'':12}attack success of a on") and lines[3].endswith("by which alone it would pass")
    assert lines[4].endswith("measured 50.0 % [50.0, 50.0], by which alone it would fail") and len(lines) == 5


@pytest.mark.parametrize(
    ("margin", "words"),
    [(0.05, "5.0 points on the allowed side"), (0.0, "0.0 points on the allowed side"), (None, "none")],
)
def test_a_margin_in_words(margin: float | None, words: str) -> None:
    made = RuleMargin(
        rule="r", bound=None if margin is None else 0.1, end="upper", of="share", margin=margin, prompts=1
    )
    assert words in margin_words(made)
