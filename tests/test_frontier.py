"""Curves with known answers, and the coverage of the intervals by simulation."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import pi, sqrt

import numpy as np
import pytest

from harness import frontier
from harness.frontier import Match, Point
from harness.resamples import SeededOutcomes, SeedPart, Spread, make_resamples, share_spreads

DRAWN = make_resamples(range(3), samples=50, seed=0)
STILL = SeedPart(np.zeros(3), 0.0, 3)


def known(value: float, seeds: SeedPart = STILL) -> Spread:
    """A number that prompts do not move."""
    return Spread(value, np.full(50, value), seeds)


def point(variant: str, learnt: float, harm: float) -> Point:
    """A point known without error."""
    return Point(variant, known(learnt), known(harm))


LINE = (point("a", 0.2, 0.1), point("b", 0.6, 0.3), point("c", 0.8, 0.7))


def matched(variant: Point, *family: Point) -> Match:
    return frontier.match(variant, family, DRAWN, confidence=0.95)


@pytest.mark.parametrize(("learnt", "harm"), [(0.2, 0.1), (0.4, 0.2), (0.6, 0.3), (0.7, 0.5), (0.8, 0.7)])
def test_a_point_on_the_curve_does_not_differ_from_it(learnt: float, harm: float) -> None:
    found = matched(point("v", learnt, harm), *LINE)
    assert found.placement == "inside" and found.beyond == 0
    assert found.difference == pytest.approx((0, 0, 0), abs=1e-12)
    assert found.ratio == pytest.approx((1, 1, 1))


def test_the_reference_is_interpolated_between_two_neighbours() -> None:
    found = matched(point("v", 0.5, 0.125), *LINE)
    assert found.neighbours == ("a", "b")
    assert found.reference == pytest.approx(0.25)
    assert found.difference[0] == pytest.approx(-0.125)
    assert found.ratio is not None and found.ratio[0] == pytest.approx(0.5)


def test_the_order_of_a_family_does_not_matter() -> None:
    one, two = (matched(point("v", 0.5, 0.1), *family) for family in (LINE, LINE[::-1]))
    assert one == two


def test_above_the_curve_its_end_is_compared_and_nothing_extrapolated() -> None:
    found = matched(point("v", 0.95, 0.2), *LINE)
    assert (found.placement, found.neighbours, found.reference) == ("above", ("c",), 0.7)
    assert found.beyond == pytest.approx(0.15)


def test_below_the_curve_its_least_harmful_point_is_compared() -> None:
    found = matched(point("v", 0.1, 0.05), *LINE)
    assert (found.placement, found.neighbours, found.reference) == ("below", ("a",), 0.1)
    assert found.beyond == pytest.approx(-0.1)


def test_a_single_point_gives_a_plain_difference_and_the_gap() -> None:
    more, less = matched(point("v", 0.9, 0.2), LINE[1]), matched(point("v", 0.5, 0.2), LINE[1])
    assert (more.placement, less.placement) == ("above", "below")
    assert more.difference[0] == less.difference[0] == pytest.approx(-0.1)
    assert (more.beyond, less.beyond) == pytest.approx((0.3, -0.1))


def test_a_family_without_points_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a point"):
        matched(LINE[0])


def test_beaten_points_are_not_on_the_curve() -> None:
    """A rate so high that it learnt less at more harm, and one that learnt as much at more harm."""
    wrecked, worse = point("wrecked", 0.4, 0.9), point("worse", 0.6, 0.5)
    assert frontier.best_of([*LINE, wrecked, worse]) == LINE
    assert matched(point("v", 0.5, 0.1), *LINE, wrecked, worse) == matched(point("v", 0.5, 0.1), *LINE)


def test_left_of_the_least_harmful_point_nothing_is_known_though_a_worse_one_learnt_less() -> None:
    found = matched(point("v", 0.7, 0.1), point("wrecked", 0.5, 0.9), point("good", 0.9, 0.3))
    assert (found.placement, found.reference) == ("below", 0.3)


def test_harm_never_falls_along_a_curve() -> None:
    rng = np.random.default_rng(0)
    corners = frontier.best_of([point(str(n), *rng.random(2)) for n in range(30)])
    assert len(corners) > 2
    assert all(a.harm.value < b.harm.value for a, b in pairwise(corners))


def test_equal_points_are_one_place() -> None:
    found = matched(point("v", 0.6, 0.1), LINE[1], point("twin", 0.6, 0.3))
    assert (found.placement, found.reference) == ("inside", 0.3)


def test_in_draws_left_of_the_curve_the_reference_goes_on_falling() -> None:
    learnt, harm, at = np.array([[0.2, 0.6]] * 3), np.array([[0.1, 0.3]] * 3), np.array([0.1, -0.2, 0.7])
    assert frontier.curve_at(learnt, harm, at, slope=0.5).tolist() == pytest.approx([0.05, 0.0, 0.3])
    assert frontier.curve_at(learnt, harm, at).tolist() == pytest.approx([0.1, 0.1, 0.3])


def test_a_draw_that_changes_the_order_is_read_by_rising_learnt() -> None:
    learnt, harm = np.array([[0.6, 0.2]]), np.array([[0.3, 0.1]])
    assert frontier.curve_at(learnt, harm, np.array([0.4])) == pytest.approx([0.2])


def test_a_harmless_reference_has_no_ratio() -> None:
    assert matched(point("v", 0.6, 0.1), point("a", 0.6, 0.0)).ratio is None


def test_a_reference_that_may_be_nothing_has_an_unbounded_ratio() -> None:
    often_none = Point("a", known(0.5), Spread(0.1, np.tile([0.0, 0.2], 25), STILL))
    found = matched(point("v", 0.5, 0.1), often_none)
    assert found.ratio is not None and found.ratio[2] == np.inf


def test_a_band_holds_the_curve_and_ends_at_its_corners() -> None:
    band = frontier.curve_band(LINE, DRAWN, confidence=0.95)
    assert (band[0].learnt, band[-1].learnt) == (0.2, 0.8)
    assert [p.harm for p in band if p.learnt == 0.6] == pytest.approx([0.3])
    assert all(p.low <= p.harm <= p.high for p in band)
    assert frontier.curve_band(LINE[:1], DRAWN, confidence=0.95) == ()


# ---------------------------------------------------------------- seeds


def differing(*deviations: float) -> SeedPart:
    """Three seeds, no noise."""
    return SeedPart(np.array(deviations), 0.0, 3)


def width(found: Match) -> float:
    """Of the difference's interval."""
    return found.difference[2] - found.difference[1]


def test_seeds_that_move_the_variant_move_the_difference() -> None:
    moved = Point("v", known(0.4), known(0.2, differing(-0.01, 0, 0.01)))
    assert width(matched(moved, *LINE)) > 0.02


def test_what_was_learnt_moves_the_reference_by_the_curves_slope() -> None:
    """0.5 between the first two points: as wide as harm that moves half as far."""
    learnt = Point("v", known(0.4, differing(-0.02, 0, 0.02)), known(0.2))
    harm = Point("v", known(0.4), known(0.2, differing(-0.01, 0, 0.01)))
    assert width(matched(learnt, *LINE)) == pytest.approx(width(matched(harm, *LINE)), rel=1e-6)


def test_seeds_that_move_variant_and_curve_alike_do_not_move_the_difference() -> None:
    part = differing(-0.01, 0, 0.01)
    line = [Point(p.variant, p.learnt, known(p.harm.value, part)) for p in LINE]
    assert width(matched(Point("v", known(0.4), known(0.2, part)), *line)) == pytest.approx(0, abs=1e-9)


def test_a_corner_moves_the_reference_by_its_share_of_the_place() -> None:
    """A quarter of the way from b to c: three quarters of b's movement."""
    part = differing(-0.01, 0, 0.01)
    line = [LINE[0], Point("b", LINE[1].learnt, known(0.3, part)), LINE[2]]
    own = Point("v", known(0.65), known(0.4, differing(-0.0075, 0, 0.0075)))
    of_curve = width(matched(point("v", 0.65, 0.4), *line))
    assert of_curve == pytest.approx(width(matched(own, *LINE)), rel=1e-6)


def test_seeds_move_the_band_too() -> None:
    part = differing(-0.01, 0, 0.01)
    line = [Point(p.variant, p.learnt, known(p.harm.value, part)) for p in LINE]
    assert all(place.high > place.harm > place.low for place in frontier.curve_band(line, DRAWN, confidence=0.95))


def test_few_seeds_move_the_reference_no_further_than_the_curve_bends() -> None:
    """Left of b the curve rises by 0.5, right of it by 2: what lies left of b is not drawn by the mean of both."""
    learnt = Point("v", known(0.6, differing(-0.05, 0, 0.05)), known(0.1))
    straight = Point("v", known(0.6), known(0.1, differing(-0.0625, 0, 0.0625)))
    low, high = (matched(learnt, *LINE).difference[n] for n in (1, 2))
    assert high < matched(straight, *LINE).difference[2]
    assert low >= 0.1 - 0.7 and high <= 0.1 - 0.1 + 1e-9


def test_many_seeds_move_the_reference_by_the_mean_slope() -> None:
    five = make_resamples(range(5), samples=50, seed=0)
    still, moving = SeedPart(np.zeros(5), 0.0, 5), SeedPart(np.array([-0.02, 0, 0, 0, 0.02]), 0.0, 5)
    line = [Point(p.variant, known(p.learnt.value, still), known(p.harm.value, still)) for p in LINE]
    found = frontier.match(Point("v", known(0.6, moving), known(0.4, still)), line, five, confidence=0.95)
    by_slope = SeedPart(1.25 * moving.deviations, 0.0, 5)
    other = frontier.match(Point("v", known(0.6, still), known(0.4, by_slope)), line, five, confidence=0.95)
    assert width(found) == pytest.approx(width(other), rel=0.05)


def test_seeds_no_further_apart_than_noise_are_taken_for_alike() -> None:
    noisy = SeedPart(np.array([-0.01, 0, 0.01]), 0.0003, 3)
    assert width(matched(Point("v", known(0.4), known(0.2, noisy)), *LINE)) == 0


# ---------------------------------------------------------------- coverage


@dataclass(frozen=True)
class World:
    """Variants as (harm, expertise) in log-odds, the first against the others; effects of seeds and prompts too."""

    variants: tuple[tuple[float, float], ...]
    seeds: int
    prompts: int = 200
    seed_effect: float = 0.4
    prompt_effect: float = 1.5

    def share(self, log_odds: float) -> float:
        """Mean over all seeds and prompts."""
        nodes, weights = np.polynomial.hermite.hermgauss(60)
        spread = sqrt(self.seed_effect**2 + self.prompt_effect**2)
        return float((weights / (1 + np.exp(-log_odds - spread * sqrt(2) * nodes))).sum() / sqrt(pi))

    def true_difference(self) -> float:
        """Of the first variant from the curve of the others."""
        points = [point(str(n), self.share(e), self.share(h)) for n, (h, e) in enumerate(self.variants)]
        return matched(points[0], *points[1:]).difference[0]

    def draw(self, seed: int) -> Match:
        """One experiment. Harm and expertise of a seed go together, and the seeds of variants do too."""
        rng = np.random.default_rng(seed)
        own = rng.normal(size=(len(self.variants), 2, self.seeds)) * self.seed_effect * sqrt(0.5)
        own += rng.normal(size=self.seeds) * self.seed_effect * sqrt(0.5)
        of_prompts = rng.normal(size=(2, self.prompts)) * self.prompt_effect
        odds = np.array(self.variants)[:, :, None, None] + own[..., None] + of_prompts[None, :, None, :]
        outcomes = (rng.random(odds.shape) < 1 / (1 + np.exp(-odds))).astype(np.float64)
        drawn = make_resamples(range(self.seeds), samples=1000, seed=seed)
        axes = [
            share_spreads([SeededOutcomes(tuple(range(self.seeds)), o[axis]) for o in outcomes], drawn, task=t)
            for axis, t in enumerate(("harm", "skill"))
        ]
        points = [Point(str(n), e, h) for n, (h, e) in enumerate(zip(*axes, strict=True)) if e and h]
        return frontier.match(points[0], points[1:], drawn, confidence=0.95)

    def coverage(self, draws: int) -> tuple[float, float]:
        """Share of intervals that hold the true difference, and of those that say too much in the variant's favour."""
        truth = self.true_difference()
        found = [self.draw(seed).difference for seed in range(draws)]
        return sum(lo <= truth <= hi for _, lo, hi in found) / draws, sum(truth > hi for _, _, hi in found) / draws


INSIDE = ((-2.0, 0.3), (-3.0, -1.5), (-1.5, -0.3), (-0.3, 0.8), (1.0, 2.0))
BENT = ((-2.0, 0.3), (-3.0, -1.0), (-1.0, 0.8), (1.0, 1.4), (2.0, -0.3))
"""The last rate is too high: it learnt less at most harm."""
KINK = ((-2.0, 0.5), (-3.0, -1.5), (-2.5, 0.5), (1.0, 2.0))
"""The variant learnt just as much as the rate after which harm soars."""
TIES = ((-2.0, 2.0), (-3.0, -0.3), (-1.5, 2.0), (-0.3, 2.05), (1.0, 1.9))
"""Three rates have learnt nearly everything, at very different harm."""


def test_intervals_cover_the_truth_at_a_glance() -> None:
    covered, flattered = World(INSIDE, seeds=8, prompts=120).coverage(120)
    assert covered >= 0.9
    assert flattered <= 0.06


@pytest.mark.slow
@pytest.mark.parametrize(
    "world",
    [
        World(INSIDE, seeds=8),
        World(INSIDE, seeds=8, seed_effect=0.8),
        World(BENT, seeds=8),
        World(INSIDE[:1] + INSIDE[2:3], seeds=8),
        World(INSIDE, seeds=1, seed_effect=0.0),
        World(INSIDE, seeds=3),
        World(INSIDE, seeds=3, seed_effect=0.0),
        World(INSIDE, seeds=3, seed_effect=0.8),
        World(INSIDE[:1] + INSIDE[2:3], seeds=3),
        World(INSIDE, seeds=5),
    ],
    ids=["8", "8, differ much", "8, bent", "8, one point", "1", "3", "3, alike", "3, differ much", "3, one point", "5"],
)
def test_intervals_cover_the_truth(world: World) -> None:
    """95 % nominal, 93 to 97 % aimed at; 400 draws, two and a half standard errors allowed on either side."""
    covered, flattered = world.coverage(400)
    assert 0.93 - 2.5 * sqrt(0.93 * 0.07 / 400) <= covered <= 0.97 + 2.5 * sqrt(0.97 * 0.03 / 400)
    assert flattered <= 0.05


@pytest.mark.slow
@pytest.mark.parametrize("world", [World(KINK, seeds=8), World(TIES, seeds=8)], ids=["kink", "ties"])
def test_intervals_where_the_curve_is_hardest(world: World) -> None:
    """At a sharp bend, and where two rates learnt alike: 0.94 and 0.91, of which 0.06 and 0.08 flattered."""
    covered, flattered = world.coverage(400)
    assert covered >= 0.89
    assert flattered <= 0.1
