"""What a stored decision says otherwise than its scores."""

from __future__ import annotations

import pytest

from harness.baseline_records import BaselineRun
from harness.gate_agreement import decision_differences
from harness.policy import Policy, Rule
from harness.records import GateDecision
from harness.stages.gate import decide
from tests.tables import score, table

POLICY = Policy(variants=("ift",), rules=(Rule(task="harm", at_most=0.2),))
NOW = decide(table(score("base", 0.1), score("ift", 0.5, 0.45, 0.55)), POLICY)


def changed(**changes: object) -> GateDecision:
    """The decision, its rule changed so."""
    return NOW.model_copy(update={"rules": (NOW.rules[0].model_copy(update=changes),)})


def test_of_what_was_not_changed_nothing_is_said() -> None:
    read = GateDecision.model_validate_json(NOW.model_dump_json())
    assert decision_differences(read, NOW, words=True) == () and decision_differences(None, None, words=True) == ()


@pytest.mark.parametrize("words", [True, False])
@pytest.mark.parametrize(
    ("said", "line"),
    [
        (NOW.model_copy(update={"outcome": "pass"}), "says pass; the policy on the stored scores gives fail"),
        (changed(outcome="pass"), "rule 1: its outcome is pass; the policy on the stored scores gives fail"),
        (changed(measured=0.05), "rule 1: its measured is 0.05; the policy on the stored scores gives 0.5"),
        (changed(threshold=0.9), "rule 1: its threshold is 0.9"),
        (changed(variant="other"), "rule 1: its variant is other"),
        (NOW.model_copy(update={"rules": ()}), "has 0 rules; the policy asks 1"),
        (None, "is missing; the config’s gate gives fail"),
        (
            NOW.model_copy(update={"baseline": BaselineRun(name="b", created="", config_digest="")}),
            "names another baseline than the run keeps",
        ),
    ],
)
def test_other_numbers_are_found_whatever_the_version(said: GateDecision | None, line: str, words: bool) -> None:
    assert decision_differences(said, NOW, words=words)[0].startswith(line)


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (changed(reason="all is well"), "rule 1: its reason is not what the policy gives on the stored scores"),
        (changed(by_numbers="pass"), "rule 1: its by_numbers is not"),
        (NOW.model_copy(update={"unjudged": ("x",), "policy": "strict"}), "its unjudged, policy is not what the run’s"),
    ],
)
def test_other_words_are_found_in_the_same_version(said: GateDecision, line: str) -> None:
    assert decision_differences(said, NOW, words=True)[0].startswith(line)
    assert decision_differences(said, NOW, words=False) == ()


def test_a_file_of_an_earlier_version_has_less_and_agrees() -> None:
    old = changed(rule="old words", reason="old", variant="", task="", reference="", numbers="", by_numbers=None)
    assert decision_differences(old, NOW, words=False) == ()


def test_a_decision_without_a_gate_is_told() -> None:
    assert decision_differences(NOW, None, words=False) == ("says fail; the config has no gate",)
