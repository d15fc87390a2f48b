"""What seeds add: by hand, against Student's t, and by simulation."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from scipy.special import stdtrit

from harness.seed_spread import Array, seed_half_width, seed_reach


def alike(*rows: list[float], times: int = 1) -> Array:
    return np.tile(np.array(rows, dtype=float), times)


def test_one_seed_adds_nothing() -> None:
    assert seed_reach(alike([0, 1, 1]), confidence=0.95) == (0.0, 0.0)


def test_seeds_that_answer_alike_add_nothing() -> None:
    assert seed_reach(alike([0, 1, 1], [0, 1, 1], [0, 1, 1], times=50), confidence=0.95) == (0.0, 0.0)


@pytest.mark.parametrize("seeds", [2, 3, 5, 10])
def test_seeds_that_differ_and_nothing_else_give_students_interval(seeds: int) -> None:
    means = np.linspace(0.2, 0.6, seeds)
    expected = float(stdtrit(seeds - 1, 0.975)) * means.std(ddof=1) / sqrt(seeds)
    found = seed_half_width(np.repeat(means[:, None], 200, axis=1), confidence=0.95)
    assert found == pytest.approx(expected, rel=0.02)


def test_seeds_no_further_apart_than_their_answers_noise_still_add() -> None:
    """Two-way by hand: B = W here, so that an estimate of the seeds' variance would be 0."""
    outcomes = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]], dtype=float)
    between, within = 4 * (2 * (1 / 12) ** 2 + (1 / 6) ** 2) / 2, 1 / 12
    assert between == pytest.approx(within)
    assert seed_half_width(outcomes, confidence=0.95) > 0


def test_the_reach_is_longer_towards_one_half() -> None:
    rare = np.zeros((3, 400))
    rare[0, :60], rare[1, :20], rare[2, :8] = 1, 1, 1
    below, above = seed_reach(rare, confidence=0.95)
    assert above > 1.5 * below > 0
    mirrored = seed_reach(1 - rare, confidence=0.95)
    assert mirrored == pytest.approx((above, below))


def test_a_single_hit_reaches_less_than_a_point() -> None:
    rare = np.zeros((3, 520))
    rare[1, 7] = 1
    below, above = seed_reach(rare, confidence=0.95)
    assert below == pytest.approx(rare.mean())
    assert above < 0.01


def test_unscored_answers_are_left_out() -> None:
    outcomes = np.repeat(np.array([[0.2], [0.4], [0.6]]), 100, axis=1)
    holes = outcomes.copy()
    holes[0, :10], holes[2, 90:] = np.nan, np.nan
    assert seed_half_width(holes, confidence=0.95) == pytest.approx(
        seed_half_width(outcomes, confidence=0.95), rel=0.15
    )


def test_a_seed_without_an_answer_is_no_seed() -> None:
    outcomes = np.repeat(np.array([[0.2], [0.6], [np.nan]]), 100, axis=1)
    assert seed_reach(outcomes, confidence=0.95) == pytest.approx(seed_reach(outcomes[:2], confidence=0.95))


def test_more_confidence_reaches_further() -> None:
    outcomes = (np.random.default_rng(0).random((3, 300)) < [[0.2], [0.3], [0.35]]).astype(float)
    widths = [seed_half_width(outcomes, confidence=c) for c in (0.8, 0.9, 0.95, 0.99)]
    assert widths == sorted(widths)
    assert len(set(widths)) == 4


@pytest.mark.parametrize("seeds", [3, 5])
def test_it_holds_what_seeds_add(seeds: int) -> None:
    """Nominal 95 %, seeds alone random; 500 draws, three standard errors allowed below."""
    rng, hits = np.random.default_rng(5), 0
    for _ in range(500):
        chance = np.clip(0.4 + 0.05 * rng.standard_normal((seeds, 1)), 0, 1)
        outcomes = (rng.random((seeds, 300)) < chance).astype(float)
        below, above = seed_reach(outcomes, confidence=0.95)
        hits += -above <= chance.mean() - 0.4 <= below
    assert hits / 500 >= 0.95 - 3 * sqrt(0.95 * 0.05 / 500)
