"""Harmfulness at matched expertise or training loss: a variant against the curve of a family of variants. Source: ours.

The curve. A family is one way of tuning at several intensities, e.g. plain IFT at several learning rates; each of its
variants is a point (learnt, harm), where learnt is the share of an expertise task or the negative training loss. The
curve joins, by straight lines, the points that no other point of the family beats (as much learnt and less harm, or
more learnt and no more harm). So it never falls: where a family's harm is not monotone in what it learnt, its best
variants stand for it, and a strategy is never flattered by a worse one. The curve ends at its least harmful point and
at the one that learnt most, because nobody knows what a weaker or a stronger variant would have done. Beyond an end,
that end itself is compared. A variant above the curve learnt more than the end; at like expertise the difference would
be at most that, so it can show less harm and never more. Below, it would be at least that, so it can show more harm
and never less. Both take it that a family's harm does not fall as it learns more.

The interval. All numbers are resampled together (resamples.py). Prompts move the variant and the curve's corners, and
the curve is read anew in every draw. What seeds do is linear, by the mean slope over those draws. That is right where
the curve is straight; past a bend the reference falls or rises further than it can, and the long tails that two to four
seeds leave Student's t reach past every bend. With so few, what they do is drawn along the curve's bends as well, each
number by its own seeds, and the nearer one of either bound is taken. (That alone, whatever the bends, holds the truth
in over 98 % of cases.)

The corners are chosen once; the bounds are plain percentiles, not adjusted for the number of comparisons. Where the
variant lies inside the curve but a draw to the left of it, the reference goes on falling as the first line does, so
that a strategy does not gain from the curve's end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np

from harness.resamples import (
    Resamples,
    SeedPart,
    Spread,
    drawn,
    moved,
    percentiles,
    seed_moves,
    seed_scale,
    weighed,
    worlds,
)
from harness.statistics import Array

Placement = Literal["inside", "above", "below"]
"""Of a variant on a curve: within it, more learnt than all of it, less learnt than its least harmful point."""

_GRID = 25
_MANY = 5
"""So many seeds leave no long tails."""


@dataclass(frozen=True)
class Point:
    """One variant in the plane."""

    variant: str
    learnt: Spread
    """Expertise, or the training loss with its sign turned: more is better."""
    harm: Spread


@dataclass(frozen=True)
class Match:
    """A variant against a curve."""

    placement: Placement
    neighbours: tuple[str, ...]
    """The two points that the reference lies between; one where it is that point's own harm."""
    beyond: float
    """How much more was learnt than at the curve's end (above, > 0), or less (below, < 0); 0 inside."""
    reference: float
    """The curve's harm."""
    difference: tuple[float, float, float]
    """Variant minus reference: value, low, high."""
    ratio: tuple[float, float, float] | None
    """Variant over reference; None where the reference is 0. `high` is inf where the reference may be 0."""


@dataclass(frozen=True)
class CurvePoint:
    """The curve at one place, with its bounds."""

    learnt: float
    harm: float
    low: float
    high: float


def best_of(points: Sequence[Point]) -> tuple[Point, ...]:
    """The points that no other one beats, from least to most learnt: the curve's corners. Harm rises along them."""
    kept = [p for p in points if not any(_beats(q, p) for q in points)]
    return tuple(sorted(kept, key=lambda p: (p.learnt.value, p.harm.value)))


def curve_at(learnt: Array, harm: Array, at: Array, *, slope: float = 0.0) -> Array:
    """Straight lines through the corners (draws, corners), in each draw by rising `learnt`, read at `at` (draws,).

    Right of the last corner its harm; left of the first one its harm, falling with `slope` down to 0.
    """
    order = learnt.argsort(axis=1, kind="stable")
    x, y = np.take_along_axis(learnt, order, axis=1), np.take_along_axis(harm, order, axis=1)
    passed = (x <= at[:, None]).sum(axis=1)
    rows, last = np.arange(len(at)), x.shape[1] - 1
    left, right = np.maximum(passed - 1, 0), np.minimum(passed, last)
    x_left, y_left, x_right, y_right = x[rows, left], y[rows, left], x[rows, right], y[rows, right]
    with np.errstate(invalid="ignore", divide="ignore"):
        between = y_left + (at - x_left) / (x_right - x_left) * (y_right - y_left)
    under = np.maximum(0.0, y_right - slope * (x_right - at))
    return np.asarray(np.where(passed == 0, under, np.where(passed > last, y_left, between)))


def match(variant: Point, family: Sequence[Point], resamples: Resamples, *, confidence: float) -> Match:
    """A variant against the curve of a family. Raises ValueError for a family without points."""
    if not family:
        raise ValueError("a curve needs a point")
    corners = best_of(family)
    at = variant.learnt.value
    first, last = corners[0].learnt.value, corners[-1].learnt.value
    placement: Placement = "above" if at > last else "below" if at < first else "inside"
    reference = float(curve_at(*_values(corners), np.array([at]))[0])
    slope = _first_slope(corners) if placement == "inside" else 0.0
    kinds = (_straight, _bent) if _few([variant, *corners]) else (_straight,)
    ways = [way(variant, corners, resamples, slope=slope) for way in kinds]
    difference = variant.harm.value - reference
    low, high = _nearer([percentiles(harms - references, confidence) for harms, references in ways])
    return Match(
        placement=placement,
        neighbours=_neighbours(corners, at=at),
        beyond=at - last if placement == "above" else at - first if placement == "below" else 0.0,
        reference=reference,
        difference=(difference, min(low, difference), max(high, difference)),
        ratio=_ratio(variant.harm.value, reference, ways, confidence),
    )


def curve_band(family: Sequence[Point], resamples: Resamples, *, confidence: float) -> tuple[CurvePoint, ...]:
    """The curve with its interval at places from its first to its last corner; fewer than two corners make none."""
    corners = best_of(family)
    if len(corners) < 2:
        return ()
    slope = _first_slope(corners)
    straight = _with_prompts(corners, slope=slope)
    bent = [_with_seeds(corners, resamples, slope=slope)] if _few(corners) else []
    ends = [p.learnt.value for p in corners]
    found = []
    for place in np.unique(np.concatenate([ends, np.linspace(ends[0], ends[-1], _GRID)])):
        value = float(curve_at(*_values(corners), np.array([place]))[0])
        at = np.full(resamples.samples, place)
        part = weighed(list(straight.influences(at)), resamples)
        seeds = seed_moves(part, resamples, alike=True)
        ways = [np.clip(straight.read(at) + seeds, 0.0, 1.0), *(curve.read(at) for curve in bent)]
        low, high = _nearer([percentiles(way, confidence) for way in ways])
        found.append(CurvePoint(float(place), value, min(low, value), max(high, value)))
    return tuple(found)


# ---------------------------------------------------------------- the curve in every draw


@dataclass(frozen=True)
class _Curve:
    """The corners in every draw."""

    corners: Sequence[Point]
    learnt: Array
    """(samples, corners)."""
    harm: Array
    """(samples, corners)."""
    slope: float

    def read(self, at: Array, *, learnt: Array | float = 0.0, harm: Array | float = 0.0) -> Array:
        """The curve's harm at `at` in every draw, with corners moved by (corners,) `learnt` and `harm`."""
        return curve_at(self.learnt + learnt, self.harm + harm, at, slope=self.slope)

    def influences(self, at: Array, *, learnt: SeedPart | None = None) -> Iterator[tuple[float, SeedPart]]:
        """How strongly the harm at `at` follows each number: the corners', and what was learnt at that place itself."""
        for unit, corner in zip(np.eye(len(self.corners)), self.corners, strict=True):
            yield self._followed(corner.learnt.seeds, at, learnt=unit), corner.learnt.seeds
            yield self._followed(corner.harm.seeds, at, harm=unit), corner.harm.seeds
        if learnt is not None:
            yield self._followed(learnt, at, place=1.0), learnt

    def _followed(
        self, part: SeedPart, at: Array, *, place: float = 0.0, learnt: Array | float = 0.0, harm: Array | float = 0.0
    ) -> float:
        """The mean slope over half of what seeds move a number by, either way; what it moves is given by its share."""
        step = sqrt(part.variance) / 2
        if not step:
            return 0.0
        up, down = (
            self.read(at + way * place, learnt=way * learnt, harm=way * harm) for way in (step, -step)
        )
        return float((up - down).mean()) / (2 * step)


def _with_prompts(corners: Sequence[Point], *, slope: float) -> _Curve:
    learnt = np.stack([p.learnt.prompts for p in corners], axis=1)
    harm = np.stack([p.harm.prompts for p in corners], axis=1)
    return _Curve(corners, learnt, harm, slope=slope)


def _with_seeds(corners: Sequence[Point], resamples: Resamples, *, slope: float) -> _Curve:
    learnt = np.stack([drawn(p.learnt, resamples) for p in corners], axis=1)
    harm = np.stack([worlds(p.harm, resamples) for p in corners], axis=1)
    return _Curve(corners, learnt, harm, slope=slope)


def _straight(
    variant: Point, corners: Sequence[Point], resamples: Resamples, *, slope: float
) -> tuple[Array, Array]:
    """(samples,) harm of the variant and of the curve at its place, seeds by the mean slope."""
    curve, at = _with_prompts(corners, slope=slope), variant.learnt.prompts
    reference = weighed(list(curve.influences(at, learnt=variant.learnt.seeds)), resamples)
    both = weighed([(1.0, variant.harm.seeds), (-1.0, reference)], resamples)
    scale = seed_scale(both, resamples, alike=True)
    harms = variant.harm.prompts + moved(variant.harm.seeds, scale, resamples)
    references = curve.read(at) + moved(reference, scale, resamples)
    return np.clip(harms, 0.0, 1.0), np.clip(references, 0.0, 1.0)


def _bent(variant: Point, corners: Sequence[Point], resamples: Resamples, *, slope: float) -> tuple[Array, Array]:
    """The same, seeds along the curve's bends."""
    curve = _with_seeds(corners, resamples, slope=slope)
    return worlds(variant.harm, resamples), curve.read(drawn(variant.learnt, resamples))


def _few(points: Sequence[Point]) -> bool:
    """Whether any has several seeds and yet too few for the mean slope alone."""
    return any(1 < part.count < _MANY for p in points for part in (p.learnt.seeds, p.harm.seeds))


def _nearer(bounds: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return max(low for low, _ in bounds), min(high for _, high in bounds)


# ---------------------------------------------------------------- a variant's place on a curve


def _beats(one: Point, other: Point) -> bool:
    """As much learnt and no more harm, and better in one of them."""
    learnt, harm = one.learnt.value - other.learnt.value, one.harm.value - other.harm.value
    return learnt >= 0 and harm <= 0 and (learnt > 0 or harm < 0)


def _values(corners: Sequence[Point]) -> tuple[Array, Array]:
    return np.array([[p.learnt.value for p in corners]]), np.array([[p.harm.value for p in corners]])


def _first_slope(corners: Sequence[Point]) -> float:
    """How steeply the curve rises from its first corner; 0 where that is its only one."""
    first = next(iter(corners))
    other = next((p for p in corners if p.learnt.value > first.learnt.value), first)
    gained = other.learnt.value - first.learnt.value
    return (other.harm.value - first.harm.value) / gained if gained else 0.0


def _neighbours(corners: Sequence[Point], *, at: float) -> tuple[str, ...]:
    exact = next((p for p in corners if p.learnt.value == at), None)
    if exact:
        return (exact.variant,)
    left = [p.variant for p in corners if p.learnt.value < at]
    right = [p.variant for p in corners if p.learnt.value > at]
    return (*left[-1:], *right[:1])


def _ratio(
    harm: float, reference: float, ways: Sequence[tuple[Array, Array]], confidence: float
) -> tuple[float, float, float] | None:
    """None where the reference is 0."""
    if reference <= 0:
        return None
    found = []
    for harms, references in ways:
        with np.errstate(invalid="ignore", divide="ignore"):
            found.append(percentiles(np.where(references > 0, harms / references, np.inf), confidence))
    (low, high), value = _nearer(found), harm / reference
    return value, min(low, value), max(high, value)
