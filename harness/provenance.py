"""A finished run's stages → RunFacts: where models, data, tasks and judges are from, and how the variants were set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.config import RunConfig, Variant
from harness.errors import StoreError
from harness.provenance_records import DataFacts, JudgeFacts, ModelFacts, RunFacts, TaskFacts, VariantFacts
from harness.record_files import read_record
from harness.records import Checkpoint, DatasetSummary, SourceRows
from harness.specs import (
    AdoptParams,
    BaseParams,
    DatasetParams,
    DatasetSource,
    EvaluateParams,
    JudgeParams,
    ModelSource,
    StageSpec,
    TaskRef,
)
from harness.store import Store
from harness.task_files import HUB
from harness.variant_words import readable


def _judge(params: JudgeParams) -> JudgeFacts:
    return JudgeFacts(
        name=params.judge, plugin=params.plugin, settings=params.settings, digest=params.source_digest
    )


def run_facts(store: Store, keys: Sequence[str], config: RunConfig) -> RunFacts:
    """What a run with stages of these keys was made of. Raises StoreError where one of them is gone from the store."""
    specs = [_spec(store, key) for key in keys]
    models = [m for spec in specs if (m := _model(store, spec)) is not None]
    data = [d for spec in specs for d in _data(store, spec)]
    asked = [spec.params for spec in specs if isinstance(spec.params, EvaluateParams)]
    tasks = tuple(_task(ref) for ref in (asked[0].tasks if asked else ()))
    judges = {p.judge: p for spec in specs if isinstance(p := spec.params, JudgeParams)}
    sources: list[ModelSource | DatasetSource] = [*(m.source for m in models), *(d.source for d in data)]
    hub = [(s.location, s.revision) for s in sources if s.revision is not None]
    hub += [(t.location, t.revision) for t in tasks if t.revision is not None]
    pins, loose = _open(config, hub)
    return RunFacts(
        models=tuple(models),
        data=tuple(data),
        tasks=tasks,
        judges=tuple(_judge(params) for params in judges.values()),
        variants=tuple(_variant(variant) for variant in config.variants),
        generation=config.evaluation.generation(),
        pins=pins,
        loose=loose,
    )


def _spec(store: Store, key: str) -> StageSpec:
    seal = store.seal(key)
    if seal is None:
        raise StoreError(f"{store.folder(key)}: is gone from the store; run the config again")
    return seal.spec


def _model(store: Store, spec: StageSpec) -> ModelFacts | None:
    if not isinstance(spec.params, BaseParams | AdoptParams):
        return None
    checkpoint = read_record(Checkpoint, store.folder(spec.key) / "checkpoint.json")
    return ModelFacts(role=spec.label.removeprefix("adopt "), source=spec.params.source, checkpoint=checkpoint)


def _data(store: Store, spec: StageSpec) -> Iterator[DataFacts]:
    if not isinstance(spec.params, DatasetParams):
        return
    summary = read_record(DatasetSummary, store.folder(spec.key) / "summary.json")
    sources = (spec.params.source, *spec.params.also)
    known: Sequence[SourceRows | None] = summary.sources
    for at, source in enumerate(sources):
        rows = known[at] if len(known) == len(sources) else None
        yield DataFacts(role=spec.label, source=source, rows=rows)


def _task(ref: TaskRef) -> TaskFacts:
    path, revision = ref.path, None
    if ref.lm_eval is not None:
        kind, location = "lm_eval", ref.lm_eval.task
    elif path is None:
        kind, location = "builtin", "builtin"
    elif path.startswith(HUB):
        kind = "hub"
        location, _, revision = path.removeprefix(HUB).partition("@")
    else:
        kind, location = "path", path
    return TaskFacts.model_validate(
        {
            "name": ref.name, "kind": kind, "location": location, "revision": revision or None, "digest": ref.digest,
            "subset": ref.subset, "limit": ref.limit,
        }
    )  # fmt: skip


def _variant(variant: Variant) -> VariantFacts:
    chosen = getattr(variant.settings, "modules", None)
    rate = getattr(variant.settings, "learning_rate", None)
    return VariantFacts.model_validate(
        {
            "name": variant.name,
            "settings": readable(variant),
            "learning_rate": rate,
            "modules": chosen if chosen is None or isinstance(chosen, str) else "named",
        }
    )


def _named(config: RunConfig) -> Iterator[tuple[str, str, str | None]]:
    """(section, what it names, its revision) of the sections that `--set` can pin."""
    for key, model in (("base", config.base), ("unaligned", config.unaligned)):
        if model is not None:
            yield key, model.model, model.revision
    for key, data in (("dataset", config.dataset), ("safety_data", config.safety_data)):
        if data is not None:
            yield key, data.source, data.revision


def _open(config: RunConfig, hub: Sequence[tuple[str, str]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(pins, loose) of the hub repositories, as (location, commit), whose commits the config does not hold."""
    commits: dict[str, str] = {}
    for location, commit in hub:
        commits.setdefault(location, commit)
    sections = [(key, name) for key, name, given in _named(config) if name in commits and given != commits[name]]
    pins = tuple(f"{key}.revision={commits[name]}" for key, name in sections)
    written, pinned = config.model_dump_json(), {name for _, name in sections}
    loose = (f"{place}@{commit}" for place, commit in hub if place not in pinned and commit not in written)
    return pins, tuple(dict.fromkeys(loose))
