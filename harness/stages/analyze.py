"""Stage analyze: Module Robustness Analysis, the drift of every module under every perturbation seed.

Writes robustness.json (a Robustness). A stopped analysis goes on after the last perturbation seed it finished.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

import torch
from pydantic import TypeAdapter
from transformers import PreTrainedModel

from harness.analysis.deltas import Perturbation, matched, noise_of, parameters_by_module, update_of
from harness.analysis.gauge import Gauge, Subject
from harness.analysis.prompts import check_apart, gather
from harness.analysis.tokens import Scored
from harness.analysis_records import Drift, ModuleRobustness, Robustness, combined
from harness.analysis_specs import AnalyzeParams, MeasureSettings
from harness.chat import load_tokenizer
from harness.modules import OTHERS, linear_of
from harness.record_files import write_text
from harness.specs import GenerationSettings
from harness.stages import Progress, StageContext
from harness.tasks import card_of
from harness.training.checkpoints import load_model, read_checkpoint
from harness.training.examples import load_examples

FILE = "robustness.json"
ALL = "all"
"""Name of the perturbation of everything at once."""
WITHOUT = "without "
_READINGS = TypeAdapter(dict[str, Drift])


@dataclass(frozen=True)
class Bench:
    """A model with calibrated instruments, and its modules."""

    gauge: Gauge
    model: PreTrainedModel
    modules: tuple[str, ...]
    """Of the layers, by layer and type."""
    outside: tuple[str, ...]
    """embed, norm and head, where the perturbation reaches them."""
    sizes: Mapping[str, int]
    """Parameters of each module."""
    perturbations: tuple[Perturbation, ...]

    @property
    def every(self) -> tuple[str, ...]:
        """All that the perturbation reaches."""
        return (*self.modules, *self.outside)


def run(params: AnalyzeParams, context: StageContext) -> None:
    """Measure every module alone, what lies outside the layers, and all modules at once.

    Raises DatasetError (prompts that overlap, or are scored), ModelError (the classifier stays under its floor, or the
    model cannot be read).
    """
    _check_scored(params, context)
    bench = set_up(params, context, measures=params.measures)
    checked = tuple(t.name for t in params.tasks)
    readings = [_readings(bench, p, context, done=at) for at, p in enumerate(bench.perturbations)]
    base = bench.gauge.unperturbed()
    harmful, benign = bench.gauge.classifiers.margins()
    held_out = sum(p.harmful for p in bench.gauge.subject.prompts.held_out)
    refusals = bench.gauge.scored_refusals
    robustness = Robustness(
        perturbation=params.perturbation,
        probes=bench.gauge.classifiers.qualities,
        base=base,
        margin_harmful=harmful,
        margin_benign=benign,
        refusals=refusals,
        not_refused=held_out - refusals if params.measures.refusal else 0,
        checked_tasks=checked,
        path=bench.gauge.path,
        modules=tuple(_summed(m, bench, readings) for m in bench.modules),
        outside=tuple(_summed(m, bench, readings) for m in bench.outside),
        whole=_summed(ALL, bench, readings),
    )
    (context.folder / FILE).write_text(robustness.model_dump_json(indent=1), encoding="utf-8")


def set_up(params: AnalyzeParams, context: StageContext, *, measures: MeasureSettings) -> Bench:
    """Load the model, gather the prompts, calibrate the instruments, read the perturbations.

    Raises DatasetError (prompts that overlap), ModelError as `run`.
    """
    torch.set_num_threads(params.threads)
    prompts = gather(params.prompts, params.out_of_distribution, params.probe)
    base = read_checkpoint(context.input("base"))
    tokenizer = load_tokenizer(base.weights, trust_remote_code=base.record.trust_remote_code)
    context.progress(Progress(0, 1, "calibrating"))
    model = load_model(base, dtype=params.dtype).eval()
    model.requires_grad_(False)
    model.to("cuda" if torch.cuda.is_available() else "cpu")
    lessons = None
    if measures.gain:
        examples = load_examples(context.input("dataset"))
        lessons = Scored.from_examples(examples, measures.gain, seed=params.probe.seed)
    gauge = Gauge(Subject(model, tokenizer, prompts, params, lessons), measures)
    return _bench(gauge, model, params, context)


def _bench(gauge: Gauge, model: PreTrainedModel, params: AnalyzeParams, context: StageContext) -> Bench:
    weights = dict(model.named_parameters())
    by_module = parameters_by_module(model)
    modules = tuple(linear.name for linear in linear_of(model))
    settings = params.perturbation
    found = []
    for seed in settings.seeds:
        change = (
            update_of(context.input(f"update-{seed}"), weights)
            if settings.kind == "update"
            else noise_of(seed, weights, scale=settings.scale if settings.match == "none" else 1.0)
        )
        plain = Perturbation(seed, weights, by_module, change, {})
        found.append(matched(plain, settings, modules, output_change=gauge.output_change))
    modules = tuple(m for m in modules if found[0].of([m]).parameters)
    outside = [m for m in OTHERS if m in by_module] if settings.kind == "update" and settings.match == "none" else []
    reached = tuple(m for m in outside if found[0].of([m]).parameters)
    sizes = {m: sum(weights[name].numel() for name in names) for m, names in by_module.items()}
    return Bench(gauge, model, modules, reached, sizes, tuple(found))


def _check_scored(params: AnalyzeParams, context: StageContext) -> None:
    """Raise DatasetError where a scored task has a prompt of the classifier's."""
    if not params.tasks:
        return
    context.progress(Progress(0, 1, "reading the scored prompts"))
    from harness.lm import Session

    prompts = gather(params.prompts, params.out_of_distribution, params.probe)
    base = read_checkpoint(context.input("base"))
    tokenizer = load_tokenizer(base.weights, trust_remote_code=base.record.trust_remote_code)
    for task in params.tasks:
        session = Session([(task, card_of(task))], tokenizer, GenerationSettings())
        check_apart(prompts, task.name, session.prompts)


def _readings(bench: Bench, perturbation: Perturbation, context: StageContext, *, done: int) -> dict[str, Drift]:
    """Everything measured under one perturbation seed, read back where an earlier process finished it."""
    kept = context.kept(f"seed-{perturbation.seed}.json")
    if kept is not None and kept.is_file():
        return _READINGS.validate_json(kept.read_bytes())
    tick = _ticker(bench, context, done=done)
    found: dict[str, Drift] = {}
    for module, drift in bench.gauge.each(perturbation, bench.modules):
        found[module] = drift
        tick(len(found))
    if bench.gauge.measures.without:
        for module, drift in bench.gauge.without(perturbation, bench.every):
            found[f"{WITHOUT}{module}"] = drift
            tick(len(found))
    for module in bench.outside:
        found[module] = bench.gauge.joint(perturbation, [module])
        tick(len(found))
    found[ALL] = bench.gauge.joint(perturbation, bench.every)
    tick(len(found))
    if kept is not None:
        write_text(kept, _READINGS.dump_json(found).decode())
    return found


def _ticker(bench: Bench, context: StageContext, *, done: int) -> Callable[[int], None]:
    each = (1 + bench.gauge.measures.without) * len(bench.every) + 1

    def tick(count: int) -> None:
        total = each * len(bench.perturbations)
        context.progress(Progress(done * each + count, total, "perturbing"))

    return tick


def _summed(module: str, bench: Bench, readings: Sequence[Mapping[str, Drift]]) -> ModuleRobustness:
    by_seed = tuple(reading[module] for reading in readings)
    size = sum(bench.sizes[m] for m in bench.every) if module == ALL else bench.sizes[module]
    context = tuple(r[f"{WITHOUT}{module}"] for r in readings if f"{WITHOUT}{module}" in r)
    return ModuleRobustness(
        module=module,
        parameters=size,
        mean=combined(by_seed, fmean),
        spread=combined(by_seed, _spread),
        by_seed=by_seed,
        without=combined(context, fmean) if context else None,
        without_by_seed=context,
    )


def _spread(values: Sequence[float]) -> float:
    """Standard deviation over the seeds; 0 for a single one."""
    return stdev(values) if len(values) > 1 else 0.0
