"""Resampled prompts and seeds: against Jeffreys' and Student's intervals, and by hand."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from scipy import stats

from harness.resamples import (
    Resamples,
    SeededOutcomes,
    SeedPart,
    Spread,
    level_spread,
    make_resamples,
    moved,
    percentiles,
    seed_scale,
    share_spreads,
    weighed,
    worlds,
)
from harness.seed_spread import seed_half_width
from harness.statistics import Array

SEEDS = tuple(range(8))


def resampled(*outcomes: Array, seeds: tuple[int, ...] = SEEDS, samples: int = 4000) -> tuple[list[Spread], Resamples]:
    """One variant for each (seeds, prompts)."""
    drawn = make_resamples(seeds, samples=samples, seed=0)
    answers = [SeededOutcomes(seeds[: len(o)], o) for o in outcomes]
    return [s for s in share_spreads(answers, drawn, task="t") if s is not None], drawn


def draws(*outcomes: Array, seeds: tuple[int, ...] = SEEDS, samples: int = 4000) -> list[Array]:
    """Each variant's share in each world."""
    found, drawn = resampled(*outcomes, seeds=seeds, samples=samples)
    return [worlds(spread, drawn) for spread in found]


def bernoulli(share: float, seeds: int, prompts: int, seed: int = 0) -> Array:
    return (np.random.default_rng(seed).random((seeds, prompts)) < share).astype(np.float64)


@pytest.mark.parametrize("hits", [0, 1, 30, 100])
def test_one_seed_gives_jeffreys_interval(hits: int) -> None:
    (found,) = draws(np.array([[1.0] * hits + [0.0] * (100 - hits)]), samples=20_000)
    expected = stats.beta.ppf([0.025, 0.975], hits + 0.5, 100 - hits + 0.5)
    assert np.quantile(found, [0.025, 0.975]) == pytest.approx(expected, abs=0.006)


def test_seeds_alone_give_students_interval() -> None:
    """A mean of four numbers."""
    values = np.array([0.4, 0.5, 0.5, 0.6])
    drawn = make_resamples(range(4), samples=40_000, seed=0)
    found = level_spread(values.tolist(), range(4), drawn)
    expected = stats.t.interval(0.95, 3, loc=0.5, scale=values.std(ddof=1) / 2)
    assert np.quantile(worlds(found, drawn), [0.025, 0.975]) == pytest.approx(expected, abs=0.01)


def test_variance_counts_prompts_seeds_and_answers_once() -> None:
    """Neither prompts nor seeds differ: the draws' variance is near that of 8 × 400 single answers."""
    (found,) = draws(bernoulli(0.3, 8, 400))
    assert found.std() == pytest.approx(sqrt(0.3 * 0.7 / 3200), rel=0.5)


def test_variants_share_the_weights_of_prompts_and_seeds() -> None:
    one = bernoulli(0.3, 8, 200)
    same, other = draws(one, one.copy()), draws(one, bernoulli(0.3, 8, 200, seed=1))
    assert (same[0] - same[1]).std() < 0.3 * (other[0] - other[1]).std()


def test_seeds_are_paired_by_number_not_by_row() -> None:
    rows = np.repeat([[0.0], [1.0], [0.0], [1.0]], 50, axis=1)
    drawn = make_resamples([4, 5, 6, 7], samples=500, seed=0)
    answers = [SeededOutcomes((4, 5, 6, 7), rows), SeededOutcomes((7, 6, 5, 4), rows[::-1])]
    one, two = share_spreads(answers, drawn, task="t")
    assert one is not None and two is not None
    assert np.corrcoef(worlds(one, drawn), worlds(two, drawn))[0, 1] > 0.95


def test_unscored_answers_are_left_out() -> None:
    outcomes = np.array([[1, np.nan, 0, np.nan], [1, 1, np.nan, np.nan]])
    (found,), drawn = resampled(outcomes)
    assert found.value == pytest.approx(2 / 3)
    assert not np.isnan(worlds(found, drawn)).any()


def test_an_unscored_seed_counts_as_no_seed() -> None:
    rows = bernoulli(0.5, 3, 60)
    (two,) = draws(rows[:2], seeds=(0, 1, 2))
    (with_none,) = draws(np.vstack([rows[:2], np.full((1, 60), np.nan)]), seeds=(0, 1, 2))
    assert np.array_equal(with_none, two)


def test_nothing_scored_is_nothing() -> None:
    drawn = make_resamples([0], samples=300, seed=0)
    answers = [SeededOutcomes((0,), np.array([[np.nan]])), SeededOutcomes((0,), np.array([[1.0]]))]
    none, some = share_spreads(answers, drawn, task="t")
    assert none is None and some is not None


def test_the_same_seed_gives_the_same_draws() -> None:
    one, two = (draws(bernoulli(0.3, 3, 50))[0] for _ in range(2))
    assert np.array_equal(one, two)


# ---------------------------------------------------------------- what seeds do


def test_the_noise_of_answers_is_that_of_the_two_way_layout() -> None:
    """W of seed_spread.py over the number of answers, near p (1 - p) over it where prompts are alike."""
    (found,), _ = resampled(bernoulli(0.3, 5, 2000))
    assert found.seeds.noise == pytest.approx(0.3 * 0.7 / 10_000, rel=0.1)
    assert found.seeds.count == 5


def test_deviations_make_the_variance_of_the_mean() -> None:
    drawn = make_resamples((3, 5, 9), samples=10, seed=0)
    part = level_spread([0.1, 0.4], (5, 3), drawn).seeds
    assert part.deviations == pytest.approx([0.3 / 2 / 2**0.5, -0.3 / 2 / 2**0.5, 0])
    assert part.variance == pytest.approx(np.var([0.1, 0.4], ddof=1) / 2)


def test_a_sum_has_the_deviations_of_its_parts_and_the_noise_of_both() -> None:
    drawn = make_resamples(range(2), samples=10, seed=0)
    one, two = SeedPart(np.array([0.1, -0.1]), 0.01, 2), SeedPart(np.array([0.3, -0.3]), 0.04, 5)
    found = weighed([(1.0, one), (-0.5, two)], drawn)
    assert found.deviations == pytest.approx([-0.05, 0.05])
    assert found.noise == pytest.approx(0.01 + 0.25 * 0.04)
    assert found.count == 2


def test_a_part_of_no_weight_or_of_one_seed_does_not_lower_the_number_of_seeds() -> None:
    drawn = make_resamples(range(3), samples=10, seed=0)
    still = np.zeros(3)
    parts = [(1.0, SeedPart(still, 0.0, 3)), (0.0, SeedPart(still, 0.0, 2)), (1.0, SeedPart(still, 0.0, 1))]
    assert weighed(parts, drawn).count == 3
    assert weighed([], drawn).count == 0


@pytest.mark.parametrize(("seeds", "apart"), [(3, False), (5, False), (2, True)])
def test_seeds_within_noise_are_alike_for_an_interval_but_two_never(seeds: int, apart: bool) -> None:
    drawn = make_resamples(range(seeds), samples=200, seed=0)
    part = SeedPart(np.full(seeds, 0.01), 0.0003 * seeds, seeds)
    assert bool(seed_scale(part, drawn, alike=True).any()) == apart
    assert seed_scale(part, drawn, alike=False).any()


@pytest.mark.parametrize("level", [0.4, 0.6])
def test_seeds_are_told_apart_at_a_level_of_one_half(level: float) -> None:
    drawn = make_resamples(range(4), samples=200, seed=0)
    ratio = float(stats.chi2.isf(level, 3)) / 3
    part = SeedPart(np.array([1.0, -1.0, 0.0, 0.0]), 2 / ratio, 4)
    assert bool(seed_scale(part, drawn, alike=True).any()) == (level < 0.5)


def test_seeds_of_one_number_move_it_as_seed_spread_says() -> None:
    """The middle 95 % of what is drawn is its half width."""
    outcomes = (np.random.default_rng(4).random((4, 300)) < [[0.2], [0.3], [0.4], [0.5]]).astype(float)
    (found,), drawn = resampled(outcomes, seeds=(0, 1, 2, 3), samples=60_000)
    far = np.abs(moved(found.seeds, seed_scale(found.seeds, drawn, alike=True), drawn))
    assert np.quantile(far, 0.95) == pytest.approx(seed_half_width(outcomes, confidence=0.95), rel=0.03)


def test_an_endless_draw_leaves_the_other_percentile_alone() -> None:
    low, high = percentiles(np.array([0.1] * 50 + [np.inf] * 50), 0.9)
    assert (low, high) == (0.1, np.inf)
