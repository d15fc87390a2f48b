"""Finished stages → what each variant took: seconds, memory, steps, tokens, data, models, prompts. Source: ours.

Times are wall times of the machine that made the stages, alone or beside others; a stage that several variants use was
made once, and each of them is told who shares it. The base model and the run's data are common to all and left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from harness.records import DatasetSummary, TrainSummary
from harness.specs import BaseParams, EvaluateParams, Record, TrainParams, VariantSeed
from harness.store import Seal

_PREPARES = ("search", "analyze")
"""Inputs of a training that come from the analysis."""
_COMMON = ("base", "dataset", "leakage")
"""Stages that no variant is charged with."""


class ExtraData(Record):
    """Data that a variant is tuned on besides the first source."""

    location: str
    """`builtin:safe`, a file, or a hub id."""
    examples: int


class VariantCost(Record):
    """What a variant took; seconds and counts are of one seed, mean over seeds, unless said otherwise."""

    variant: str
    train_seconds: float | None
    """None where nothing was trained here."""
    restore_seconds: float | None
    """Of making the weights after training; None where there is no such step."""
    prepare_seconds: float | None
    """Of the search and the analysis that its modules come from, with their short trainings: once for all seeds; None
    where there is none."""
    evaluate_seconds: float
    """Generating on all tasks and judging."""
    peak_memory: int | None
    """Bytes, most of any seed's training and restoring; None where it was not measured."""
    steps: int | None
    tokens_seen: int | None
    extra_data: tuple[ExtraData, ...] = ()
    extra_models: tuple[str, ...] = ()
    """Models besides the base that it needs, and the base where training runs it too."""
    system_prompt: int | None = None
    """Characters of the system prompt that makes every question longer; None where it is asked as the base is."""
    shares_training: tuple[str, ...] = ()
    """Other variants made from the same trainings."""
    shares_prepare: tuple[str, ...] = ()
    """Other variants whose modules come from the same search and analysis."""


@dataclass(frozen=True)
class CostSources:
    """What the costs are read from."""

    entries: tuple[VariantSeed, ...]
    seals: tuple[Seal, ...]
    """Of every stage of the run."""
    trained: tuple[tuple[str, TrainSummary], ...]
    """(VariantSeed.train, its summary)."""
    datasets: tuple[tuple[str, DatasetSummary], ...]
    """(key of a dataset stage, its summary)."""


def variant_costs(sources: CostSources) -> tuple[VariantCost, ...]:
    """The cost of every tuned variant, in order of the run. Raises KeyError for a stage without its seal."""
    stages = {seal.spec.key: seal for seal in sources.seals}
    names = dict.fromkeys(e.variant for e in sources.entries if e.train is not None)
    made = [_Made(name, [e for e in sources.entries if e.variant == name], stages) for name in names]
    return tuple(_cost(one, made, sources) for one in made)


@dataclass(frozen=True)
class _Made:
    """A variant's stages by their part in it."""

    variant: str
    entries: Sequence[VariantSeed]
    stages: dict[str, Seal]

    def ends(self) -> list[Seal]:
        """What made the weights that were evaluated, one a seed."""
        return [self.stages[e.train] for e in self.entries if e.train is not None]

    def restores(self) -> list[Seal]:
        """The restore stages."""
        return [s for s in self.ends() if s.spec.params.stage == "restore"]

    def trainings(self) -> list[Seal]:
        """The train stages, also those that a restore stage starts from."""
        starts = [self.stages[_input(s, "checkpoint")] if s in self.restores() else s for s in self.ends()]
        return [s for s in starts if isinstance(s.spec.params, TrainParams)]

    def prepares(self) -> frozenset[str]:
        """Keys of all stages behind the training's modules."""
        roots = (i.key for s in self.trainings() for i in s.spec.inputs if i.name in _PREPARES)
        return frozenset(_behind(roots, self.stages))


def _cost(made: _Made, others: Sequence[_Made], sources: CostSources) -> VariantCost:
    trainings, restores = made.trainings(), made.restores()
    summaries = [t for e in made.entries for key, t in sources.trained if key == e.train]
    ran = [t for t in summaries if t.steps] if trainings else []
    prepares = made.prepares()
    peaks = [s.peak_memory for s in (*trainings, *restores) if s.peak_memory is not None]
    keys = {s.spec.key for s in trainings}
    asked = [made.stages[key].seconds for e in made.entries for key in (e.evaluate, *e.judges)]
    rest = [o for o in others if o.variant != made.variant]
    return VariantCost(
        variant=made.variant,
        train_seconds=_mean(s.seconds for s in trainings),
        restore_seconds=_mean(s.seconds for s in restores),
        prepare_seconds=sum(made.stages[key].seconds for key in prepares) if prepares else None,
        evaluate_seconds=sum(asked) / len(made.entries),
        peak_memory=max(peaks, default=None),
        steps=_whole(t.steps for t in ran),
        tokens_seen=_whole(t.tokens_seen for t in ran),
        extra_data=_extra_data(trainings[:1], sources),
        extra_models=_extra_models(made),
        system_prompt=_system_prompt(made, sources.entries),
        shares_training=tuple(o.variant for o in rest if keys & {s.spec.key for s in o.trainings()}),
        shares_prepare=tuple(o.variant for o in rest if prepares & o.prepares()),
    )


def _behind(roots: Iterable[str], stages: dict[str, Seal]) -> Iterator[str]:
    """The stages under `roots` and all that they are made from, each once, without those common to all."""
    seen: set[str] = set()
    waiting = list(roots)
    while waiting:
        key = waiting.pop()
        if key not in seen and stages[key].spec.params.stage not in _COMMON:
            seen.add(key)
            waiting += [i.key for i in stages[key].spec.inputs]
            yield key


def _extra_data(trainings: Sequence[Seal], sources: CostSources) -> tuple[ExtraData, ...]:
    """Sources mixed in after the first, and the safety data that a training takes turns with."""
    known = dict(sources.datasets)
    found = []
    for stage in trainings:
        for name, skip in (("dataset", 1), ("safety", 0)):
            for key in (i.key for i in stage.spec.inputs if i.name == name):
                found += [ExtraData(location=s.location, examples=s.examples) for s in known[key].sources[skip:]]
    return tuple(found)


def _extra_models(made: _Made) -> tuple[str, ...]:
    found: list[str] = []
    for stage in made.restores()[:1]:
        siblings = [made.stages[i.key].spec.params for i in stage.spec.inputs if i.name == "unaligned"]
        found += [f"unaligned sibling {p.source.location}" for p in siblings if isinstance(p, BaseParams)]
    for stage in made.trainings()[:1]:
        params = stage.spec.params
        if isinstance(params, TrainParams) and params.spec.base_logits:
            found.append("the base beside the model in training")
    return tuple(found)


def _system_prompt(made: _Made, entries: Sequence[VariantSeed]) -> int | None:
    own = _prompt_of(made.entries[0], made.stages)
    common = next((_prompt_of(e, made.stages) for e in entries if e.train is None), None)
    return None if own is None or own == common else len(own)


def _prompt_of(entry: VariantSeed, stages: dict[str, Seal]) -> str | None:
    """The system prompt that a checkpoint was asked with."""
    params = stages[entry.evaluate].spec.params
    return params.generation.system_prompt if isinstance(params, EvaluateParams) else None


def _input(seal: Seal, name: str) -> str:
    return next(i.key for i in seal.spec.inputs if i.name == name)


def _mean(numbers: Iterable[float]) -> float | None:
    known = list(numbers)
    return sum(known) / len(known) if known else None


def _whole(numbers: Iterable[int]) -> int | None:
    mean = _mean(numbers)
    return None if mean is None else round(mean)
