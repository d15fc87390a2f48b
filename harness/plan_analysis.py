"""Plans the analysis: the short IFTs whose updates perturb, the map of drifts, the search over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness import plugins, tasks
from harness.analysis_settings import AnalysisSettings, PromptFiles
from harness.analysis_specs import (
    AnalyzeParams,
    MeasureSettings,
    PromptSource,
    SearchParams,
    SearchSettings,
    TuneParams,
)
from harness.digests import digest_file
from harness.errors import ConfigError, did_you_mean
from harness.judging import settings_of, source_digest
from harness.plan_builder import PlanBuilder
from harness.specs import TaskRef, TrainParams

BUILTIN_PROMPTS = {
    "harmful": ("builtin", "builtin:new_frames"),
    "benign": ("builtin", "builtin:new_frames", "builtin:borderline"),
}
"""Sources of classifier prompts in the built-in world; none of them is scored."""
UPDATE = "update"
PLAIN = "ift"
"""The strategy of the short IFT."""


@dataclass(frozen=True)
class PlannedAnalysis:
    """The stage analyze of a plan."""

    key: str
    params: AnalyzeParams
    updates: tuple[tuple[str, str], ...]
    """(name, key) of the short IFTs that it reads."""


def add_analysis(
    build: PlanBuilder, analysis: AnalysisSettings, *, inputs: tuple[tuple[str, str], ...], refs: Sequence[TaskRef]
) -> PlannedAnalysis:
    """Plan everything up to the map of drifts.

    `inputs` are (base, key) and (dataset, key); `refs` the harmfulness tasks, whose prompts stay apart. Raises
    ConfigError for prompts or a judge that do not exist.
    """
    perturbation = analysis.perturbation
    updates: tuple[tuple[str, str], ...] = ()
    if perturbation.kind == UPDATE:
        updates = tuple(
            (f"{UPDATE}-{seed}", _add_update(build, analysis, seed=seed, inputs=inputs)) for seed in perturbation.seeds
        )
    params = _analyze_params(analysis, refs)
    key = build.add(params, label=f"module robustness by {perturbation.kind}", inputs=(*inputs, *updates))
    return PlannedAnalysis(key, params, updates)


def add_search(
    build: PlanBuilder,
    analysis: AnalysisSettings,
    search: SearchSettings,
    *,
    inputs: tuple[tuple[str, str], ...],
    refs: Sequence[TaskRef],
) -> str:
    """Plan everything up to the search; returns its key. Inputs and refs are those of `add_analysis`.

    Raises what that raises, and ConfigError for a search by what is not measured.
    """
    _check_measured(analysis, search)
    planned = add_analysis(build, analysis, inputs=inputs, refs=refs)
    tune = _tune(analysis) if search.joint == "tune" else None
    return build.add(
        SearchParams(settings=search, analyze=planned.params, tune=tune),
        label=f"search of robust modules within {search.budget:g}",
        inputs=(*inputs, *planned.updates, ("analyze", planned.key)),
    )


def _check_measured(analysis: AnalysisSettings, search: SearchSettings) -> None:
    """Raise ConfigError where the search goes by what the analysis does not measure."""
    measures = analysis.measures
    needs = {
        "search.proxy: refusal needs analysis.measures.refusal: true": search.proxy != "refusal" or measures.refusal,
        "search.order: context needs analysis.measures.without: true": search.joint == "tune"
        or search.order != "context"
        or measures.without,
        "search.joint: tune needs analysis.perturbation.kind: update": (
            search.joint != "tune" or analysis.perturbation.kind == UPDATE
        ),
        "search.joint: tune needs analysis.measures.gain over 0": search.joint != "tune" or measures.gain > 0,
        "search.order: gain needs analysis.measures.gain over 0": search.order != "gain" or measures.gain > 0,
    }
    for words, met in needs.items():
        if not met:
            raise ConfigError(words)


def _tune(analysis: AnalysisSettings) -> TuneParams:
    update = analysis.update
    return TuneParams(learning_rate=update.learning_rate, loop=update.training, lora=update.lora)


def _add_update(
    build: PlanBuilder, analysis: AnalysisSettings, *, seed: int, inputs: tuple[tuple[str, str], ...]
) -> str:
    update = analysis.update
    plain = plugins.load("strategies", PLAIN)
    spec = plain.train_spec(plain.Settings(learning_rate=update.learning_rate))
    params = TrainParams(spec=spec, loop=update.training, lora=update.lora, seed=seed)
    return build.add(params, label=f"short IFT for the analysis, seed {seed}", inputs=inputs)


def _analyze_params(analysis: AnalysisSettings, refs: Sequence[TaskRef]) -> AnalyzeParams:
    loop = analysis.update.training
    return AnalyzeParams(
        probe=analysis.probe,
        perturbation=analysis.perturbation,
        measures=analysis.measures,
        prompts=_sources(analysis.prompts, key="analysis.prompts"),
        out_of_distribution=(
            _sources(analysis.out_of_distribution, key="analysis.out_of_distribution")
            if analysis.out_of_distribution
            else ()
        ),
        tasks=tuple(dict.fromkeys(r.plain.model_copy(update={"limit": None}) for r in refs)),
        judge_digest=_judge_digest(analysis.measures),
        dtype=loop.weights_dtype,
        batch_tokens=analysis.batch_tokens,
        threads=loop.threads,
    )


def _judge_digest(measures: MeasureSettings) -> str:
    """Of the judge that tells refusals. Raises ConfigError for one that needs settings, PluginError for none."""
    if not (measures.behaviour or measures.refusal):
        return ""
    judge = measures.behaviour_judge
    return source_digest(judge, settings_of(judge, {}, where="analysis.measures.behaviour_judge"))


def _sources(files: PromptFiles, *, key: str) -> tuple[PromptSource, ...]:
    named = [("harmful", name) for name in files.harmful] + [("benign", name) for name in files.benign]
    return tuple(_source(label, name, key=f"{key}.{label}") for label, name in named)


def _source(label: str, name: str, *, key: str) -> PromptSource:
    """Raises ConfigError where it is neither built in nor a file."""
    if name.partition(":")[0] == "builtin":
        known = BUILTIN_PROMPTS[label]
        if name not in known:
            raise ConfigError(f"{key}: {name!r} is not built in{did_you_mean(name, known)}; known: {', '.join(known)}")
        return PromptSource.model_validate({"label": label, "location": name, "digest": tasks.builtin_digest()})
    path = Path(name).expanduser()
    if not path.is_file():
        raise ConfigError(f"{key}: {name}: no such file; give a .csv, .json or .jsonl of prompts, or builtin")
    return PromptSource.model_validate({"label": label, "location": str(path.resolve()), "digest": digest_file(path)})
