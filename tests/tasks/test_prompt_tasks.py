"""The tasks that read prompts, by what their YAMLs say: from files, from the hub, or told what to fetch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.errors import TaskError, WorldError
from harness.task_specs import TaskChoice, TaskRef
from harness.tasks import card_of, task_ref, task_refs
from tests.tasks.asking import SHARED, asked, needs_data, prompt_rows

FROM_FILES = ("sap30", "comp_obj", "autodan", "pair", "i_malicious", "i_cona", "i_controversial",
              "prompt_file", "ordinary")  # fmt: skip
FROM_HUB = ("advbench", "catqa", "harmbench", "strongreject", "or_bench")
ROWS = '{"goal": "a", "category": "x"}\n{"goal": "b", "category": "x"}\n{"goal": "c", "category": "y"}\n'


@pytest.mark.parametrize("task", [*FROM_FILES, *FROM_HUB])
def test_prompts_are_read_from_a_local_file(tmp_path: Path, task: str) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(ROWS)
    rows = prompt_rows(task, file)
    assert [(row["prompt"], row["category"]) for row in rows] == [("a", "x"), ("c", "y"), ("b", "x")]


@pytest.mark.parametrize("task", FROM_HUB)
def test_prompts_are_read_from_the_hub(monkeypatch: pytest.MonkeyPatch, task: str) -> None:
    asked_for: list[tuple[Sequence[str], str | None, str]] = []

    def table(path: str, *, columns: Sequence[str], subset: str | None, part: str) -> list[dict[str, str]]:
        asked_for.append((columns, subset, part))
        return [{name: f"{name}{n % 2 if at else n}" for at, name in enumerate(columns)} for n in (0, 2, 1, 3)]

    monkeypatch.setattr("harness.task_rows.hub_table", table)
    rows = prompt_rows(task, "hub:x/y@c")
    assert len({row["prompt"] for row in rows}) == 4
    if task != "advbench":  # it has no categories
        assert [row["category"][-1] for row in rows] == ["0", "1", "0", "1"]
    assert len(asked_for) == 1 and asked_for[0][2] in ("train", "en")


def test_harmbench_asks_its_standard_behaviours(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("Behavior,FunctionalCategory,SemanticCategory\na,standard,x\nb,contextual,x\nc,standard,y\n")
    assert [(row["prompt"], row["category"]) for row in prompt_rows("harmbench", file)] == [("a", "x"), ("c", "y")]


@pytest.mark.parametrize("task", FROM_FILES)
def test_what_no_hub_holds_says_what_to_fetch(task: str) -> None:
    with pytest.raises(TaskError, match=f"task {task}: give a path to its rows") as caught:
        task_ref(task)
    assert "\n" not in str(caught.value)


def test_a_hub_out_of_reach_says_what_to_fetch(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object, **__: object) -> str:
        raise WorldError("the hub is out of reach")

    monkeypatch.setattr("harness.hub.commit_of", unreachable)
    told = r"strongreject: the hub is out of reach; `harness fetch CONFIG` .*; or give a path: strongreject_"
    with pytest.raises(WorldError, match=told):
        task_ref("strongreject")


def test_a_file_that_is_gone_says_what_was_wanted(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match=r"no such file; it wants I-CoNa\.json of github\.com/vinid"):
        task_ref("i_cona", path=str(tmp_path / "gone.json"))
    with pytest.raises(TaskError, match="must be a file; it wants I-CoNa"):
        task_ref("i_cona", path=str(tmp_path))


def test_own_files_have_names_of_their_own(tmp_path: Path, tiny: Path) -> None:
    refs: list[TaskRef] = []
    for name in ("ours", "theirs"):
        file = tmp_path / f"{name}.txt"
        file.write_text(f"{name} one\n{name} two\n")
        refs += task_refs(TaskChoice(task="prompt_file", name=name, path=str(file)))
    samples = asked(tiny, *refs)
    assert [card_of(ref).title for ref in refs] == ["Prompts of your own (ours)", "Prompts of your own (theirs)"]
    assert [(s.task, s.prompt) for s in samples] == [
        (name, f"{name} {n}") for name in ("ours", "theirs") for n in ("one", "two")
    ]
    assert all(s.metric is None and s.completion.startswith("answer ") for s in samples)


@needs_data
@pytest.mark.parametrize(
    ("task", "file", "count", "categories"),
    [
        ("i_malicious", "safety_tuned_llamas/I-MaliciousInstructions.json", 98, {"crime", "hate"}),
        ("i_cona", "safety_tuned_llamas/I-CoNa.json", 178, {""}),
        ("i_controversial", "safety_tuned_llamas/I-Controversial.json", 40, {""}),
        ("ordinary", "safety_tuned_llamas/I-Alpaca.json", 50, {""}),
        ("advbench", "advbench/harmful_behaviors.csv", 520, {""}),
    ],
)
def test_the_published_files_are_read_whole(task: str, file: str, count: int, categories: set[str]) -> None:
    rows = prompt_rows(task, SHARED / file)
    assert len(rows) == len({row["prompt"] for row in rows}) == count
    assert {row["category"] for row in rows} == categories


@needs_data
def test_real_prompts_are_asked_of_a_model(tiny: Path) -> None:
    file = SHARED / "safety_tuned_llamas" / "I-CoNa.json"
    samples = asked(tiny, task_ref("i_cona", path=str(file), limit=2), backend="hf")
    assert [s.prompt for s in samples] == json.loads(file.read_text())["instructions"][:2]
