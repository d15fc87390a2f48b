"""What a run was made of, read from its stages: sources, tasks, judges, and what a config leaves open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness import config
from harness.errors import StoreError
from harness.plan_builder import PlanBuilder
from harness.provenance import run_facts
from harness.provenance_records import RunFacts
from harness.record import Record
from harness.records import Checkpoint, DatasetSummary
from harness.specs import (
    BaseParams,
    DatasetParams,
    DatasetSource,
    EvaluateParams,
    GenerationSettings,
    JudgeParams,
    ModelSource,
    StageParams,
    StageSpec,
    TaskRef,
)
from harness.store import Store
from tests.configs import tree
from tests.report_sources import make_sources

ONE, TWO, THREE = "1" * 40, "2" * 40, "3" * 40
FOUND = Checkpoint(
    kind="full", location="weights", architecture="Llama", parameters=7, layers=2, digest="ab" * 32, dtype="float32"
)


def summary() -> DatasetSummary:
    made = make_sources().dataset
    assert made is not None
    return made


def finished(store: Store, stages: list[tuple[StageSpec, str, Record | None]]) -> list[str]:
    """Keys of the stages, each with a record of its own."""
    for spec, name, record in stages:
        folder = store.begin(spec.key)
        (folder / name).write_text("{}" if record is None else record.model_dump_json())
        store.finish(spec, folder=folder, seconds=1.0)
    return [spec.key for spec, _, _ in stages]


def made(folder: Path, **sections: Any) -> RunFacts:
    """Of a run of a hub model tuned on two hub sets and asked a task of the hub and one that is built in."""
    build = PlanBuilder()
    base = BaseParams(source=ModelSource(kind="hub", location="org/chat", revision=ONE))
    data = DatasetParams(
        source=DatasetSource(kind="hub", location="org/ift", revision=TWO),
        also=(DatasetSource(kind="hub", location="org/also", revision=THREE),),
    )
    refs = (
        TaskRef(name="advbench", digest="cd" * 32, folder="/x", path=f"hub:org/prompts@{THREE}", limit=9),
        TaskRef(name="harmful_requests", digest="ef" * 32, folder="/y"),
        TaskRef(name="mine", digest="ef" * 32, folder="/y", path="/z/rows.csv"),
    )
    judge = JudgeParams(judge="world", tasks=("harmful_requests",), source_digest="aa")
    params: tuple[StageParams, ...] = (base, data, EvaluateParams(tasks=refs, generation=GenerationSettings()), judge)
    labels = ("base model", "benign IFT data", "evaluate base", "judge base by world")
    keys = [build.add(p, label=label) for p, label in zip(params, labels, strict=True)]
    records = (FOUND, summary(), None, None)
    names = ("checkpoint.json", "summary.json", "tasks.json", "verdicts.jsonl")
    store = Store(folder)
    finished(store, list(zip((build.stages[k] for k in keys), names, records, strict=True)))
    return run_facts(store, keys, config.parse(tree(**sections), where="x"))


HUB = {"base": {"model": "org/chat"}, "dataset": {"source": "org/ift", "also": [{"source": "org/also"}]}}


def test_models_data_tasks_and_judges_are_those_of_the_stages(tmp_path: Path) -> None:
    facts = made(tmp_path, **HUB)
    assert facts.models[0].checkpoint == FOUND and facts.models[0].source.revision == ONE
    assert [(d.source.location, d.rows and d.rows.rows) for d in facts.data] == [("org/ift", 1140), ("org/also", 60)]
    assert [(t.kind, t.location, t.revision) for t in facts.tasks] == [
        ("hub", "org/prompts", THREE), ("builtin", "builtin", None), ("path", "/z/rows.csv", None),
    ]  # fmt: skip
    assert [j.name for j in facts.judges] == ["world"]


def test_open_revisions_are_pinned_where_an_option_can(tmp_path: Path) -> None:
    facts = made(tmp_path, **HUB)
    assert facts.pins == (f"base.revision={ONE}", f"dataset.revision={TWO}")
    assert facts.loose == (f"org/also@{THREE}", f"org/prompts@{THREE}")


def test_whole_commits_in_the_config_need_no_pin(tmp_path: Path) -> None:
    also = [{"source": "org/also", "revision": THREE}]
    held = {"base": {"model": "org/chat", "revision": ONE},
            "dataset": {"source": "org/ift", "revision": TWO, "also": also}}  # fmt: skip
    facts = made(tmp_path, **held)
    assert (facts.pins, facts.loose) == ((), ())


def test_variants_have_readable_settings_and_which_modules_they_treat_apart(tmp_path: Path) -> None:
    bodies = {
        "plain": {"strategy": "ift", "learning_rate": 2e-4},
        "drawn": {"strategy": "ml_lr", "modules": "random", "learning_rate": 1e-3},
        "mine": {"strategy": "ml_lr", "modules": ["q"], "learning_rate": 1e-3},
    }
    facts = made(tmp_path, **HUB, variants=bodies)
    assert [(v.name, v.modules) for v in facts.variants] == [("plain", None), ("drawn", "random"), ("mine", "named")]
    assert facts.variants[0].learning_rate == 2e-4 and facts.variants[0].settings.startswith("learning rate 2e-4, ")


def test_a_stage_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is gone from the store; run the config again"):
        run_facts(Store(tmp_path), ["0" * 24], config.parse(tree(**HUB), where="x"))
