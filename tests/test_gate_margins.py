"""How near a rule was, and what would settle it."""

from __future__ import annotations

import numpy as np
import pytest

from harness.gate_margins import explain
from harness.gate_records import RuleMargin
from harness.policy import Policy, Rule
from harness.records import Score, ScoreTable
from harness.specs import JudgeCalibration, Kappa
from harness.stages.gate import decide
from harness.statistics import wilson
from tests.leakage_sources import checked, overlap
from tests.tables import rise, score, table

AT_MOST = Rule(task="harm", at_most=0.2)
RISE = Rule(task="harm", statistic="rise", at_most=0.1)


def only(found: ScoreTable, rule: Rule, **changes: object) -> RuleMargin:
    (margin,) = explain(found, Policy.model_validate({"variants": ["ift"], "rules": [rule], **changes}))
    return margin


@pytest.mark.parametrize(
    ("low", "value", "high", "bound", "margin"),
    [(0.05, 0.1, 0.15, 0.15, 0.05), (0.1, 0.18, 0.25, 0.25, -0.05), (0.25, 0.3, 0.35, 0.25, -0.05)],
)
def test_the_margin_is_that_of_the_bound_that_decides(
    low: float, value: float, high: float, bound: float, margin: float
) -> None:
    found = only(table(score("ift", value, low, high)), AT_MOST)
    assert found.bound == bound and found.margin == pytest.approx(margin)


def test_at_least_is_its_mirror() -> None:
    found = only(table(score("ift", 0.8, 0.7, 0.9)), Rule(task="harm", at_least=0.6))
    assert found.bound == 0.7 and found.margin == pytest.approx(0.1)


def test_a_point_decides_by_itself() -> None:
    rule = Rule(task="harm", at_most=0.2, bound="point")
    found = only(table(score("ift", 0.18, 0.1, 0.25)), rule)
    assert found.bound == 0.18 and found.margin == pytest.approx(0.02)
    assert found.settle == ()


def test_the_prompts_that_a_share_needs_would_settle_it() -> None:
    wide = wilson(48, 300, confidence=0.95)
    needed = only(table(score("ift", 0.16, wide.low, wide.high)), AT_MOST).prompts_needed
    assert needed is not None and needed > 300
    rng = np.random.default_rng(0)
    shown = [wilson(rng.binomial(needed, 0.16), needed, confidence=0.95).high <= 0.2 for _ in range(2000)]
    assert np.mean(shown) == pytest.approx(0.8, abs=0.04)


def test_a_rise_needs_prompts_by_the_discordance_that_was_measured() -> None:
    change = rise("ift", 0.05, 0.0, 0.12).model_copy(update={"rose": 24, "fell": 9})
    found = only(table(score("base", 0.1), score("ift", 0.15), comparisons=(change,)), RISE)
    z = 1.959964 + 0.841621
    assert found.prompts_needed == int(np.ceil(z**2 * 0.11 / 0.05**2))
    assert f"about {found.prompts_needed - 300} more prompts" in found.settle[0] and "as a pass" in found.settle[0]


def test_a_value_on_the_other_side_would_be_settled_as_a_fail() -> None:
    assert "as a fail" in only(table(score("ift", 0.22, 0.18, 0.26)), AT_MOST).settle[0]


def test_on_the_threshold_no_number_of_prompts_would_do() -> None:
    found = only(table(score("ift", 0.2, 0.15, 0.25)), AT_MOST)
    assert found.prompts_needed is None and "another threshold" in found.settle[0]


def test_seeds_that_differ_are_not_made_good_by_prompts() -> None:
    change = rise("ift", 0.05, -0.2, 0.3).model_copy(update={"rose": 24, "fell": 9})
    found = only(table(score("base", 0.1), score("ift", 0.15, scored=900, seeds=3), comparisons=(change,)), RISE)
    assert found.prompts_needed is None and "more seeds" in found.settle[0]


def test_unscored_samples_few_prompts_and_leaks_are_counted_together() -> None:
    found = table(score("ift", 0.0, 0.0, 0.01, scored=80, unscored=20))
    overlaps = [overlap("harm", n) for n in range(4)]
    found = found.model_copy(update={"leakage": checked(["harm"], prompts=100, overlaps=overlaps)})
    said = only(found, AT_MOST, max_leakage=0.01)
    assert (said.to_score, said.prompts_needed, said.to_replace) == (15, 100, 3)
    assert len(said.settle) == 3


def calibrated(kappa: float, low: float) -> ScoreTable:
    known = JudgeCalibration(
        judge="world", labels_file="labels.csv", labels_digest="0" * 64, rows=100, unscored=0,
        kappa=kappa, low=low, high=0.95, current=True, fitted_on_these=False,
    )  # fmt: skip
    found = table(score("ift", 0.1, 0.05, 0.15))
    return found.model_copy(update={"judges": (("harm", "world"),), "calibrations": (known,)})


@pytest.mark.parametrize(
    ("kappa", "low", "labels"), [(0.9, 0.85, None), (0.9, 0.7, 400), (0.8, 0.6, None), (0.75, 0.6, None)]
)
def test_labels_for_kappa(kappa: float, low: float, labels: int | None) -> None:
    found = only(calibrated(kappa, low), AT_MOST, min_kappa=0.8)
    assert found.labels_needed in (labels, labels and labels + 1)
    assert bool(found.settle) == (low < 0.8)


def test_labels_for_the_kappa_of_refusals() -> None:
    found = calibrated(0.9, 0.85)
    cards = tuple(card.model_copy(update={"counts": ("refuses",)}) for card in found.tasks)
    low = Kappa(kappa=0.9, low=0.7, high=0.95)
    known = tuple(c.model_copy(update={"refusals": low}) for c in found.calibrations)
    said = only(found.model_copy(update={"tasks": cards, "calibrations": known}), AT_MOST, min_kappa=0.8)
    assert said.labels_needed in (400, 401)


def test_a_judge_that_was_not_measured_needs_some_labels() -> None:
    found = calibrated(0.9, 0.85).model_copy(update={"calibrations": ()})
    assert only(found, AT_MOST, min_kappa=0.7).labels_needed == 48
    assert only(found, AT_MOST, min_kappa=1.0).labels_needed is None


@pytest.mark.parametrize("found", [score("ift", None, scored=0), score("ift", 0.1)])
def test_nothing_measured_has_no_margin(found: Score) -> None:
    said = only(table(score("base", 0.1), found), RISE)
    assert said.margin is None and said.settle


@pytest.mark.parametrize("value", [0.1, 0.18, 0.3])
def test_margins_stand_in_the_decisions_order_and_agree_with_it(value: float) -> None:
    found = table(score("base", 0.0, 0.0, 0.1), score("ift", value, value - 0.05, value + 0.05))
    policy = Policy(variants=("ift", "base"), rules=(AT_MOST, Rule(task="harm", at_least=0.05)))
    margins, rules = explain(found, policy), decide(found, policy).rules
    assert [m.rule for m in margins] == [r.rule for r in rules]
    assert all((m.margin or 0) >= 0 for m, r in zip(margins, rules, strict=True) if r.outcome == "pass")
    assert all(bool(m.settle) == (r.outcome == "cant_say") for m, r in zip(margins, rules, strict=True))


def test_what_the_reference_lacks_is_told() -> None:
    fell = rise("ift", -0.75, -0.9, -0.55)
    found = table(score("base", 0.75, scored=20, unscored=380), score("ift", 0.0), comparisons=(fell,))
    told = only(found, Rule(task="harm", statistic="rise", at_most=0.05))
    assert told.settle[0].startswith("of base, score 360 of the 380 unscored samples") and told.to_score == 360
