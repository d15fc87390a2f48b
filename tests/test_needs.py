"""What a config takes from the hub: everything once, with its commit, and by hand where that is not known."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness import config, hub, lm_tasks
from harness.errors import ConfigError, ModelError, WorldError
from harness.needs import Need, by_hand, cached, fetch, judge_models, needs_of
from harness.task_specs import TaskRef
from tests.configs import tree

SHA = "a" * 40
OTHER = "b" * 40
HUB: dict[str, Any] = {
    "base": {"model": "meta/chat", "revision": "v2"},
    "dataset": {"source": "lab/rows", "also": [{"source": "builtin:safe", "limit": 5}]},
    "evaluation": {"tasks": ["gsm8k", "harmful_requests"]},
}


@pytest.fixture
def online(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub where every branch is one commit."""
    monkeypatch.setattr(hub, "commit_of", lambda repo, revision, **_: SHA)


def needs(**changes: Any) -> tuple[Need, ...]:
    return needs_of(config.parse(tree(**changes), where="x"))


def test_everything_is_named_with_its_key_and_commit(online: None) -> None:
    found = [(n.key, n.kind, n.place, n.asked, n.commit) for n in needs(**HUB)]
    assert found == [
        ("base.model", "model", "meta/chat", "v2", SHA),
        ("dataset.source", "dataset", "lab/rows", "main", SHA),
        ("dataset.also.0.source", "dataset", "builtin:safe", "", ""),
        ("evaluation.tasks.gsm8k.path", "dataset", "openai/gsm8k", "main", SHA),
        ("evaluation.tasks.harmful_requests.path", "dataset", "builtin", "", ""),
    ]
    assert needs(**HUB)[3].subset == "main"


def test_what_is_local_needs_nothing(tmp_path: Path) -> None:
    rows, prompts = tmp_path / "rows.jsonl", tmp_path / "advbench.csv"
    rows.write_text('{"prompt": "a", "response": "b"}\n')
    prompts.write_text("goal,target\nx,y\n")
    (tmp_path / "model").mkdir()
    tasks = {"tasks": [{"task": "advbench", "path": str(prompts)}]}
    found = needs(base={"model": str(tmp_path / "model")}, dataset={"source": str(rows)}, evaluation=tasks)
    assert [n.place for n in found] == [str(tmp_path / "model"), str(rows), str(prompts)]
    assert all(n.local for n in found)


def test_variants_of_the_same_data_add_nothing(online: None) -> None:
    ift = {"strategy": "ift", "learning_rate": 1e-3}
    variants = {"a": {**ift, "dataset": {"limit": 9}}, "b": {**ift, "dataset": {"source": "lab/other"}}}
    found = [n.key for n in needs(**HUB, variants=variants) if n.kind == "dataset" and not n.local]
    assert found == ["dataset.source", "variants.b.dataset.source", "evaluation.tasks.gsm8k.path"]


def test_out_of_reach_all_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(repo: str, revision: str, **_: object) -> str:
        raise WorldError(f"{repo}@{revision}: the hub is out of reach")

    monkeypatch.setattr(hub, "commit_of", away)
    found = [n.problem for n in needs(**HUB) if n.problem]
    repos = ("meta/chat@v2", "lab/rows@main", "openai/gsm8k@main")
    assert len(found) == len(repos)
    assert all(f"{repo}: the hub is out of reach" in line for repo, line in zip(repos, found, strict=True))


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"base": {"model": "./none"}}, ModelError, "base.model"),
        ({"dataset": {"source": "data/none.jsonl"}}, ConfigError, "dataset.source: data/none.jsonl: no such file"),
    ],
)
def test_what_is_neither_local_nor_on_the_hub_is_wrong(
    changes: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        needs(**changes)


def test_judges_models_are_found_in_their_settings(tmp_path: Path) -> None:
    guard = {"model": "lab/guard", "revision": OTHER, "threshold": 0.5}
    local = {"model": str(tmp_path), "revision": None}
    settings = {"also": ["x"], "settings": {"guard": guard, "own": local, "api": {"model": "vendor/name"}}}
    assert list(judge_models(settings, key="judging")) == [
        Need("judging.settings.guard.model", "model", "lab/guard", asked=OTHER, commit=OTHER),
        Need("judging.settings.own.model", "model", str(tmp_path)),
    ]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("model", ["hf download a/b --revision v1", "--include '*.safetensors'", "then set base.model to FOLDER"]),
        ("dataset", ["hf download a/b --revision v1 --repo-type dataset", "then set base.model to its file"]),
    ],
)
def test_by_hand_it_is_one_command(kind: Any, words: list[str]) -> None:
    line = by_hand(Need("base.model", kind, "a/b", asked="v1"))
    assert all(word in line for word in words) and "\n" not in line


def test_what_was_fetched_is_found_without_a_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(hub, "fetch_dataset", lambda repo, *, revision, subset: tmp_path / subset / revision)
    need = Need("dataset.source", "dataset", "a/b", asked="main", commit=SHA, subset="x")
    assert fetch(need) == tmp_path / "x" / SHA
    assert hub.commit_of("a/b", "main", repo_type="dataset", offline=True) == SHA


def test_rows_of_lm_evals_own_tasks_are_fetched_by_lm_eval(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    choice = {"task": "lm_eval:arc_easy", "axis": "expertise", "metric": "acc"}
    (found,) = [n for n in needs(evaluation={"tasks": [choice]}) if n.key.startswith("evaluation")]
    assert (found.place, found.local, cached(found)) == ("lm_eval:arc_easy", False, None)
    asked: list[str] = []

    def load(ref: TaskRef) -> lm_tasks.LoadedTask:
        asked.append(ref.name)
        return lm_tasks.LoadedTask(SimpleNamespace(dataset={"test": SimpleNamespace(cache_files=files)}), str)

    files = [{"filename": str(tmp_path / "rows.arrow")}]
    monkeypatch.setattr(lm_tasks, "load_task", load)
    assert (fetch(found), asked) == (tmp_path, ["arc_easy"])
    assert "TaskManager().load(['arc_easy'])" in by_hand(found)


def test_the_models_of_a_panels_members_are_found() -> None:
    guard = {"judge": "classifier", "model": "lab/guard", "revision": OTHER, "format": "wildguard"}
    section = {"also": ["panel"], "settings": {"panel": {"members": [{"judge": "refusal"}, guard]}}}
    (found,) = [n for n in needs(judging=section) if n.key.startswith("judging")]
    assert found == Need("judging.settings.panel.members.1.model", "model", "lab/guard", asked=OTHER, commit=OTHER)


def test_the_subset_of_a_task_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "commit_of", lambda *_, **__: "0" * 40)
    tasks = [{"task": "mmlu", "subset": "anatomy"}, "gsm8k", "pubmedqa"]
    found = [n.subset for n in needs(evaluation={"tasks": tasks}) if n.key.startswith("evaluation")]
    assert found == ["anatomy", "main", "pqa_labeled"]
