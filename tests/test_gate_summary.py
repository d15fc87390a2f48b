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
    assert lines[0] == "gate: can’t say" and lines[1].startswith("  can’t say attack success of ift on harm")
    assert lines[2].strip() == "margin: 3.0 points beyond the threshold (bound 23.0)"
    assert "more prompts" in lines[3]


def test_without_margins_a_rule_is_one_line() -> None:
    assert len(printed("ift", 0.1, margins=False).splitlines()) == 2


def test_hostile_names_make_no_line_and_no_markup_of_their_own() -> None:
    text = printed(EVIL, 0.1, margins=True)
    assert len(text.splitlines()) == 3
    assert "\x1b" not in text and "⟦U+202E⟧[red]" in text


@pytest.mark.parametrize(
    ("margin", "words"),
    [(0.05, "5.0 points on the allowed side"), (0.0, "0.0 points on the allowed side"), (None, "none")],
)
def test_a_margin_in_words(margin: float | None, words: str) -> None:
    made = RuleMargin(rule="r", bound=None if margin is None else 0.1, margin=margin, prompts=1)
    assert words in margin_words(made)
