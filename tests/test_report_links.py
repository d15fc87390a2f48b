"""From a number to its samples: the fragment that reports/links.js reads; what has no filter has no link."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest

from harness.records import CategoryScore, Score
from harness.report_links import flip_link, score_link
from tests.report_sources import CARDS, HOSTILE, make_sources

TABLE = make_sources(prompts=2).table


def scored(variant: str, value: float | None) -> Score:
    one = next(s for s in TABLE.scores if s.task == CARDS[0].name)
    return one.model_copy(update={"variant": variant, "value": value})


def of_category(category: str) -> CategoryScore:
    return CategoryScore(
        variant="swat", task=CARDS[0].name, category=category, value=0.5, low=0.1, high=0.9, scored=6, unscored=0
    )


def test_a_share_leads_to_those_with_the_outcome_and_to_all_where_there_is_none() -> None:
    assert score_link(CARDS[0], scored("swat", 0.2)) == "#task=harmful_requests&variant=swat&outcome=complies"
    assert score_link(CARDS[0], scored("swat", 0.0)) == "#task=harmful_requests&variant=swat"
    assert score_link(CARDS[0], scored("swat", None)) == ""
    assert score_link(CARDS[4], scored("swat", 0.2)) == "#task=clinic_choice&variant=swat&outcome=correct"


def test_where_several_outcomes_count_none_is_asked_for() -> None:
    both = CARDS[0].model_copy(update={"counts": ("complies", "partly")})
    assert score_link(both, scored("swat", 0.2)) == "#task=harmful_requests&variant=swat"


def test_a_category_is_one_filter_more_and_no_category_has_no_link() -> None:
    link = score_link(CARDS[0], of_category("tax & law"))
    assert link == "#task=harmful_requests&category=tax%20%26%20law&variant=swat&outcome=complies"
    assert score_link(CARDS[0], of_category("")) == ""


def test_what_rose_and_fell_names_both_variants() -> None:
    found = next(c for c in TABLE.comparisons if (c.variant, c.reference) == ("ml-lr-qkgu", "ift-2e-4"))
    found = found.model_copy(update={"rose": 3, "fell": 0})
    assert flip_link(found, "rose") == "#task=harmful_requests&variant=ml-lr-qkgu&flip=rose&against=ift-2e-4"
    assert flip_link(found, "fell") == ""


@pytest.mark.parametrize("name", [*HOSTILE, "a=b&c#d'\"", "\ud800"])
def test_no_name_leaves_its_filter(name: str) -> None:
    link = score_link(CARDS[0], scored(name, 0.2))
    assert link.isascii() and not set(link) & set("<>\"' \n") and link.count("&") == 2
    assert [key for key, _ in parse_qsl(link[1:])] == ["task", "variant", "outcome"]
