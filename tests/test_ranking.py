"""The ranking on outcomes whose truth is known."""

from __future__ import annotations

import time

import numpy as np
import pytest

from harness.matched import Measured
from harness.ranking import probabilities_of_least, rank
from harness.ranking_records import RankedVariant, Ranking, RankingParams
from harness.specs import StatisticsSettings
from harness.statistics import Array

SETTINGS = StatisticsSettings()
SEEDS = (0, 1, 2)


def outcomes(share: float, *, prompts: int = 200, seed: int = 0, seeds: int = 3) -> Array:
    return (np.random.default_rng(seed).random((seeds, prompts)) < share).astype(np.float64)


def first(hits: int, *, prompts: int = 100) -> Array:
    """The first prompts have the outcome, under every seed."""
    return np.tile((np.arange(prompts) < hits).astype(np.float64), (3, 1))


def variant(name: str, harm: Array, expertise: Array, seeds: tuple[int, ...] = SEEDS) -> Measured:
    return Measured(name, seeds, (), (("harm", harm), ("quiz", expertise)))


def ranked(*variants: Measured, at_least: float = 0.9, references: tuple[str, ...] = ("ift",)) -> Ranking:
    params = RankingParams(at_least=at_least, harm_task="harm", expertise_task="quiz", references=references)
    return rank(variants, params, settings=SETTINGS)


def of(found: Ranking, name: str) -> RankedVariant:
    return next(v for v in found.variants if v.variant == name)


PLAIN = variant("ift", outcomes(0.6, seed=1), outcomes(0.95, seed=2))


def test_a_clear_winner_is_certain() -> None:
    found = ranked(PLAIN, variant("swat", outcomes(0.03, seed=3), outcomes(0.95, seed=4)))
    assert [(v.variant, v.rank, v.eligible) for v in found.variants] == [("swat", 1, "yes"), ("ift", 2, "yes")]
    assert found.variants[0].probability > 0.99 and found.reference == "ift"


def test_two_equal_variants_share_the_probability() -> None:
    harm, skill = outcomes(0.05, seed=3), outcomes(0.95, seed=4)
    found = ranked(PLAIN, variant("a", harm, skill), variant("b", harm.copy(), skill.copy()))
    assert [of(found, name).probability for name in ("a", "b")] == pytest.approx([0.5, 0.5], abs=0.06)
    assert [of(found, name).rank for name in ("a", "b", "ift")] == [1, 1, 3]


def test_two_that_never_do_harm_share_it_too() -> None:
    skill = outcomes(0.95, seed=4)
    found = ranked(PLAIN, variant("a", first(0, prompts=200), skill), variant("b", first(0, prompts=200), skill))
    assert [of(found, name).probability for name in ("a", "b")] == pytest.approx([0.5, 0.5], abs=0.06)


def test_the_safest_that_learnt_too_little_is_not_ranked() -> None:
    idle = variant("idle", first(0, prompts=200), outcomes(0.4, seed=5))
    found = ranked(PLAIN, idle, variant("swat", outcomes(0.1, seed=3), outcomes(0.95, seed=4)))
    assert [v.variant for v in found.variants] == ["swat", "ift", "idle"]
    assert (of(found, "idle").eligible, of(found, "idle").rank) == ("no", None)
    assert of(found, "idle").probability < 0.005


def test_an_interval_astride_the_bar_is_unclear_and_may_yet_win() -> None:
    near = variant("near", first(0, prompts=200), outcomes(0.855, seed=5))
    found = ranked(PLAIN, near, variant("swat", outcomes(0.2, seed=3), outcomes(0.95, seed=4)))
    one = of(found, "near")
    assert one.kept is not None and one.kept.low < 0.9 < one.kept.high
    assert (one.eligible, one.rank) == ("unclear", None) and 0.1 < one.probability < 0.95
    assert one.probability + of(found, "swat").probability == pytest.approx(1, abs=0.005)


def test_all_variants_draw_the_same_prompts() -> None:
    """The intervals of both overlap by far; prompt for prompt, one never does better."""
    skill = first(95)
    found = ranked(variant("ift", first(90), skill), variant("a", first(30), skill), variant("b", first(37), skill))
    a, b = of(found, "a"), of(found, "b")
    assert a.harm is not None and b.harm is not None and a.harm.high > b.harm.value
    assert a.probability > 0.96


def test_seeds_that_differ_as_wholes_make_it_less_sure() -> None:
    spread = np.repeat([[0.0], [0.0], [1.0]], 100, axis=1)
    skill = first(95)
    found = ranked(variant("ift", first(90), skill), variant("a", spread, skill), variant("b", first(60), skill))
    assert of(found, "a").rank == 1 and 0.6 < of(found, "a").probability < 0.95


def test_the_reference_is_the_best_of_those_named_and_keeps_all_of_itself() -> None:
    low = variant("low", outcomes(0.1, seed=6), outcomes(0.5, seed=7))
    found = ranked(low, PLAIN, references=("low", "ift"))
    kept = of(found, "ift").kept
    assert found.reference == "ift"
    assert kept is not None and (kept.value, kept.low, kept.high) == (1, 1, 1)


def test_without_a_scored_reference_nothing_is_ranked() -> None:
    blank = variant("ift", outcomes(0.5), np.full((3, 200), np.nan))
    none = variant("ift", outcomes(0.5), np.zeros((3, 200)))
    other = variant("a", outcomes(0.1), outcomes(0.9))
    assert all((f.reference, f.variants) == (None, ()) for f in (ranked(blank, other), ranked(none, other)))


def test_a_variant_without_harm_scores_is_unclear_and_never_wins() -> None:
    found = ranked(PLAIN, variant("blank", np.full((3, 200), np.nan), outcomes(0.95, seed=4)))
    blank = of(found, "blank")
    assert (blank.harm, blank.eligible, blank.rank, blank.probability) == (None, "unclear", None, 0.0)


def test_the_base_is_left_out_and_its_expertise_told() -> None:
    base = variant("base", outcomes(0.01, seeds=1), outcomes(0.475, seeds=1, seed=8), seeds=())
    found = ranked(base, PLAIN)
    assert [v.variant for v in found.variants] == ["ift"]
    assert found.base_kept == pytest.approx(0.5, abs=0.08)


def test_the_same_outcomes_give_the_same_ranking() -> None:
    other = variant("a", outcomes(0.5, seed=9), outcomes(0.9, seed=10))
    assert ranked(PLAIN, other) == ranked(PLAIN, other)


def test_one_seed_is_enough_for_prompts() -> None:
    one = variant("ift", outcomes(0.6, seeds=1), outcomes(0.9, seeds=1), seeds=(0,))
    other = variant("a", outcomes(0.1, seeds=1, seed=3), outcomes(0.9, seeds=1), seeds=(0,))
    assert ranked(one, other).variants[0].probability > 0.99


def test_a_draw_in_which_none_qualifies_counts_for_nobody() -> None:
    harm, able = np.array([[0.1, 0.2], [0.1, 0.2], [0.3, 0.3]]), np.array([[False, False], [False, True], [True, True]])
    assert probabilities_of_least(harm, able).tolist() == pytest.approx([1 / 6, 1 / 2])


def test_fifteen_variants_take_seconds() -> None:
    started = time.monotonic()
    many = [variant(f"v{n}", outcomes(n / 20, prompts=500, seed=n), outcomes(0.9, prompts=500)) for n in range(15)]
    found = ranked(*many, references=("v14",))
    assert len(found.variants) == 15 and time.monotonic() - started < 10
