"""A synthetic analysis and search, from a seed: the real search over a made-up model of drift."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from statistics import fmean, stdev

from harness.analysis.climb import Climb
from harness.analysis.search import Search, order_units
from harness.analysis.trials import Measured, Trials, Unit
from harness.analysis_records import (
    Drift,
    ModuleRobustness,
    ModuleSet,
    ProbeQuality,
    Robustness,
    SearchOutcome,
    SourceQuality,
    combined,
)
from harness.analysis_specs import (
    AnalyzeParams,
    MeasureSettings,
    PerturbationSettings,
    ProbeSettings,
    SearchParams,
    SearchSettings,
)
from harness.report_records import ReportSources
from harness.report_robustness_records import AnalysisOutputs, SearchOutputs
from harness.specs import LoopSettings, StageInput, StageSpec, TrainParams
from harness.store import Store
from harness.strategies.ift import Settings, train_spec
from tests.report_sources import HOSTILE

LLAMA = ("q", "k", "v", "o", "gate", "up", "down")
FUSED = ("qkv", "o", "gate_up", "down")
WEIGHTS = {"q": 0.2, "k": 0.15, "v": 1.6, "o": 1.4, "qkv": 1.0, "gate": 0.4, "up": 0.6, "gate_up": 0.5, "down": 1.2}
SEARCH = SearchSettings(proxy="margin", budget=0.12, joint="update", pattern="modules", outside=False, repair=8)
TUNED = SearchSettings(proxy="refusal", budget=0.7, joint="tune", pattern="types", outside=True)
BASE = Drift(harmful=0, benign=0, accuracy=0.995, weight_change=0, output_change=0, refusal=0, gain=0)


@dataclass(frozen=True)
class Shape:
    """What the synthetic analysis is like."""

    types: tuple[str, ...] = LLAMA
    layers: int = 6
    seeds: tuple[int, ...] = (0, 1, 2)
    options: bool = True
    """Whether the optional measures were made."""
    outside: bool = True
    context: bool = True

    @property
    def modules(self) -> tuple[str, ...]:
        """By layer, then type."""
        return tuple(f"{kind}.{layer}" for layer in range(self.layers) for kind in self.types)


@dataclass(frozen=True)
class World:
    """Drift under one perturbation seed: a sum over the modules and what they do together."""

    shape: Shape
    seed: int

    @cache  # noqa: B019
    def single(self, module: str) -> float:
        """Part of the margin that one module costs; a few cost less than nothing."""
        kind, _, layer = module.partition(".")
        rng = random.Random(f"{self.seed} {module}")
        depth = 1 + 2.5 * (int(layer) == 0) - 0.5 * int(layer) / self.shape.layers if layer else 0.4
        cost = 0.15 * WEIGHTS.get(kind, 0.5) * depth / self.shape.layers * rng.uniform(0.7, 1.3)
        return cost - 0.08 / len(self.shape.modules)

    def joint(self, modules: Sequence[str]) -> float:
        """More than the sum."""
        total = sum(self.single(module) for module in modules)
        return total * (1 + 0.6 * max(0.0, total))

    def tuned(self, modules: Sequence[str], *, gain: float) -> Drift:
        """These modules tuned alone up to a learning gain, or as far as they get."""
        share = len(modules) / len(self.shape.modules)
        reached = min(gain, 2 * gain * share**0.5)
        cost = reached * (60 * sum(map(self.single, modules)) / len(modules) + 0.2 / (1 + 9 * share))
        return Drift(harmful=cost, benign=0, accuracy=1, weight_change=0.1, refusal=2.1 * cost, gain=reached)

    def drift(self, modules: Sequence[str], *, options: bool = True) -> Drift:
        """All readings of a joint perturbation."""
        value, size = self.joint(modules), len(modules)
        drift = Drift(
            harmful=value,
            benign=0.3 * value,
            accuracy=max(0.5, 0.995 - 0.4 * max(0.0, value)),
            weight_change=0.021,
            output_change=0.034 if size == 1 else None,
            refusal=2.1 * value,
            gain=0.9 * size / len(self.shape.modules) * (1 - 0.2 * max(0.0, value)),
        )
        if not (options and self.shape.options):
            return drift
        more = {"retrained_accuracy": 0.99, "retrained_harmful": 0.2 * value, "control": 0.4 * value}
        return drift.model_copy(update={**more, "refuses": max(0.0, 0.98 - value)})


def robustness(shape: Shape) -> Robustness:
    """The whole map."""
    worlds = [World(shape, seed) for seed in shape.seeds]
    outside = ("embed", "norm", "head") if shape.outside else ()
    return Robustness(
        perturbation=PerturbationSettings(seeds=shape.seeds),
        probes=probes(options=shape.options),
        base=BASE.model_copy(update={"refuses": 0.98, "retrained_accuracy": 0.995} if shape.options else {}),
        margin_harmful=6.41,
        margin_benign=5.02,
        refusals=98,
        not_refused=2,
        checked_tasks=("harmful_requests", "harmful_new_frames"),
        path="wired",
        modules=tuple(_module(m, [m], worlds) for m in shape.modules),
        outside=tuple(_module(m, [m], worlds) for m in outside),
        whole=_module("all", (*shape.modules, *outside), worlds),
    )


def _module(name: str, modules: Sequence[str], worlds: Sequence[World]) -> ModuleRobustness:
    by_seed = tuple(world.drift(modules) for world in worlds)
    shape = worlds[0].shape
    rests: tuple[Drift, ...] = ()
    if shape.context and name != "all":
        rest = [m for m in (*shape.modules, *(("embed", "norm", "head") if shape.outside else ())) if m != name]
        rests = tuple(world.drift(rest, options=False) for world in worlds)
    return ModuleRobustness(
        module=name,
        parameters=16_384 * len(modules),
        mean=combined(by_seed, fmean),
        spread=combined(by_seed, lambda values: stdev(values) if len(values) > 1 else 0.0),
        by_seed=by_seed,
        without=combined(rests, fmean) if rests else None,
        without_by_seed=rests,
    )


def probes(*, options: bool = True) -> tuple[ProbeQuality, ...]:
    """Good classifiers; with the out-of-distribution test and the control where `options`."""
    home = (source("harmful.jsonl", "harmful", 200, 1.0), source("builtin:borderline", "benign", 200, 0.99))
    away = (source("elsewhere.csv", "harmful", 60, 0.95), source("elsewhere.csv", "benign", 60, 0.97))
    made = [
        ProbeQuality(
            name="security", form="logistic", fitted=400, held_out=400, accuracy=0.995, auc=0.999, sources=home
        ),
        ProbeQuality(name="other form", form="linear", fitted=400, held_out=400, accuracy=0.99, auc=0.998),
    ]
    if options:
        made += [
            ProbeQuality(
                name="out of distribution", form="logistic", fitted=400, held_out=120, accuracy=0.96, auc=0.98,
                sources=away,
            ),
            ProbeQuality(name="control", form="logistic", fitted=400, held_out=400, accuracy=1.0, auc=1.0),
        ]  # fmt: skip
    return tuple(made)


def source(name: str, label: str, prompts: int, accuracy: float) -> SourceQuality:
    """One source's line."""
    return SourceQuality.model_validate({"source": name, "label": label, "prompts": prompts, "accuracy": accuracy})


def search(shape: Shape, settings: SearchSettings) -> SearchOutcome:
    """The real search over the synthetic drifts, over all seeds and over each alone."""
    hunt = _Hunt(shape, settings)
    every = tuple(range(len(shape.seeds)))
    found, chosen = hunt.over(every)
    left = [m for m in shape.modules if m not in chosen.modules]
    sensitive = sorted(left, key=lambda m: -World(shape, 0).single(m))
    inside = [m for m in chosen.modules if "." in m]
    return SearchOutcome(
        settings=settings,
        budget=found.trials.budget,
        whole=hunt.set(hunt.everything, hunt.measured(hunt.everything, every)),
        order=tuple(unit.name for unit in (found.units if isinstance(found, Search) else found.order)),
        steps=tuple(found.trials.steps),
        chosen=chosen,
        complement=hunt.ordered([*sensitive[: len(inside)], *(m for m in chosen.modules if "." not in m)]),
        every=shape.modules,
        by_seed=tuple(hunt.over((at,))[1] for at in every) if len(every) > 1 else (),
        overlap=0.83 if len(every) > 1 else None,
        evaluations=len(found.trials.steps) * len(every),
    )


@dataclass(frozen=True)
class _Hunt:
    """One search's synthetic measurements."""

    shape: Shape
    settings: SearchSettings

    @property
    def everything(self) -> tuple[str, ...]:
        return (*self.shape.modules, *(("embed", "norm", "head") if self.shape.outside else ()))

    def over(self, seeds: Sequence[int]) -> tuple[Search | Climb, ModuleSet]:
        whole = self.measured(self.everything, seeds)
        unit = whole.drift if self.settings.budget_of == "whole" else 1
        trials = Trials(lambda m: self.measured(m, seeds), self.settings, self.settings.budget * unit)
        found: Search | Climb
        if self.settings.joint == "tune":
            found = Climb(self.units(seeds), trials, 0.5, self.settings.slack * unit)
        else:
            found = Search(order_units(self.units(seeds), self.settings), trials)
        modules = self.ordered(found.run())
        return found, self.set(modules, self.measured(modules, seeds) if modules else Measured(0.0, None))

    def units(self, seeds: Sequence[int]) -> list[Unit]:
        groups: dict[str, list[str]] = {}
        for module in self.everything if self.settings.outside else self.shape.modules:
            name = module if self.settings.pattern == "modules" else module.partition(".")[0]
            groups.setdefault(name, []).append(module)
        alone = {name: [self.applied([m], seeds) for m in modules] for name, modules in groups.items()}
        return [
            Unit(
                name, tuple(groups[name]), d := sum(m.drift for m in rows), sum(m.gain or 0 for m in rows), 1.4 * d,
                16_384 * len(rows),
            )
            for name, rows in alone.items()
        ]  # fmt: skip

    def measured(self, modules: Sequence[str], seeds: Sequence[int]) -> Measured:
        if self.settings.joint == "update":
            return self.applied(modules, seeds)
        worlds = [World(self.shape, self.shape.seeds[at]) for at in seeds]
        return self._mean([world.tuned(modules, gain=0.5) for world in worlds])

    def applied(self, modules: Sequence[str], seeds: Sequence[int]) -> Measured:
        return self._mean([World(self.shape, self.shape.seeds[at]).drift(modules) for at in seeds])

    def _mean(self, drifts: Sequence[Drift]) -> Measured:
        by_margin = self.settings.proxy == "margin"
        drift = fmean(d.harmful if by_margin else d.refusal or 0.0 for d in drifts)
        return Measured(drift, fmean(d.gain or 0.0 for d in drifts))

    def ordered(self, modules: Sequence[str]) -> tuple[str, ...]:
        return tuple(m for m in self.everything if m in set(modules))

    def set(self, modules: tuple[str, ...], measured: Measured) -> ModuleSet:
        size = 16_384 * len(modules)
        return ModuleSet(modules=modules, drift=measured.drift, gain=measured.gain, parameters=size)


def analysis(
    shape: Shape | None = None,
    *,
    settings: Sequence[SearchSettings] = (SEARCH,),
    variants: str = "ml-lr-qkgu",
) -> AnalysisOutputs:
    """An analysis with a search for each of `settings`; the first one's modules are used by `variants`."""
    shape = shape or Shape()
    loop = LoopSettings(steps=100, batch_size=32)
    return AnalysisOutputs(
        key="a" * 32,
        params=AnalyzeParams(
            probe=ProbeSettings(),
            perturbation=PerturbationSettings(seeds=shape.seeds),
            measures=MeasureSettings(),
            prompts=(),
        ),
        robustness=robustness(shape),
        update=TrainParams(spec=train_spec(Settings(learning_rate=2e-4)), loop=loop, seed=0),
        searches=tuple(
            SearchOutputs(key=f"{at}" * 32, outcome=search(shape, one), variants=() if at else tuple(variants.split()))
            for at, one in enumerate(settings)
        ),
    )


def with_analyses(sources: ReportSources, *analyses: AnalysisOutputs) -> ReportSources:
    """The same run, its last variant's modules from the first analysis's first search."""
    chosen = analyses[0].searches[0].outcome.chosen.modules
    checkpoints = tuple(
        replace(c, train=c.train.model_copy(update={"robust": chosen}))
        if c.train is not None and c.variant in analyses[0].searches[0].variants
        else c
        for c in sources.checkpoints
    )
    return replace(sources, checkpoints=checkpoints, analyses=analyses)


def keep(store: Store, outputs: AnalysisOutputs, *, name: str) -> list[StageSpec]:
    """Put an analysis and its searches into a store, under keys that open with `name`; returns the searches' specs."""
    assert outputs.update is not None
    update = StageSpec(key=f"{name}0", label="short IFT", params=outputs.update)
    seed = outputs.params.perturbation.seeds[0]
    inputs = (StageInput(name=f"update-{seed}", key=update.key),)
    analyze = StageSpec(key=f"{name}1", label="analyze", params=outputs.params, inputs=inputs)
    searches = [
        StageSpec(
            key=f"{name}{at}",
            label="search",
            params=SearchParams(settings=one.outcome.settings, analyze=outputs.params),
            inputs=(*inputs, StageInput(name="analyze", key=analyze.key)),
        )
        for at, one in enumerate(outputs.searches, start=2)
    ]
    for spec in (update, analyze):
        finish(store, spec, outputs)
    for spec, one in zip(searches, outputs.searches, strict=True):
        finish(store, spec, replace(outputs, searches=(one,)))
    return searches


def finish(store: Store, spec: StageSpec, outputs: AnalysisOutputs) -> None:
    """Seal a stage with what it would have written of an analysis; `{}` for any other."""
    texts = {
        "analyze": ("robustness.json", outputs.robustness.model_dump_json()),
        "search": ("search.json", outputs.searches[0].outcome.model_dump_json()),
    }
    file, text = texts.get(spec.params.stage, ("summary.json", "{}"))
    folder = store.begin(spec.key)
    (folder / file).write_text(text)
    store.finish(spec, folder=folder, seconds=1.0)


TYPE = "<script>1</script>\u202e<img src=x onerror=1>"
"""A module type that no model has."""


def hostile_analysis() -> AnalysisOutputs:
    """An analysis whose files, tasks and one module have hostile names, and whose instruments are poor."""
    outputs = analysis()
    first, *rest = outputs.robustness.modules
    names = tuple(source(text, "benign", 30, 0.3) for text in HOSTILE)
    security, _, away, _ = probes()
    hostile = outputs.robustness.model_copy(
        update={
            "modules": (first.model_copy(update={"module": TYPE + ".0"}), *rest),
            "checked_tasks": HOSTILE,
            "path": HOSTILE[0],
            "probes": (
                security.model_copy(update={"sources": names}),
                away.model_copy(update={"sources": names, "accuracy": 0.4}),
            ),
        }
    )
    search = outputs.searches[0]
    chosen = search.outcome.chosen.model_copy(update={"modules": (TYPE + ".0", TYPE, "q.1")})
    outcome = search.outcome.model_copy(update={"chosen": chosen, "complement": (TYPE,)})
    return replace(outputs, robustness=hostile, searches=(replace(search, outcome=outcome),))
