"""What a config takes from the model hub, at the commits that a run would use, and how to get it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from harness import hub, tasks
from harness.config import BaseSettings, DatasetSettings, RunConfig, SourceSettings
from harness.errors import ModelError, TaskError, WorldError
from harness.plan_sources import COMMIT, is_hub_id, resolve_model, resolve_source
from harness.rows import SUFFIXES
from harness.specs import CheckpointSpec
from harness.task_files import HUB
from harness.task_specs import LM_EVAL, TaskChoice, TaskRef


@dataclass(frozen=True)
class Need:
    """One model or dataset that a config names."""

    key: str
    """Where in the config."""
    kind: Literal["model", "dataset"]
    place: str
    """A hub id; or what is local: a folder, a file, `builtin`."""
    asked: str = ""
    """Branch, tag or commit of a hub repository; empty for what is local."""
    commit: str = ""
    """The commit that `asked` is; empty for what is local or out of reach."""
    subset: str | None = None
    """Of a hub dataset that has several."""
    problem: str = ""
    """Why its commit is not known."""
    rows_of: TaskRef | None = None
    """For the rows of one of lm-eval's own tasks: lm-eval knows where they lie, and fetches them."""

    @property
    def local(self) -> bool:
        """Whether there is nothing to fetch."""
        return not self.asked and self.rows_of is None


def needs_of(config: RunConfig) -> tuple[Need, ...]:
    """Models, datasets, tasks' rows and judges' models, each once; what is out of reach has a `problem`.

    Raises ConfigError, ModelError or TaskError for what is neither local nor on the hub.
    """
    found = [*_models(config), *_datasets(config)]
    found += [_task(choice) for choice in config.evaluation.tasks]
    found += judge_models(config.judging.model_dump(), key="judging")
    once: dict[tuple[object, ...], Need] = {}
    for need in found:
        once.setdefault((need.kind, need.place, need.asked, need.commit, need.subset), need)
    return tuple(once.values())


def fetch(need: Need) -> Path:
    """Download what is not in the cache yet, so that a run finds it there without a network; returns its folder.

    Raises WorldError where the hub is out of reach, or what `need` is of cannot be had; TaskError where lm-eval has no
    such task, or another than can be asked.
    """
    if need.problem:
        raise WorldError(need.problem)
    if need.rows_of is not None:
        from harness.lm_tasks import fetch_rows

        return fetch_rows(need.rows_of)
    if need.kind == "model":
        folder = hub.fetch_model(need.place, revision=need.commit)
    else:
        folder = hub.fetch_dataset(need.place, revision=need.commit, subset=need.subset)
    hub.remember(need.place, need.asked, need.commit, repo_type=need.kind)
    return folder


def cached(need: Need) -> Path | None:
    """The folder that the cache has of it already, or None; None too for rows that lm-eval alone finds.

    Raises WorldError where its commit is not known.
    """
    if need.problem:
        raise WorldError(need.problem)
    if need.rows_of is not None:
        return None
    return hub.cached(need.place, need.commit, repo_type=need.kind)


def by_hand(need: Need) -> str:
    """How to get it without this program, in one line."""
    own = need.rows_of.lm_eval if need.rows_of is not None else None
    if own is not None:
        return f"python -c \"from lm_eval.tasks import TaskManager; TaskManager().load(['{own.task}'])\""
    which = f"{need.place} --revision {need.commit or need.asked}"
    if need.kind == "model":
        files = " ".join(f"--include '{pattern}'" for pattern in hub.WEIGHTS)
        return f"hf download {which} {files} --local-dir FOLDER; then set {need.key} to FOLDER"
    return f"hf download {which} --repo-type dataset --local-dir FOLDER; then set {need.key} to its file"


def judge_models(settings: dict[str, Any], *, key: str) -> Iterator[Need]:
    """Models in judges' settings: a `model` that is a file or folder, or a hub id beside a full `revision`."""
    model, revision = settings.get("model"), settings.get("revision")
    if isinstance(model, str):
        if isinstance(revision, str) and COMMIT.match(revision) and is_hub_id(model):
            yield Need(f"{key}.model", "model", model, asked=revision, commit=revision)
        elif Path(model).expanduser().exists():
            yield Need(f"{key}.model", "model", model)
    for name, inner in settings.items():
        listed = inner if isinstance(inner, list | tuple) else ()
        for at, one in ((name, inner), *((f"{name}.{at}", one) for at, one in enumerate(listed))):
            if isinstance(one, dict):
                yield from judge_models(one, key=f"{key}.{at}")


def _models(config: RunConfig) -> Iterator[Need]:
    yield _model(config.base, key="base.model")
    if config.unaligned is not None:
        yield _model(config.unaligned, key="unaligned.model")
    for variant in config.variants:
        spec = variant.spec
        if isinstance(spec, CheckpointSpec):
            for path in spec.paths:
                yield _model(BaseSettings(model=path, revision=spec.revision), key=f"variants.{variant.name}.path")


def _model(chosen: BaseSettings, *, key: str) -> Need:
    need = Need(key, "model", chosen.model)
    if not is_hub_id(need.place) or Path(need.place).is_dir():
        return replace(need, place=resolve_model(chosen, key=key).location)
    asked = replace(need, asked=chosen.revision or "main")
    return _resolved(asked, lambda: resolve_model(chosen, key=key).revision)


def _datasets(config: RunConfig) -> Iterator[Need]:
    sections = [("dataset", config.dataset), ("safety_data", config.safety_data)]
    sections += [(f"variants.{variant.name}.dataset", variant.dataset) for variant in config.variants]
    for key, chosen in sections:
        if chosen is not None:
            yield from _mixture(chosen, key=key)


def _mixture(chosen: DatasetSettings, *, key: str) -> Iterator[Need]:
    yield _source(chosen, key=f"{key}.source")
    for at, also in enumerate(chosen.also):
        yield _source(also, key=f"{key}.also.{at}.source")


def _source(chosen: SourceSettings, *, key: str) -> Need:
    need = Need(key, "dataset", chosen.source)
    path = Path(chosen.source)
    if not is_hub_id(chosen.source) or path.suffix in SUFFIXES or path.is_file():
        return replace(need, place=resolve_source(chosen, key=key).location)
    asked = replace(need, asked=chosen.revision or "main")
    return _resolved(asked, lambda: resolve_source(chosen, key=key).revision)


def _task(choice: TaskChoice) -> Need:
    key = f"evaluation.tasks.{choice.called}.path"
    if choice.task.startswith(LM_EVAL):
        return Need(key, "dataset", choice.task, rows_of=tasks.task_refs(choice)[0].plain)
    folder = tasks.find_task(choice.task)
    need = Need(key, "dataset", choice.path or folder.rows)
    if choice.path is not None or folder.hub is None:
        return replace(need, place=tasks.task_refs(choice)[0].path or need.place)
    need = replace(need, place=folder.hub, asked="main", subset=choice.subset or folder.hub_subset)
    return _resolved(need, lambda: (tasks.task_refs(choice)[0].path or "").removeprefix(HUB).rpartition("@")[2])


def _resolved(need: Need, commit: Callable[[], str | None]) -> Need:
    try:
        return replace(need, commit=commit() or "")
    except (WorldError, ModelError, TaskError) as error:
        return replace(need, problem=str(error))
