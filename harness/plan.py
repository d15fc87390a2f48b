"""RunConfig → Plan: names, revisions and digests resolved, every stage's key known before any work. No heavy import."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from harness import plugins, published, tasks
from harness.config import BASE, DatasetSettings, RunConfig, SourceSettings, Variant
from harness.digests import digest_file, digest_folder
from harness.errors import ConfigError, ModelError, did_you_mean
from harness.families import families_of
from harness.plan_analysis import add_search
from harness.plan_builder import PlanBuilder
from harness.plan_judges import calibrations_of, check_judges, judge_params, primary_judges
from harness.plan_leakage import LEAKAGE, add_leakage
from harness.records import TaskCard
from harness.rows import BUILTIN_PARTS
from harness.specs import (
    BaseParams,
    DatasetParams,
    DatasetSource,
    EvaluateParams,
    JudgeParams,
    ModelSource,
    ScoreParams,
    StageSpec,
    TaskRef,
    TrainParams,
    VariantSeed,
)
from harness.stages.gate import check

BUILTIN = "builtin"
_HUB_ID = re.compile(r"^[\w.-]+/[\w.-]+$")
COMMIT = re.compile(r"^[0-9a-f]{40}$")
"""A full commit hash."""


@dataclass(frozen=True)
class PlannedVariant:
    """A variant (or the base) with its seeds' stages."""

    name: str
    strategy: str
    description: str
    entries: tuple[VariantSeed, ...]


@dataclass(frozen=True)
class Plan:
    """All stages of a run, inputs before readers."""

    config: RunConfig
    stages: tuple[StageSpec, ...]
    variants: tuple[PlannedVariant, ...]
    cards: tuple[TaskCard, ...]

    @property
    def score(self) -> StageSpec:
        """The last stage."""
        return self.stages[-1]

    def stage(self, key: str) -> StageSpec:
        """The stage with `key`."""
        return next(s for s in self.stages if s.key == key)


def make_plan(config: RunConfig) -> Plan:
    """Resolve a config.

    Raises ConfigError, ModelError, TaskError or PluginError for what does not exist, and WorldError where a hub
    revision cannot be resolved.
    """
    build = PlanBuilder()
    refs = _task_refs(config)
    cards = tuple(tasks.card_of(ref) for ref in refs)
    _check_names(config, cards)
    if config.gate is not None:
        check(config.gate, tasks=[c.name for c in cards], variants=[BASE, *(v.name for v in config.variants)])
    if config.published is not None:
        published.check(config.published, variants=[v.name for v in config.variants])
    source = resolve_model(config)
    base = build.add(BaseParams(source=source), label="base model")
    wanted = judge_params(config, cards)
    planned = [_planned_base(build, base, config, refs=refs)]
    planned += [_planned_variant(build, variant, config, base=base, refs=refs) for variant in config.variants]
    planned = [_with_judges(build, p, wanted) for p in planned]
    leakage = add_leakage(build, config.leakage, base=base, refs=refs)
    _add_score(build, planned, config, cards, leakage=leakage)
    return Plan(config=config, stages=tuple(build.stages.values()), variants=tuple(planned), cards=cards)


def make_analysis_plan(config: RunConfig) -> Plan:
    """The run's own analysis and search alone, without training or scoring a variant; the search comes last.

    Raises as `make_plan`.
    """
    build = PlanBuilder()
    base = build.add(BaseParams(source=resolve_model(config)), label="base model")
    _search(build, None, config, base=base, refs=_task_refs(config))
    return Plan(config=config, stages=tuple(build.stages.values()), variants=(), cards=())


def _task_refs(config: RunConfig) -> tuple[TaskRef, ...]:
    """Every task of the run, once for each of its wrappers. Raises ConfigError where two have one name."""
    refs = tuple(ref for choice in config.evaluation.tasks for ref in tasks.task_refs(choice))
    names = [ref.name for ref in refs]
    twice = next((n for n in names if names.count(n) > 1), None)
    if twice:
        raise ConfigError(f"evaluation.tasks: {twice} is named twice; give one of them a `name` of its own")
    return refs


def _dataset(build: PlanBuilder, chosen: DatasetSettings, *, base: str) -> str:
    return build.add(resolve_dataset(chosen), label="benign IFT data", inputs=((BASE, base),))


def _search(
    build: PlanBuilder, variant: Variant | None, config: RunConfig, *, base: str, refs: tuple[TaskRef, ...]
) -> str:
    """The search that a variant's modules come from, or the run's own."""
    analysis = (variant and variant.analysis) or config.analysis
    search = (variant and variant.search) or config.search
    harm = [r for r in refs if tasks.card_of(r).axis == "harmfulness"]
    inputs = ((BASE, base), ("dataset", _dataset(build, config.dataset, base=base)))
    return add_search(build, analysis, search, inputs=inputs, refs=harm)


def _planned_base(build: PlanBuilder, base: str, config: RunConfig, *, refs: tuple[TaskRef, ...]) -> PlannedVariant:
    params = EvaluateParams(tasks=refs, generation=config.evaluation.generation())
    key = build.add(params, label="evaluate base", inputs=((BASE, base),))
    entry = VariantSeed(variant=BASE, seed=None, train=None, evaluate=key, judges=())
    return PlannedVariant(BASE, "none", "the base model unchanged", (entry,))


def _planned_variant(
    build: PlanBuilder, variant: Variant, config: RunConfig, *, base: str, refs: tuple[TaskRef, ...]
) -> PlannedVariant:
    spec = plugins.load("strategies", variant.strategy).train_spec(variant.settings)
    inputs = [(BASE, base), ("dataset", _dataset(build, variant.dataset or config.dataset, base=base))]
    search = _search(build, variant, config, base=base, refs=refs) if spec.needs_search else None
    if search:
        inputs.append(("search", search))
    entries = []
    for seed in config.seeds:
        label = f"{variant.name} seed {seed}"
        params = TrainParams(spec=spec, loop=variant.training, lora=variant.lora, seed=seed)
        train = build.add(params, label=f"train {label}", inputs=tuple(inputs))
        evaluate = build.add(
            EvaluateParams(tasks=refs, generation=config.evaluation.generation()),
            label=f"evaluate {label}",
            inputs=((BASE, base), ("checkpoint", train)),
        )
        entries.append(
            VariantSeed(variant=variant.name, seed=seed, train=train, evaluate=evaluate, judges=(), search=search)
        )
    return PlannedVariant(variant.name, variant.strategy, describe(variant), tuple(entries))


def _with_judges(build: PlanBuilder, planned: PlannedVariant, judges: tuple[JudgeParams, ...]) -> PlannedVariant:
    entries = []
    for entry in planned.entries:
        label = entry.variant if entry.seed is None else f"{entry.variant} seed {entry.seed}"
        keys = tuple(
            build.add(j, label=f"judge {label} by {j.judge}", inputs=(("evaluate", entry.evaluate),)) for j in judges
        )
        entries.append(entry.model_copy(update={"judges": keys}))
    return PlannedVariant(planned.name, planned.strategy, planned.description, tuple(entries))


def _add_score(
    build: PlanBuilder, planned: list[PlannedVariant], config: RunConfig, cards: tuple[TaskCard, ...], *, leakage: str
) -> None:
    entries = tuple(entry for p in planned for entry in p.entries)
    judges = [spec.params for spec in build.stages.values() if isinstance(spec.params, JudgeParams)]
    params = ScoreParams(
        entries=entries,
        primary_judges=primary_judges(config, cards),
        statistics=config.statistics,
        families=families_of(config),
        calibrations=calibrations_of(config, judges),
    )
    keys = dict.fromkeys(key for e in entries for key in (e.train, e.evaluate, *e.judges) if key is not None)
    build.add(params, label="scores", inputs=(*((key, key) for key in keys), (LEAKAGE, leakage)))


def _check_names(config: RunConfig, cards: tuple[TaskCard, ...]) -> None:
    check_judges(config, cards)
    plugins.path("backends", config.evaluation.backend)


def describe(variant: Variant) -> str:
    """A variant's settings in one line."""
    own = json.loads(variant.settings.model_dump_json())
    words = [f"{key}={_short(value)}" for key, value in own.items()]
    loop = variant.training
    words.append(f"steps={loop.steps}" if loop.steps else f"epochs={loop.epochs:g}")
    words.append(f"LoRA rank {variant.lora.rank}" if variant.lora else "full")
    return ", ".join(words)


def _short(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return "+".join(str(v) for v in value) if isinstance(value, list) else str(value)


def resolve_model(config: RunConfig) -> ModelSource:
    """What `base.model` means. Raises ModelError where it is neither built in, a folder, nor a hub id."""
    base = config.base
    if base.model == BUILTIN:
        return ModelSource(kind="builtin", location=BUILTIN, digest=tasks.builtin_digest(), seed=base.seed)
    path = Path(base.model).expanduser()
    if path.is_dir():
        return ModelSource(
            kind="path",
            location=str(path.resolve()),
            digest=digest_folder(path),
            trust_remote_code=base.trust_remote_code,
        )
    if path.exists() or not is_hub_id(base.model):
        raise ModelError(f"base.model: {base.model!r} is neither 'builtin', a model folder, nor a hub id (owner/name)")
    revision = resolve_revision(base.model, base.revision, repo_type="model")
    return ModelSource(kind="hub", location=base.model, revision=revision, trust_remote_code=base.trust_remote_code)


def resolve_dataset(chosen: DatasetSettings) -> DatasetParams:
    """What the section dataset means. Raises ConfigError where a source is neither built in, a file, nor a hub id."""
    return DatasetParams(
        source=resolve_source(chosen, key="dataset.source"),
        also=tuple(resolve_source(c, key=f"dataset.also.{at}.source") for at, c in enumerate(chosen.also)),
        max_tokens=chosen.max_tokens,
        too_long=chosen.too_long,
    )


def is_hub_id(name: str) -> bool:
    """Whether a name has the form owner/name and is not written as a path."""
    return bool(_HUB_ID.match(name)) and not name.startswith((".", "/", "~"))


def resolve_source(chosen: SourceSettings, *, key: str) -> DatasetSource:
    """What one source means; `key` is where the config names it. Raises as `resolve_dataset`."""
    common = chosen.model_dump(include=set(DatasetSource.model_fields) - {"revision"})
    if chosen.source.partition(":")[0] == BUILTIN:
        if chosen.source not in BUILTIN_PARTS:
            hint, known = did_you_mean(chosen.source, BUILTIN_PARTS), ", ".join(BUILTIN_PARTS)
            raise ConfigError(f"{key}: {chosen.source!r} is not built in{hint}; known: {known}")
        return DatasetSource(kind="builtin", location=chosen.source, digest=tasks.builtin_digest(), **common)
    path = Path(chosen.source).expanduser()
    if path.is_file():
        return DatasetSource(kind="file", location=str(path.resolve()), digest=digest_file(path), **common)
    if chosen.source.startswith((".", "/", "~")) or path.suffix in (".jsonl", ".json", ".csv", ".parquet"):
        raise ConfigError(f"{key}: {chosen.source}: no such file")
    if not _HUB_ID.match(chosen.source):
        raise ConfigError(
            f"{key}: {chosen.source!r} is neither 'builtin', a file (.jsonl .json .csv .parquet), "
            "nor a hub id (owner/name)"
        )
    revision = resolve_revision(chosen.source, chosen.revision, repo_type="dataset")
    return DatasetSource(kind="hub", location=chosen.source, revision=revision, **common)


def resolve_revision(repo: str, revision: str | None, *, repo_type: str) -> str:
    """The full commit hash of a hub repository's revision, from the hub or, without a network, from the cache.

    Raises WorldError (hub out of reach and nothing cached) or ModelError (no such repository or revision).
    """
    if revision and COMMIT.match(revision):
        return revision
    from harness.hub import commit_of

    return commit_of(repo, revision or "main", repo_type=repo_type, offline=bool(os.environ.get("HF_HUB_OFFLINE")))
