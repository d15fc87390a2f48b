"""Stage search: Mods_Robust, the subset whose joint perturbation keeps within the drift budget, step by step.

Writes search.json (a SearchOutcome). Every joint perturbation is noted as soon as it is measured, and a stopped search
goes on from there: the search itself is a pure function of those measurements.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

from pydantic import ValidationError

from harness.analysis.climb import Climb
from harness.analysis.deltas import Perturbation
from harness.analysis.search import Search, order_units
from harness.analysis.trials import Measured, Trials, Unit
from harness.analysis.tuner import Tuner
from harness.analysis_records import Drift, ModuleRobustness, ModuleSet, Robustness, SearchOutcome, SearchStep
from harness.analysis_specs import SearchParams, SearchSettings
from harness.errors import ConfigError
from harness.record import Record
from harness.record_files import read_record
from harness.stages import Progress, StageContext
from harness.stages.analyze import FILE as ROBUSTNESS
from harness.stages.analyze import Bench, set_up
from harness.training.examples import load_examples

FILE = "search.json"


class Noted(Record):
    """One joint perturbation under one seed; a line of the scratch file."""

    seed: int
    modules: tuple[str, ...]
    drift: float
    gain: float | None


@dataclass
class Notebook:
    """Measurements by (seed, set of modules), kept in a file that outlives the process."""

    path: Path | None
    rows: dict[tuple[int, frozenset[str]], Measured] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read what an earlier process noted; a half-written last line is dropped."""
        if self.path is None or not self.path.is_file():
            return
        for line in self.path.read_bytes().splitlines():
            try:
                row = Noted.model_validate_json(line)
            except ValidationError:
                break
            self.rows[row.seed, frozenset(row.modules)] = Measured(row.drift, row.gain)

    def note(self, seed: int, modules: tuple[str, ...], measured: Measured) -> None:
        """Add a measurement."""
        self.rows[seed, frozenset(modules)] = measured
        if self.path is not None:
            row = Noted(seed=seed, modules=modules, drift=measured.drift, gain=measured.gain)
            with self.path.open("a", encoding="utf-8") as stream:
                stream.write(row.model_dump_json() + "\n")


def run(params: SearchParams, context: StageContext) -> None:
    """Search over the mean of all perturbation seeds, then over each seed alone, to see how stable the set is.

    Raises ConfigError where the whole perturbation causes no drift that a budget could be a share of.
    """
    measures = params.analyze.measures.model_copy(
        update={"refusal": params.settings.proxy == "refusal", "retrained": False, "control": False, "behaviour": 0}
    )
    robustness = read_record(Robustness, context.input("analyze") / ROBUSTNESS)
    bench = set_up(params.analyze, context, measures=measures)
    tuner = None
    if params.tune is not None:
        gain = params.settings.learnt * (robustness.whole.mean.gain or 0.0)
        examples = load_examples(context.input("dataset"))
        tuner = Tuner(bench.gauge, examples, params.tune, params.settings, gain)
    notes = Notebook(context.kept("evaluations.jsonl"))
    hunt = _Hunt(params.settings, robustness, bench, tuner, notes, context)
    every = tuple(range(len(params.analyze.perturbation.seeds)))
    whole = hunt.over(every)
    alone = [hunt.over((at,)) for at in every] if len(every) > 1 else []
    outcome = hunt.outcome(whole, alone)
    (context.folder / FILE).write_text(outcome.model_dump_json(indent=1), encoding="utf-8")


@dataclass(frozen=True)
class _Found:
    """One search, done."""

    budget: float
    whole: Measured
    order: tuple[Unit, ...]
    steps: tuple[SearchStep, ...]
    chosen: ModuleSet


@dataclass(frozen=True)
class _Hunt:
    """Everything that the searches of one stage share; seeds are places in the list of perturbations."""

    settings: SearchSettings
    robustness: Robustness
    bench: Bench
    tuner: Tuner | None
    notes: Notebook
    context: StageContext

    def over(self, seeds: Sequence[int]) -> _Found:
        """The search over the mean of these perturbation seeds."""
        units = self._units(seeds)
        if self.tuner is None:
            whole = self._single(self.robustness.whole, seeds)
            trials = self._trials(seeds, whole)
            order = order_units(units, self.settings)
            modules = Search(order, trials).run()
        else:
            whole = self._joint(self.bench.every, seeds)
            trials = self._trials(seeds, whole)
            climb = Climb(units, trials, self.tuner.gain, self._absolute(self.settings.slack, whole))
            modules, order = climb.run(), climb.order
        chosen = self._ordered(modules)
        measured = self._joint(chosen, seeds) if chosen else Measured(0.0, None)
        return _Found(trials.budget, whole, order, tuple(trials.steps), self._set(chosen, measured))

    def _trials(self, seeds: Sequence[int], whole: Measured) -> Trials:
        budget = self._absolute(self.settings.budget, whole)
        return Trials(lambda modules: self._joint(modules, seeds), self.settings, budget)

    def _absolute(self, amount: float, whole: Measured) -> float:
        """In the proxy's own unit. Raises ConfigError where there is no drift to take a share of."""
        if self.settings.budget_of == "absolute":
            return amount
        if whole.drift <= 0:
            raise ConfigError(
                f"search.budget: perturbing everything at once changes the proxy {self.settings.proxy} by "
                f"{whole.drift:.3g}, which is no drift to take a share of; use the other proxy, a longer "
                "analysis.update, or budget_of: absolute"
            )
        return amount * whole.drift

    def outcome(self, found: _Found, alone: Sequence[_Found]) -> SearchOutcome:
        """What search.json holds."""
        every = tuple(range(len(self.bench.perturbations)))
        single = {r.module: self._single(r, every).drift for r in self.robustness.modules}
        inside = [m for m in found.chosen.modules if m in single]
        left = [m for m in self.bench.modules if m not in inside]
        sensitive = sorted(left, key=lambda m: -single[m])[: len(inside)]
        others = [m for m in found.chosen.modules if m not in single]
        return SearchOutcome(
            settings=self.settings,
            budget=found.budget,
            whole=self._set(self.bench.every, found.whole),
            order=tuple(unit.name for unit in found.order),
            steps=found.steps,
            chosen=found.chosen,
            complement=self._ordered([*sensitive, *others]),
            every=self.bench.modules,
            by_seed=tuple(f.chosen for f in alone),
            overlap=_overlap([f.chosen for f in alone]),
            evaluations=len(self.notes.rows),
        )

    def _set(self, modules: tuple[str, ...], measured: Measured) -> ModuleSet:
        size = sum(self.bench.sizes[m] for m in modules)
        return ModuleSet(modules=modules, drift=measured.drift, gain=measured.gain, parameters=size)

    def _ordered(self, modules: Sequence[str]) -> tuple[str, ...]:
        """By layer, then type."""
        chosen = set(modules)
        return tuple(m for m in self.bench.every if m in chosen)

    def _units(self, seeds: Sequence[int]) -> list[Unit]:
        groups: dict[str, list[ModuleRobustness]] = {}
        for row in (*self.robustness.modules, *(self.robustness.outside if self.settings.outside else ())):
            kind, _, layer = row.module.partition(".")
            patterns = {"modules": row.module, "types": kind, "layers": f"layer {layer}" if layer else kind}
            name = patterns[self.settings.pattern]
            groups.setdefault(name, []).append(row)
        units = []
        for name, rows in groups.items():
            single = [self._single(row, seeds) for row in rows]
            modules = tuple(row.module for row in rows)
            drift, gain = sum(m.drift for m in single), _sum([m.gain for m in single])
            size = sum(row.parameters for row in rows)
            units.append(Unit(name, modules, drift, gain, self._spared(rows, seeds), size))
        return units

    def _spared(self, rows: Sequence[ModuleRobustness], seeds: Sequence[int]) -> float | None:
        """Drift of the whole perturbation that the modules' absence spares, each alone, summed."""
        if any(not row.without_by_seed for row in rows):
            return None
        whole = self._single(self.robustness.whole, seeds).drift
        return sum(whole - _mean([self._reading(r.without_by_seed[at]) for at in seeds]).drift for r in rows)

    def _single(self, row: ModuleRobustness, seeds: Sequence[int]) -> Measured:
        return _mean([self._reading(row.by_seed[at]) for at in seeds])

    def _joint(self, modules: tuple[str, ...], seeds: Sequence[int]) -> Measured:
        """The joint perturbation of a set, read back where it was noted before."""
        rows = []
        for at in seeds:
            perturbation = self.bench.perturbations[at]
            key = (perturbation.seed, frozenset(modules))
            if key not in self.notes.rows:
                measured = self._reading(self._test(perturbation, modules))
                self.notes.note(perturbation.seed, modules, measured)
                done = len(self.notes.rows)
                self.context.progress(Progress(done, max(done, self.settings.max_evaluations), "searching"))
            rows.append(self.notes.rows[key])
        return _mean(rows)

    def _test(self, perturbation: Perturbation, modules: tuple[str, ...]) -> Drift:
        if self.tuner is None:
            return self.bench.gauge.joint(perturbation, modules, full=False)
        return self.tuner.measure(modules, seed=perturbation.seed, tick=self._tick)

    def _tick(self, progress: Progress) -> None:
        """Show how far the tuning of a set is."""
        note = f"set {len(self.notes.rows) + 1}: {progress.note}"
        self.context.progress(Progress(progress.done, progress.total, note))

    def _reading(self, drift: Drift) -> Measured:
        value = drift.harmful if self.settings.proxy == "margin" else drift.refusal
        if value is None:
            raise ConfigError("search.proxy: refusal needs analysis.measures.refusal: true")
        return Measured(value, drift.gain)


def _mean(rows: Sequence[Measured]) -> Measured:
    gain = _sum([m.gain for m in rows])
    return Measured(sum(m.drift for m in rows) / len(rows), None if gain is None else gain / len(rows))


def _sum(values: Sequence[float | None]) -> float | None:
    """None where any is."""
    return None if any(v is None for v in values) else sum(v for v in values if v is not None)


def _overlap(sets: Sequence[ModuleSet]) -> float | None:
    """Mean Jaccard overlap over all pairs; two empty sets overlap wholly. None for fewer than two sets."""
    shares = []
    for one, other in combinations((frozenset(s.modules) for s in sets), 2):
        shares.append(len(one & other) / len(one | other) if one | other else 1.0)
    return sum(shares) / len(shares) if shares else None
