"""lm-eval's own tasks by name: what a config must say, and a small one of a folder of one's own, run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lm_eval.tasks import TaskManager

from harness import lm_tasks
from harness.errors import TaskError, WorldError
from harness.lm_eval_tasks import KNOWN
from harness.task_specs import TaskChoice, TaskRef
from harness.tasks import card_of, task_refs
from tests.tasks.asking import asked

YAML = """task: colours
dataset_path: json
dataset_kwargs:
  data_files:
    test: {data}
test_split: test
output_type: multiple_choice
doc_to_text: "Question: {{{{question}}}}\\nAnswer:"
doc_to_choice: "{{{{choices}}}}"
doc_to_target: gold
metric_list:
  - metric: acc
    aggregation: mean
    higher_is_better: true
metadata:
  version: 1.0
"""
ROWS = [{"question": f"What is {n}?", "choices": ["red", "blue"], "gold": n % 2} for n in range(3)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rows.json").write_text(json.dumps(ROWS))
    (tmp_path / "colours.yaml").write_text(YAML.format(data=tmp_path / "rows.json"))
    return tmp_path


def own(folder: Path, **changes: object) -> TaskRef:
    given = {"task": "lm_eval:colours", "path": str(folder), "axis": "usability", "metric": "acc", **changes}
    return task_refs(TaskChoice.model_validate(given))[0]


def test_a_task_of_a_folder_is_asked_and_scored(folder: Path, tiny: Path) -> None:
    ref = own(folder, limit=2)
    card = card_of(ref)
    assert (card.name, card.axis, card.metric, card.direction) == ("colours", "usability", "acc", "higher")
    samples = asked(tiny, ref, backend="hf")
    assert [s.prompt for s in samples] == ["Question: What is 0?\nAnswer:", "Question: What is 1?\nAnswer:"]
    assert all(s.task == "colours" and s.metric == float(s.chosen == s.target) for s in samples)


def test_it_stands_beside_our_tasks_under_a_name_of_its_own(folder: Path, tiny: Path) -> None:
    refs = (own(folder, name="mine", limit=1), *task_refs(TaskChoice(task="harmful_requests", limit=1)))
    assert [s.task for s in asked(tiny, *refs)] == ["mine", "harmful_requests"]


def test_its_rows_are_part_of_the_digest(folder: Path) -> None:
    before = own(folder).digest
    (folder / "rows.json").write_text(json.dumps(ROWS[:2]))
    assert own(folder).digest != before


@pytest.mark.parametrize("name", KNOWN)
def test_some_need_no_more_than_their_name(name: str) -> None:
    (ref,) = task_refs(TaskChoice(task=f"lm_eval:{name}"))
    assert (ref.name, ref.folder, ref.path) == (name, "", None)
    assert card_of(ref).axis == KNOWN[name][0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"axis": None}, "give an axis, e.g. {task: lm_eval:colours, axis: expertise, metric: acc"),
        ({"metric": None}, "give a metric"),
        ({"judge": "refusal"}, "judge: is not for lm-eval's own tasks"),
        ({"subset": "x"}, "subset: is not for lm-eval's own tasks"),
        ({"path": "nowhere"}, "nowhere: must be a folder of lm-eval's YAMLs"),
        ({"task": "lm_eval:colour"}, "no YAML there says `task: colour`"),
        ({"wrappers": ("role_play",)}, "only a task that a judge scores can be wrapped"),
    ],
)
def test_what_a_config_must_say_is_named(folder: Path, changes: dict[str, object], message: str) -> None:
    with pytest.raises(TaskError, match=message):
        own(folder, **changes)


def test_axis_and_metric_are_for_lm_evals_tasks_alone() -> None:
    with pytest.raises(TaskError, match="axis: is for lm-eval's own tasks"):
        task_refs(TaskChoice(task="clinic_open", axis="usability"))


def test_a_metric_that_lm_eval_does_not_give_is_named(folder: Path, tiny: Path) -> None:
    with pytest.raises(TaskError, match="task colours: metadata.metric: lm-eval gives no metric 'f1'; it gives acc"):
        asked(tiny, own(folder, metric="f1"))


def test_rows_out_of_reach_are_one_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(self: object, names: list[str]) -> None:
        raise ConnectionError("no route\nto the hub")

    monkeypatch.setattr(TaskManager, "load", offline)
    with pytest.raises(WorldError, match=r"task lm_eval:colours: its rows could not be fetched: .*: no route; connect"):
        lm_tasks.load_task(own(folder))


def test_what_runs_code_without_limits_is_refused(folder: Path) -> None:
    file = folder / "colours.yaml"
    file.write_text(file.read_text() + "unsafe_code: true\n")
    with pytest.raises(TaskError, match="runs code that the model wrote, without limits"):
        lm_tasks.load_task(own(folder))


def test_a_name_that_lm_eval_does_not_know_gets_a_hint(folder: Path) -> None:
    ref = own(folder)
    assert ref.lm_eval is not None
    wrong = ref.model_copy(update={"lm_eval": ref.lm_eval.model_copy(update={"task": "colour"})})
    with pytest.raises(TaskError, match="lm-eval does not recognise it as a task; did you mean 'colours'"):
        lm_tasks.load_task(wrong)


@pytest.mark.slow
def test_lm_evals_own_index_holds_the_known_ones() -> None:
    manager = TaskManager()
    assert set(KNOWN) <= set(manager.all_tasks)


def test_a_name_that_lm_eval_has_not_is_refused_before_anything_is_run() -> None:
    choice = {"task": "lm_eval:arc_esy", "axis": "expertise", "metric": "acc"}
    with pytest.raises(TaskError, match=r"lm_eval:arc_esy: .* has no task of that name; did you mean 'arc_easy'"):
        task_refs(TaskChoice.model_validate(choice))
    assert task_refs(TaskChoice.model_validate({**choice, "task": "lm_eval:boolq"}))[0].lm_eval is not None


def test_what_a_task_imports_has_to_be_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.lm_eval_tasks.NEEDS", {"arc_easy": ("lm-eval[x]", ("json", "no_such_package"))})
    with pytest.raises(TaskError, match=r"arc_easy: needs no_such_package; run: pip install 'lm-eval\[x\]'"):
        task_refs(TaskChoice(task="lm_eval:arc_easy"))
