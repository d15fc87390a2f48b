"""What seeds add: by hand, against Student's t, and by simulation."""

from __future__ import annotations

from math import hypot, sqrt

import numpy as np
import pytest
from scipy.special import stdtrit
from scipy.stats import f, ttest_ind

from harness.seed_spread import Array, difference_reach, seed_half_width, seed_reach


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


@pytest.mark.parametrize("share", [0.2, 0.8])
@pytest.mark.parametrize("seeds", [3, 5, 10])
def test_a_side_is_added_where_an_f_test_tells_seeds_apart(seeds: int, share: float) -> None:
    """Two-way by hand, p by scipy: above, a level of 0.5 at a share of 0 that falls to 0.3 at 1; below, the mirror."""
    rng, told = np.random.default_rng(3), set()
    for _ in range(100):
        outcomes = (rng.random((seeds, 400)) < share + 0.01 * rng.standard_normal((seeds, 1))).astype(float)
        effects = outcomes.mean(axis=1) - outcomes.mean()
        rest = outcomes - outcomes.mean(axis=0) - effects[:, None]
        between, within = 400 * (effects**2).sum() / (seeds - 1), (rest**2).sum() / ((seeds - 1) * 399)
        p = f.sf(between / within, seeds - 1, (seeds - 1) * 399)
        below, above = seed_reach(outcomes, confidence=0.95)
        mean = outcomes.mean()
        assert (below > 0, above > 0) == (p < 0.3 + 0.2 * mean, p < 0.5 - 0.2 * mean)
        told.add((below > 0, above > 0))
    assert len(told) == 3


def test_both_sides_of_one_half_are_alike() -> None:
    outcomes = np.zeros((3, 300))
    outcomes[0, :165], outcomes[1, 100:250], outcomes[2, 150:285] = 1, 1, 1
    assert outcomes.mean() == 0.5
    below, above = seed_reach(outcomes, confidence=0.95)
    assert below == pytest.approx(above)
    assert below > 0


def test_two_seeds_are_never_taken_for_alike() -> None:
    """B = W here."""
    outcomes = np.array([[1, 0, 0, 0], [0, 0, 0, 0]], dtype=float)
    assert min(seed_reach(outcomes, confidence=0.95)) > 0


def test_the_reach_is_longer_towards_one_half() -> None:
    rare = np.zeros((3, 400))
    rare[0, :60], rare[1, :20], rare[2, :8] = 1, 1, 1
    below, above = seed_reach(rare, confidence=0.95)
    assert above > 1.5 * below > 0
    mirrored = seed_reach(1 - rare, confidence=0.95)
    assert mirrored == pytest.approx((above, below))


def test_a_single_hit_reaches_little_further_than_a_point() -> None:
    """It is no sign that seeds differ (B = W), and the side below has no need of it."""
    rare = np.zeros((3, 520))
    rare[1, 7] = 1
    below, above = seed_reach(rare, confidence=0.95)
    assert below == 0
    assert 0 < above < 0.012


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


@pytest.mark.parametrize(("seeds", "apart"), [(3, 0.0), (3, 0.2), (3, 0.5), (5, 0.0), (5, 0.2), (10, 0.1)])
def test_with_the_prompts_part_it_holds_the_mean_over_all_seeds(seeds: int, apart: float) -> None:
    """Nominal 95 %, 93 to 97 % aimed at; 1500 draws, three standard errors allowed on either side.

    Prompts are equally hard, so that their part is known: the binomial noise of the answers. `apart` is the standard
    deviation of seeds on the scale of log odds.
    """
    rng, hits, prompts = np.random.default_rng(5), 0, 300
    truth = float((1 / (1 + np.exp(-apart * rng.standard_normal(400_000)))).mean())
    for _ in range(1500):
        chance = 1 / (1 + np.exp(-apart * rng.standard_normal((seeds, 1))))
        outcomes = (rng.random((seeds, prompts)) < chance).astype(float)
        below, above = seed_reach(outcomes, confidence=0.95)
        noise = 1.96 * float(np.sqrt((outcomes.mean(axis=1) * (1 - outcomes.mean(axis=1))).sum() / prompts)) / seeds
        hits += -hypot(above, noise) <= outcomes.mean() - truth <= hypot(below, noise)
    assert 0.93 - 3 * sqrt(0.93 * 0.07 / 1500) <= hits / 1500 <= 0.97 + 3 * sqrt(0.97 * 0.03 / 1500)


def test_two_seeds_err_on_the_wide_side() -> None:
    """They cannot tell whether they differ: a test of it at any level would let them miss far too often."""
    rng, hits = np.random.default_rng(5), 0
    for _ in range(1000):
        chance = np.clip(0.5 + 0.05 * rng.standard_normal((2, 1)), 0, 1)
        outcomes = (rng.random((2, 300)) < chance).astype(float)
        below, above = seed_reach(outcomes, confidence=0.95)
        noise = 1.96 * sqrt(0.25 / 600)
        hits += -hypot(above, noise) <= outcomes.mean() - 0.5 <= hypot(below, noise)
    assert hits / 1000 >= 0.95


# ---------------------------------------------------------------- differences


def level(*means: float) -> Array:
    """Seeds that answer every prompt alike."""
    return np.repeat(np.array(means)[:, None], 200, axis=1)


def test_a_reference_of_one_seed_leaves_the_variants_reach() -> None:
    variant, base = level(0.1, 0.2, 0.3), level(0.1)
    for same in (True, False):
        found = difference_reach(variant, base, same_seeds=same, confidence=0.95)
        assert found == pytest.approx(seed_reach(variant, confidence=0.95))
    below, above = difference_reach(base, variant, same_seeds=False, confidence=0.95)
    assert (above, below) == pytest.approx(seed_reach(variant, confidence=0.95))


def test_variants_that_follow_each_other_seed_by_seed_do_not_differ() -> None:
    one, other = level(0.1, 0.2, 0.3), level(0.3, 0.4, 0.5)
    assert difference_reach(other, one, same_seeds=True, confidence=0.95) == pytest.approx((0, 0), abs=1e-6)
    assert min(difference_reach(other, one, same_seeds=False, confidence=0.95)) > 0.1


def test_the_same_seeds_give_students_interval_of_their_differences() -> None:
    one, other = level(0.50, 0.48, 0.53), level(0.48, 0.53, 0.46)
    gaps = np.array([0.02, -0.05, 0.07])
    expected = float(stdtrit(2, 0.975)) * gaps.std(ddof=1) / sqrt(3)
    below, above = difference_reach(one, other, same_seeds=True, confidence=0.95)
    assert (below, above) == pytest.approx((expected, expected), rel=0.03)


def test_independent_seeds_give_welchs_interval() -> None:
    one, other = level(0.50, 0.48, 0.53), level(0.48, 0.53, 0.46, 0.49, 0.52)
    means = [side[:, 0] for side in (one, other)]
    welch = ttest_ind(*means, equal_var=False).confidence_interval(0.95)
    below, above = difference_reach(one, other, same_seeds=False, confidence=0.95)
    assert below + above == pytest.approx(welch.high - welch.low, rel=0.03)


def test_the_longer_sides_of_both_shares_make_the_longer_side_of_the_difference() -> None:
    """A rare outcome may be commoner: the variant's reaches up, and the reference's takes the difference down."""
    rare, even = level(0.02, 0.05, 0.11), level(0.5, 0.501, 0.502)
    below, above = difference_reach(rare, even, same_seeds=False, confidence=0.95)
    assert above > 1.3 * below
    below, above = difference_reach(even, rare, same_seeds=False, confidence=0.95)
    assert below > 1.3 * above


@pytest.mark.parametrize(("apart", "together"), [(0.0, 0.0), (0.3, 0.0), (0.3, 0.7)])
@pytest.mark.parametrize("same_seeds", [True, False])
def test_with_the_prompts_part_it_holds_the_mean_difference(apart: float, together: float, same_seeds: bool) -> None:
    """As above, for two variants of three seeds; independent ones where they go together err on the wide side."""
    rng, hits, prompts = np.random.default_rng(6), 0, 300
    for _ in range(1000):
        common = sqrt(together) * rng.standard_normal((3, 1))
        own = [common + sqrt(1 - together) * rng.standard_normal((3, 1)) for _ in range(2)]
        one, other = ((rng.random((3, prompts)) < 1 / (1 + np.exp(-apart * effect))).astype(float) for effect in own)
        below, above = difference_reach(one, other, same_seeds=same_seeds, confidence=0.95)
        noise = 1.96 * sqrt(sum(0.25 / (3 * prompts) for _ in range(2)))
        hits += -hypot(above, noise) <= one.mean() - other.mean() <= hypot(below, noise)
    assert hits / 1000 >= 0.93 - 3 * sqrt(0.93 * 0.07 / 1000)
    assert hits / 1000 <= 0.97 + 3 * sqrt(0.97 * 0.03 / 1000) or (together and not same_seeds)
