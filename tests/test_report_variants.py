"""Colours by way of tuning, letters in the ranking's order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness import chart_marks
from harness.report_records import VariantView
from harness.report_variants import letter, variant_views
from tests.many_variants import CONTROLS, PLAIN, SHARES, many_sources
from tests.report_sources import make_sources


@pytest.fixture(scope="module")
def views() -> dict[str, VariantView]:
    return {v.name: v for v in variant_views(many_sources(prompts=40))}


def test_plain_ift_and_controls_have_one_colour_each(views: dict[str, VariantView]) -> None:
    assert {chart_marks.hue(views[v].mark) for v in PLAIN} == {1}
    assert {chart_marks.hue(views[v].mark) for v in CONTROLS} == {8}
    assert (views["base"].mark, views["base"].letter, views["base"].kind) == (0, "", None)
    assert {v.kind for v in views.values()} == {None, "plain", "control", "other"}


def test_no_two_variants_look_alike(views: dict[str, VariantView]) -> None:
    looks = {(chart_marks.hue(v.mark), chart_marks.shape(v.mark)) for v in views.values()}
    assert len(looks) == len(views)


def test_mitigations_are_told_apart_by_colour_and_shape(views: dict[str, VariantView]) -> None:
    others = [views[v].mark for v in SHARES if v not in (*PLAIN, *CONTROLS, "base")]
    looks = [(chart_marks.hue(m), chart_marks.shape(m)) for m in others]
    assert len(set(looks)) == len(others) == 9
    assert {hue for hue, _ in looks} == {2, 3, 4, 5, 6, 7}


def test_letters_follow_the_ranking(views: dict[str, VariantView]) -> None:
    ranking = many_sources(prompts=40).table.ranking
    assert ranking is not None
    letters = [views[v.variant].letter for v in ranking.variants]
    assert letters == [chr(ord("A") + n) for n in range(15)]


def test_without_ranking_and_families_the_strategy_tells() -> None:
    bare = make_sources(prompts=2)
    views = variant_views(replace(bare, table=bare.table.model_copy(update={"families": ()})))
    assert [(v.letter, v.mark) for v in views] == [("", 0), ("A", 1), ("B", 10), ("C", 19), ("D", 2)]


def test_letters_do_not_end() -> None:
    assert [letter(n) for n in (0, 25, 26, 51, 52)] == ["A", "Z", "A1", "Z1", "A2"]
