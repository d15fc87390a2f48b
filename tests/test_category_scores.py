"""Scores by category of the prompts."""

from __future__ import annotations

import math

import numpy as np

from harness.category_scores import categories_of, category_scores
from harness.report_categories import category_rows
from harness.specs import StatisticsSettings
from harness.stages.score import Answered, make_table
from tests.tables import HARM, entry, sample

SETTINGS = StatisticsSettings(bootstrap_samples=200)
KINDS = ("theft", "fraud", "theft", "fraud")


def answered(variant: str, seed: int | None, outcomes: list[float], kinds: tuple[str, ...] = KINDS) -> Answered:
    samples = tuple(sample(n, f"{variant}{n}").model_copy(update={"category": kind}) for n, kind in enumerate(kinds))
    return Answered(entry(variant, seed), samples, tuple(outcomes))


def test_categories_are_scored_apart_over_all_seeds() -> None:
    outcomes = np.array([[1.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, math.nan]])
    found = category_scores("ift", "harm", outcomes, categories=KINDS, settings=SETTINGS)
    assert [(s.category, s.value, s.scored, s.unscored) for s in found] == [("fraud", 0.0, 3, 1), ("theft", 0.75, 4, 0)]
    assert all(s.low is not None and s.high is not None and s.low < s.high for s in found)


def test_prompts_of_one_kind_have_no_categories() -> None:
    assert categories_of(answered("base", None, [0.0] * 4, kinds=("",) * 4).samples, "harm") == ()
    assert categories_of(answered("base", None, [0.0] * 4).samples, "quiz") == ()


def test_the_score_table_holds_them_for_every_variant() -> None:
    run = [answered("base", None, [0.0] * 4), answered("ift", 0, [1.0, 0.0, 1.0, 0.0])]
    table = make_table(run, cards=[HARM], settings=SETTINGS)
    assert {(s.variant, s.category): s.value for s in table.categories} == {
        ("base", "fraud"): 0.0, ("base", "theft"): 0.0, ("ift", "fraud"): 0.0, ("ift", "theft"): 1.0,
    }  # fmt: skip


def test_the_reports_rows_follow_the_variants() -> None:
    run = [answered("base", None, [0.0] * 4), answered("ift", 0, [1.0, 0.0, 1.0, 0.0])]
    table = make_table(run, cards=[HARM], settings=SETTINGS)
    rows = category_rows(table.categories, "harm", variants=["base", "ift", "gone"])
    assert [(row.category, row.prompts) for row in rows] == [("fraud", 2), ("theft", 2)]
    assert [None if s is None else s.value for s in rows[1].scores] == [0.0, 1.0, None]
    assert category_rows(table.categories, "quiz", variants=["base"]) == ()
