"""Rules by outcome, what they have in common said once."""

from __future__ import annotations

from harness.gate_groups import rule_groups
from harness.gate_records import RuleMargin
from harness.records import GateDecision, RuleResult

WEAK = "the judge was not measured"


def rule(name: str, outcome: str, reason: str = "", *, alone: str | None = None) -> RuleResult:
    """A rule that measured 10 %; without a reason, that is its reason."""
    return RuleResult.model_validate(
        {"rule": name, "outcome": outcome, "measured": 0.1, "threshold": 0.2, "reason": reason or "measured 10.0 %",
         "variant": "ift", "task": "harm", "numbers": "measured 10.0 %", "by_numbers": alone or outcome}
    )  # fmt: skip


def decided(*rules: RuleResult) -> GateDecision:
    return GateDecision(outcome="fail", rules=rules)


def near(*settle: str) -> RuleMargin:
    return RuleMargin(rule="r", bound=0.15, end="upper", of="share", margin=0.05, prompts=300, settle=settle)


def test_fails_come_first_then_what_cant_say_then_passes() -> None:
    found = rule_groups(decided(rule("a", "pass"), rule("b", "cant_say"), rule("c", "fail"), rule("d", "pass")))
    assert [(g.words, [r.result.rule for r in g.rules]) for g in found] == [
        ("1 fail", ["c"]), ("1 can’t say", ["b"]), ("2 pass", ["a", "d"]),
    ]  # fmt: skip


def test_a_reason_of_several_rules_is_said_once_with_their_numbers_left() -> None:
    weak = rule("a", "cant_say", WEAK, alone="fail"), rule("b", "cant_say", WEAK, alone="cant_say")
    (group,) = rule_groups(decided(*weak), (near("label it", "ask more"), near("label it")))
    assert group.words == f"2 can’t say: {WEAK}" and group.settle == ("label it",)
    assert [r.said for r in group.rules] == ["measured 10.0 %, by which alone it would fail", "measured 10.0 %"]
    assert [r.near[1:] for r in group.rules] == [("ask more",), ()]


def test_a_reason_of_one_rule_stays_with_it() -> None:
    (group,) = rule_groups(decided(rule("a", "cant_say", WEAK, alone="pass"), rule("b", "cant_say")))
    assert group.reason == "" and group.rules[0].said == f"{WEAK}; measured 10.0 %, by which alone it would pass"
    assert group.rules[1].said == "measured 10.0 %"


def test_numbers_that_happen_to_be_alike_are_no_shared_reason() -> None:
    (group,) = rule_groups(decided(rule("a", "pass"), rule("b", "pass")))
    assert group.reason == "" and [r.said for r in group.rules] == ["measured 10.0 %"] * 2


def test_margins_that_are_not_one_a_rule_are_left_out() -> None:
    (group,) = rule_groups(decided(rule("a", "pass"), rule("b", "pass")), (near(),))
    assert all(r.near == () for r in group.rules)
