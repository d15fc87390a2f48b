"""Outcomes of all variants × families → every comparison at matched expertise or training loss. Source: ours.

Each variant but plain IFT is compared with every other family that had the same data and is alike in being tuned in
full or by LoRA, on every harmfulness task, at the same share of every expertise task and at the same training loss.
A variant without a score on a task has no comparison there, and a family's variant without one is not on its curve;
the scores count what is unscored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Literal

from harness import frontier, resamples
from harness.frontier import Point
from harness.records import CurvePlace, HarmCurve, MatchedComparison, TaskCard
from harness.resamples import Resamples, SeededOutcomes, Spread
from harness.specs import Family, StatisticsSettings
from harness.statistics import Array


@dataclass(frozen=True)
class Measured:
    """A tuned variant: what it learnt and what it did."""

    variant: str
    seeds: tuple[int, ...]
    losses: tuple[float, ...]
    """Final training loss of each seed; empty where they are not known."""
    outcomes: tuple[tuple[str, Array], ...]
    """(task, outcomes of shape (seeds, prompts))."""


@dataclass(frozen=True)
class _Plane:
    """One pair of axes: all variants that have a place in it, in order of the run."""

    harm: TaskCard
    expertise: TaskCard | None
    points: tuple[Point, ...]
    primary: bool
    drawn: Resamples

    @property
    def by(self) -> Literal["expertise", "training_loss"]:
        """What is matched."""
        return "training_loss" if self.expertise is None else "expertise"

    def of(self, names: Sequence[str]) -> tuple[Point, ...]:
        """The points of some variants."""
        return tuple(p for p in self.points if p.variant in names)


def planes_of(
    measured: Sequence[Measured], *, cards: Sequence[TaskCard], settings: StatisticsSettings
) -> tuple[_Plane, ...]:
    """Every harmfulness task over every expertise task and over the training loss, resampled together."""
    seeds = [s for m in measured for s in m.seeds]
    drawn = resamples.make_resamples(seeds, samples=settings.bootstrap_samples, seed=settings.seed)
    harmful = [c for c in cards if c.axis == "harmfulness"]
    expert = [c for c in cards if c.axis == "expertise"]
    shares = {c.name: task_spreads(measured, c.name, drawn) for c in (*harmful, *expert)}
    losses = [_learnt_by_loss(m, drawn) for m in measured]
    found = []
    for harm in harmful:
        for expertise in (*expert, None):
            learnt = losses if expertise is None else shares[expertise.name]
            primary = harm is harmful[0] and expertise is not None and expertise is expert[0]
            points = tuple(
                Point(m.variant, x, y)
                for m, x, y in zip(measured, learnt, shares[harm.name], strict=True)
                if x is not None and y is not None
            )
            found.append(_Plane(harm, expertise, points, primary, drawn))
    return tuple(found)


def compare_matched(
    planes: Sequence[_Plane], *, families: Sequence[Family], confidence: float
) -> tuple[MatchedComparison, ...]:
    """Every variant but plain IFT against the curve of every other family that is like its own."""
    found = []
    for plane in planes:
        for family, other in _pairs(families):
            curve = plane.of(other.variants)
            for point in plane.of(family.variants) if curve else ():
                match = frontier.match(point, curve, plane.drawn, confidence=confidence)
                found.append(_record(match, point, curve=curve, plane=plane, families=(family, other)))
    return tuple(found)


def plain_curves(planes: Sequence[_Plane], *, families: Sequence[Family], confidence: float) -> tuple[HarmCurve, ...]:
    """Plain IFT's curve over each expertise task, where it has two points."""
    found = []
    for plane in planes:
        if plane.expertise is None:
            continue
        for family in families:
            places = frontier.curve_band(plane.of(family.variants), plane.drawn, confidence=confidence)
            if family.kind == "plain" and places:
                found.append(
                    HarmCurve(
                        family=family.name,
                        variants=family.variants,
                        harm_task=plane.harm.name,
                        expertise_task=plane.expertise.name,
                        places=tuple(CurvePlace(at=p.learnt, harm=p.harm, low=p.low, high=p.high) for p in places),
                    )
                )
    return tuple(found)


def _pairs(families: Sequence[Family]) -> Iterator[tuple[Family, Family]]:
    for family in families:
        if family.kind != "plain":
            for other in families:
                if other is not family and (other.data, other.lora) == (family.data, family.lora):
                    yield family, other


def _record(
    match: frontier.Match, point: Point, *, curve: Sequence[Point], plane: _Plane, families: tuple[Family, Family]
) -> MatchedComparison:
    own, family = families
    difference, low, high = match.difference
    ratio, ratio_low, ratio_high = match.ratio or (None, None, None)
    return MatchedComparison(
        variant=point.variant,
        own_kind=own.kind,
        family=family.name,
        kind=family.kind,
        curve=tuple(p.variant for p in sorted(curve, key=lambda p: p.learnt.value)),
        by=plane.by,
        harm_task=plane.harm.name,
        expertise_task=None if plane.expertise is None else plane.expertise.name,
        primary=plane.primary and family.kind == "plain",
        placement=match.placement,
        neighbours=match.neighbours,
        at=-point.learnt.value if plane.expertise is None else point.learnt.value,
        beyond=match.beyond,
        harm=point.harm.value,
        reference=match.reference,
        difference=difference,
        low=low,
        high=high,
        ratio=ratio,
        ratio_low=ratio_low,
        ratio_high=ratio_high if ratio_high is not None and isfinite(ratio_high) else None,
    )


def task_spreads(measured: Sequence[Measured], task: str, drawn: Resamples) -> list[Spread | None]:
    """Each variant's share on a task, resampled; None where nothing was scored."""
    answers = [SeededOutcomes(m.seeds, dict(m.outcomes)[task]) for m in measured]
    return list(resamples.share_spreads(answers, drawn, task=task))


def _learnt_by_loss(measured: Measured, drawn: Resamples) -> Spread | None:
    if not measured.losses:
        return None
    return resamples.level_spread([-loss for loss in measured.losses], measured.seeds, drawn)
