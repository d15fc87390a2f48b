"""What a plan's variants cost: what a store has of them, and a guess of the time that the rest takes. Source: ours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from harness.plan import Plan
from harness.plan_variants import PlannedVariant
from harness.specs import StageSpec
from harness.stage_times import Guess, MeasuredTimes
from harness.store import Store


@dataclass(frozen=True)
class StageCost:
    """One stage of a plan."""

    spec: StageSpec
    there: bool
    """Whether the store has it."""
    guess: Guess | None
    """None where it is there, or nothing of its kind was measured."""


@dataclass(frozen=True)
class Cost:
    """Of the stages, among some, that the store lacks."""

    missing: int
    seconds: float
    """Of those whose kind was measured."""
    unknown: int
    """Stages whose kind was not."""
    rough: bool
    """Whether some of it was measured with another base model alone."""


@dataclass(frozen=True)
class VariantCost:
    """A variant, or the base."""

    planned: PlannedVariant
    checkpoints: int
    """Seeds, or adopted checkpoints."""
    trained: int | None
    """Checkpoints whose weights the store has; None for the base, which is not tuned."""
    evaluated: int
    own: Cost
    """Of the stages that serve this variant alone."""


@dataclass(frozen=True)
class PlanCosts:
    """A plan against a store."""

    stages: tuple[StageCost, ...]
    variants: tuple[VariantCost, ...]
    shared: Cost
    """Of the stages that serve several variants: base, data, leakage, analysis, search, scores, shared trainings."""
    total: Cost
    """Each stage once."""

    @property
    def missing(self) -> frozenset[str]:
        """Keys that the store lacks."""
        return frozenset(cost.spec.key for cost in self.stages if not cost.there)


def plan_costs(plan: Plan, store: Store) -> PlanCosts:
    """Lay a plan beside a store; every seal is read once."""
    seals = store.seals()
    by_key = {seal.spec.key: seal for seal in seals}
    times = MeasuredTimes(seals)
    stages = []
    for spec in plan.stages:
        there = spec.key in by_key and store.whole(by_key[spec.key])
        stages.append(StageCost(spec, there, None if there else times.guess(spec)))
    serves = {planned.name: _stages_of(planned, plan) for planned in plan.variants}
    readers = Counter(key for keys in serves.values() for key in keys)
    had = frozenset(cost.spec.key for cost in stages if cost.there)
    return PlanCosts(
        stages=tuple(stages),
        variants=tuple(
            _variant(v, had, _cost(c for c in stages if readers[c.spec.key] == 1 and c.spec.key in serves[v.name]))
            for v in plan.variants
        ),
        shared=_cost(c for c in stages if readers[c.spec.key] != 1),
        total=_cost(stages),
    )


def _variant(planned: PlannedVariant, had: frozenset[str], own: Cost) -> VariantCost:
    tuned = [entry.train for entry in planned.entries if entry.train is not None]
    return VariantCost(
        planned=planned,
        checkpoints=len(planned.entries),
        trained=sum(key in had for key in tuned) if tuned else None,
        evaluated=sum(entry.evaluate in had for entry in planned.entries),
        own=own,
    )


def _stages_of(planned: PlannedVariant, plan: Plan) -> frozenset[str]:
    """Keys of all stages that a variant's verdicts hang on."""
    inputs = {spec.key: [i.key for i in spec.inputs] for spec in plan.stages}
    waiting = [key for entry in planned.entries for key in (entry.evaluate, *entry.judges)]
    found: set[str] = set()
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            waiting += inputs[key]
    return frozenset(found)


def _cost(stages: Iterable[StageCost]) -> Cost:
    missing = [cost for cost in stages if not cost.there]
    guesses = [cost.guess for cost in missing if cost.guess is not None]
    return Cost(
        missing=len(missing),
        seconds=sum(guess.seconds for guess in guesses),
        unknown=len(missing) - len(guesses),
        rough=any(guess.rough for guess in guesses),
    )
