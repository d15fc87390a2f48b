"""Intervals and tests, against scipy and by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from harness import statistics
from harness.statistics import Array


def rows(*values: list[float]) -> Array:
    return np.array(values, dtype=np.float64)


@pytest.mark.parametrize(("successes", "n"), [(0, 10), (3, 10), (10, 10), (61, 520)])
def test_wilson_is_scipys(successes: int, n: int) -> None:
    ours = statistics.wilson(successes, n, confidence=0.95)
    theirs = stats.binomtest(successes, n).proportion_ci(0.95, method="wilson")
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


@pytest.mark.parametrize(("successes", "n"), [(1, 0), (-1, 5), (6, 5)])
def test_wilson_refuses_what_is_no_share(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match="successes"):
        statistics.wilson(successes, n, confidence=0.95)


@pytest.mark.parametrize(("rose", "fell"), [(0, 0), (5, 0), (3, 9), (20, 31), (1480, 1520), (0, 1100)])
def test_mcnemar_is_the_binomial_test(rose: int, fell: int) -> None:
    expected = 1.0 if rose + fell == 0 else stats.binomtest(rose, rose + fell, 0.5).pvalue
    assert statistics.mcnemar(rose, fell) == pytest.approx(expected, abs=1e-12)


def test_holm_by_hand() -> None:
    assert statistics.holm([0.01, 0.04, 0.03]) == pytest.approx((0.03, 0.06, 0.06))


def test_holm_never_exceeds_one_and_keeps_order() -> None:
    assert statistics.holm([0.9, 0.8]) == (1.0, 1.0)


def test_a_share_over_seeds_weighs_prompts_alike() -> None:
    found = statistics.clustered_share(rows([1, 0, 0], [1, 1, 0]), confidence=0.95, samples=500, seed=0)
    assert found is not None
    assert found.value == pytest.approx(0.5)
    assert found.low < 0.5 < found.high


def test_the_same_seed_gives_the_same_interval() -> None:
    outcomes = np.random.default_rng(0).integers(0, 2, (3, 80)).astype(float)
    one, two = (statistics.clustered_share(outcomes, confidence=0.95, samples=300, seed=7) for _ in range(2))
    assert one == two


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_no_variation_does_not_give_certainty(value: float) -> None:
    found = statistics.clustered_share(np.full((3, 100), value), confidence=0.95, samples=200, seed=0)
    assert found is not None
    assert found.high - found.low == pytest.approx(0.037, abs=0.001)


def test_unscored_prompts_are_left_out_of_the_share() -> None:
    found = statistics.clustered_share(rows([1, np.nan, 0]), confidence=0.95, samples=200, seed=0)
    assert found is not None
    assert found.value == 0.5


def test_nothing_scored_gives_nothing() -> None:
    assert statistics.clustered_share(rows([np.nan, np.nan]), confidence=0.95, samples=200, seed=0) is None


def test_a_paired_difference_is_narrower_than_two_unpaired_shares() -> None:
    base = np.random.default_rng(1).integers(0, 2, (1, 300)).astype(float)
    tuned = base.copy()
    tuned[0, :15] = 1 - tuned[0, :15]
    found = statistics.paired_difference(tuned, base, confidence=0.95, samples=500, seed=0)
    assert found is not None
    assert found.high - found.low < 0.06


def test_no_discordant_prompt_still_has_width() -> None:
    same = np.zeros((2, 200))
    found = statistics.paired_difference(same, same, confidence=0.95, samples=200, seed=0)
    assert found is not None
    assert found.low < 0 == found.value < found.high


def test_prompts_unscored_on_one_side_drop_out_of_both() -> None:
    found = statistics.paired_difference(
        rows([1, 1, np.nan]), rows([0, 1, 0]), confidence=0.95, samples=200, seed=0
    )
    assert found is not None
    assert found.value == 0.5


def test_majority_over_seeds() -> None:
    flags = statistics.majority(rows([1, 0, np.nan], [1, 0, np.nan], [0, 0, np.nan]))
    assert flags[:2].tolist() == [1, 0]
    assert np.isnan(flags[2])


def test_intervals_of_one_seed_cover_the_truth() -> None:
    """Coverage over 400 draws of 150 prompts; 95 % nominal, four standard errors allowed."""
    rng = np.random.default_rng(3)
    hits = 0
    for draw in range(400):
        outcomes = (rng.random((1, 150)) < 0.3).astype(float)
        found = statistics.clustered_share(outcomes, confidence=0.95, samples=400, seed=draw)
        assert found is not None
        hits += found.low <= 0.3 <= found.high
    assert 0.90 <= hits / 400 <= 0.99


def test_intervals_of_differences_cover_the_truth() -> None:
    rng = np.random.default_rng(4)
    hits = 0
    for draw in range(300):
        base = (rng.random((1, 200)) < 0.2).astype(float)
        tuned = np.where(rng.random((1, 200)) < 0.25, 1.0, base)
        found = statistics.paired_difference(tuned, base, confidence=0.95, samples=400, seed=draw)
        assert found is not None
        hits += found.low <= 0.2 <= found.high
    assert 0.90 <= hits / 300 <= 0.99


def test_unpaired_differences_are_newcombes_example() -> None:
    sides = [statistics.wilson(hits, n, confidence=0.95) for hits, n in ((56, 70), (48, 80))]
    found = statistics.unpaired_difference(*sides)
    assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=1e-4)
