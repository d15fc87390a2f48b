"""RunConfig → Plan: names, revisions and digests resolved, every stage's key known before any work. No heavy import."""

from __future__ import annotations

from dataclasses import dataclass, replace

from harness import plugins, published, tasks
from harness.config import BASE, RunConfig
from harness.errors import ConfigError
from harness.families import families_of
from harness.gate_rules import check
from harness.judges import compares
from harness.plan_builder import PlanBuilder
from harness.plan_judges import calibrations_of, check_judges, judge_params, outcomes_in_words, primary_judges
from harness.plan_leakage import LEAKAGE, add_leakage
from harness.plan_ranking import ranking_params
from harness.plan_sources import resolve_model
from harness.plan_variants import PlannedVariant, VariantPlanner
from harness.records import TaskCard
from harness.specs import BaseParams, JudgeParams, ScoreParams, StageSpec, TaskRef, TrainSpec
from harness.stages.judge import REFERENCE
from harness.variant_checks import check_folder


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
        check(config.gate, cards=cards, variants=[BASE, *(v.name for v in config.variants)])
    if config.published is not None:
        published.check(config.published, variants=[v.name for v in config.variants])
    source = resolve_model(config.base, key="base.model")
    check_folder(source, key="base.model")
    base = build.add(BaseParams(source=source), label="base model")
    wanted = judge_params(config, cards)
    planner = VariantPlanner(build, config, base, refs)
    planned = [planner.plan_base(), *(planner.plan(variant) for variant in config.variants)]
    planned = [_with_judges(build, p, wanted, base=planned[0].entries[0].evaluate) for p in planned]
    leakage = add_leakage(build, config.leakage, base=base, refs=refs)
    _add_score(build, planned, config, cards, leakage=leakage)
    return Plan(config=config, stages=tuple(build.stages.values()), variants=tuple(planned), cards=cards)


def make_analysis_plan(config: RunConfig) -> Plan:
    """The run's own analysis and search alone, without training or scoring a variant; the search comes last.

    Raises as `make_plan`.
    """
    build = PlanBuilder()
    base = build.add(BaseParams(source=resolve_model(config.base, key="base.model")), label="base model")
    if config.dataset is None:
        raise ConfigError("dataset: is required, the analysis tunes on it")
    VariantPlanner(build, config, base, _task_refs(config)).search()
    return Plan(config=config, stages=tuple(build.stages.values()), variants=(), cards=())


def _task_refs(config: RunConfig) -> tuple[TaskRef, ...]:
    """Every task of the run, once for each of its wrappers. Raises ConfigError where two have one name."""
    refs = tuple(ref for choice in config.evaluation.tasks for ref in tasks.task_refs(choice))
    names = [ref.name for ref in refs]
    twice = next((n for n in names if names.count(n) > 1), None)
    if twice:
        raise ConfigError(f"evaluation.tasks: {twice} is named twice; give one of them a `name` of its own")
    return refs


def _with_judges(
    build: PlanBuilder, planned: PlannedVariant, judges: tuple[JudgeParams, ...], *, base: str
) -> PlannedVariant:
    """A variant with its judge stages; `base` is the key of the base's samples, for judges that compare with them."""
    entries = []
    for entry in planned.entries:
        label = entry.variant if entry.seed is None else f"{entry.variant} seed {entry.seed}"
        own = (("evaluate", entry.evaluate),)
        keys = tuple(
            build.add(
                j,
                label=f"judge {label} by {j.judge}",
                inputs=(*own, (REFERENCE, base)) if compares(plugins.load("judges", j.file)) else own,
            )
            for j in judges
        )
        entries.append(entry.model_copy(update={"judges": keys}))
    return replace(planned, entries=tuple(entries))


def _add_score(
    build: PlanBuilder, planned: list[PlannedVariant], config: RunConfig, cards: tuple[TaskCard, ...], *, leakage: str
) -> None:
    entries = tuple(entry for p in planned for entry in p.entries)
    judges = [spec.params for spec in build.stages.values() if isinstance(spec.params, JudgeParams)]
    families = families_of(config)
    params = ScoreParams(
        entries=entries,
        primary_judges=primary_judges(config, cards),
        statistics=config.statistics,
        families=families,
        calibrations=calibrations_of(config, judges),
        ranking=ranking_params(config, cards, families=families),
        outcomes=outcomes_in_words(config, cards),
        without_loss=_without_loss(config),
    )
    keys = dict.fromkeys(key for e in entries for key in (e.train, e.evaluate, *e.judges) if key is not None)
    build.add(params, label="scores", inputs=(*((key, key) for key in keys), (LEAKAGE, leakage)))


def _without_loss(config: RunConfig) -> tuple[str, ...]:
    """Variants that have safety data in their mixture, whose logged loss the refusals are part of."""
    specs = ((variant.name, variant.spec) for variant in config.variants)
    return tuple(name for name, spec in specs if isinstance(spec, TrainSpec) and spec.safety_share is not None)


def _check_names(config: RunConfig, cards: tuple[TaskCard, ...]) -> None:
    check_judges(config, cards)
    plugins.path("backends", config.evaluation.backend)
