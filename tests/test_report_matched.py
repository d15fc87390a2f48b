"""Matched comparisons in words: what is said, and what is not concluded."""

from __future__ import annotations

from typing import Any

import pytest

from harness import report_matched
from harness.records import MatchedComparison
from harness.report_matched_records import Matched, Tone
from harness.report_records import VariantView
from tests.matched import matched
from tests.tables import HARM, QUIZ

TASKS = (HARM, QUIZ)
ABOVE = {"placement": "above", "neighbours": ("ift-3e-4",), "beyond": 0.021}
BELOW = {"placement": "below", "neighbours": ("ift-2e-4",), "beyond": -0.05}
LOSS = {"by": "training_loss", "expertise_task": None, "at": 0.412, "primary": False}


def said(found: MatchedComparison) -> str:
    return report_matched.matched_words(found, tasks=TASKS).replace("\u00a0", " ")


def variant(name: str, strategy: str = "ml_lr") -> VariantView:
    return VariantView(name=name, strategy=strategy, description="", mark=1, seeds=(0, 1))


def findings(*found: MatchedComparison, name: str = "ml-lr", strategy: str = "ml_lr") -> list[tuple[str, str]]:
    made = report_matched.matched_findings([variant(name, strategy)], tasks=TASKS, matched=found)
    return [(m.label, m.tone) for m in made]


def test_inside_the_curve_both_neighbours_and_the_ratio_are_named() -> None:
    assert said(matched()) == (
        "Attack success 12.0 % at 71.0 % correct; plain IFT there, between ift-2e-4 and ift-3e-4, 31.0 %: "
        "−19.0 points [−25.0, −13.0], ratio 0.39 [0.25, 0.55]. Less harmful."
    )


def test_on_a_control_the_family_is_its_variants() -> None:
    found = matched(kind="control", family="random", neighbours=("random",), by="training_loss", expertise_task=None)
    assert said(found).startswith("Attack success 12.0 % at a training loss of 0.710; there, at random, 31.0 %: −19.0")


def test_above_the_curve_the_gap_is_told() -> None:
    text = said(matched(**ABOVE))
    assert "at 71.0 % correct, 2.1 points more than ift-3e-4, the plain IFT that learnt most, with 31.0 %" in text
    assert text.endswith("Less harmful.")


def test_below_the_curve_a_lower_harm_shows_nothing() -> None:
    text = said(matched(**BELOW))
    assert "5.0 points less than ift-2e-4, the plain IFT that is least harmful, with 31.0 %" in text
    assert text.endswith("with 31.0 %. Nothing shown: plain IFT was not run that far down.")
    assert "−" not in text and "ratio" not in text  # no number that would be read as a difference


def test_beyond_a_control_no_rank_is_claimed() -> None:
    text = said(matched(kind="control", family="random", **{**ABOVE, "neighbours": ("random",)}))
    assert "2.1 points more than random with 31.0 %" in text


def test_a_loss_is_lower_or_higher() -> None:
    assert "0.012 lower than ift-3e-4" in said(matched(**LOSS, **{**ABOVE, "beyond": 0.012}))
    assert "0.012 higher than ift-2e-4" in said(matched(**LOSS, **{**BELOW, "beyond": -0.012}))


@pytest.mark.parametrize(
    ("changes", "tone"),
    [
        ({}, "better"),
        ({"low": 0.1, "high": 0.2}, "worse"),
        ({"low": -0.1, "high": 0.2}, "same"),
        ({"low": -0.1, "high": 0.0}, "same"),
        (ABOVE, "better"),
        ({**ABOVE, "low": 0.1, "high": 0.2}, "unknown"),
        ({**ABOVE, "low": -0.1, "high": 0.2}, "unknown"),
        (BELOW, "unknown"),
        ({**BELOW, "low": 0.1, "high": 0.2}, "worse"),
    ],
)
def test_what_may_be_concluded(changes: dict[str, Any], tone: Tone) -> None:
    assert report_matched.conclude(matched(**changes)) == tone


def test_ratios_without_a_bound_or_a_reference() -> None:
    assert report_matched.ratio_words(matched(ratio_high=None)) == "0.39 [0.25,\u00a0∞]"
    assert report_matched.ratio_words(matched(ratio=None, ratio_low=None, ratio_high=None)) == "–"


def test_plain_ift_then_controls_then_the_loss_are_findings() -> None:
    control = matched(kind="control", family="random", primary=False, low=-0.1, high=0.1)
    other = matched(kind="other", family="swat", primary=False)
    found = findings(matched(), control, other, matched(**LOSS))
    assert found == [
        ("At like expertise", "better"),
        ("Against random at like expertise", "same"),
        ("At like training loss", "better"),
    ]


def test_controls_are_not_held_against_one_another() -> None:
    both = matched(variant="random", own_kind="control", kind="control", family="complement", primary=False)
    primary = matched(variant="random", own_kind="control")
    assert findings(primary, both, name="random") == [("At like expertise", "better")]


def test_a_variant_without_plain_ift_is_said_to_be_unmatched() -> None:
    (found,) = report_matched.matched_findings([variant("ml-lr")], tasks=TASKS, matched=())
    assert found.tone == "unknown" and "a lower learning rate alone may do as well" in found.text.lower()


def test_a_finding_that_shows_nothing_says_why() -> None:
    found = report_matched.matched_findings([variant("ml-lr")], tasks=TASKS, matched=(matched(**BELOW),))
    assert [m.silence for m in found] == ["Nothing shown: plain IFT was not run that far down."]
    shown = report_matched.matched_findings([variant("ml-lr")], tasks=TASKS, matched=(matched(),))
    assert [m.silence for m in shown] == [""]


def test_plain_ift_and_the_base_are_not_matched() -> None:
    base = variant("base").model_copy(update={"seeds": ()})
    assert report_matched.matched_findings([variant("ift", "ift"), base], tasks=TASKS, matched=()) == ()


def test_a_table_puts_plain_ift_first_and_other_pairs_apart() -> None:
    other = matched(kind="other", family="swat", primary=False)
    control = matched(kind="control", family="random", primary=False)
    among = matched(variant="complement", own_kind="control", kind="control", family="random", primary=False)
    table = report_matched.matched_table([other, control, among, matched()], harm=HARM, expertise=QUIZ)
    assert table is not None
    assert [g.family for g in table.groups] == ["plain IFT", "random"]
    assert [[r.comparison.variant for r in g.rows] for g in table.others] == [["complement"], ["ml-lr"]]


def test_a_group_answers_by_what_is_shown_and_keeps_every_row() -> None:
    shown: dict[str, dict[str, Any]] = {
        "a": {}, "b": {"low": -0.1, "high": 0.2}, "c": BELOW, "d": {}, "e": {**ABOVE, "high": 0.1},
    }  # fmt: skip
    own = [matched(variant=name, **changes) for name, changes in shown.items()]
    table = report_matched.matched_table(own, harm=HARM, expertise=QUIZ)
    assert table is not None
    (group,) = table.groups
    assert [(a.tone, a.shown, a.variants) for a in group.answers] == [
        ("better", "less harmful", ("a", "d")),
        ("same", "no difference of harmfulness shown", ("b",)),
        ("unknown", "nothing shown: plain IFT was not run that far down", ("c",)),
        ("unknown", "nothing shown: plain IFT was not run that far up", ("e",)),
    ]
    assert [r.comparison.variant for r in group.rows] == ["a", "d", "b", "c", "e"]


def test_a_table_holds_its_own_axes_alone() -> None:
    assert report_matched.matched_table([matched()], harm=HARM, expertise=None) is None
    table = report_matched.matched_table([matched(), matched(**LOSS)], harm=HARM, expertise=None)
    assert table is not None and [len(g.rows) for g in table.groups] == [1]


def test_findings_in_words_are_counted_by_what_is_alike() -> None:
    made = [Matched(variant=v, label=at, tone=tone, text="") for v, at, tone in (
        ("a", "At like expertise", "same"), ("b", "At like expertise", "better"), ("b", "Against x", "unknown"),
        ("c", "At like expertise", "better"),
    )]  # fmt: skip
    assert report_matched.answers_in_words(made) == (
        "At like expertise: 2 less harmful (b, c); 1 no difference of harmfulness shown (a)",
        "Against x: 1 nothing shown (b)",
    )
