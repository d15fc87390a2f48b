"""What a plan's tasks can show, before anything is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import config
from harness.errors import TaskError
from harness.plan import make_plan
from harness.power_plan import Strength, strengths
from harness.prompt_counts import count_prompts, published_prompts
from harness.task_specs import TaskChoice
from harness.tasks import task_ref, task_refs
from tests.tables import QUIZ


def test_the_built_in_tasks_are_counted() -> None:
    assert count_prompts(task_ref("harmful_requests")) == 520
    assert count_prompts(task_ref("clinic_open")) == 216


def test_a_limit_holds() -> None:
    assert count_prompts(task_ref("harmful_requests", limit=7)) == 7
    assert count_prompts(task_ref("clinic_open", limit=10_000)) == 216


def test_a_local_file_is_counted(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("goal\none\ntwo\nthree\n")
    assert count_prompts(task_ref("advbench", path=str(tmp_path / "rows.csv"))) == 3


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("")
    with pytest.raises(TaskError, match="advbench"):
        count_prompts(task_ref("advbench", path=str(tmp_path / "rows.csv")))


def test_rows_on_the_hub_are_not_counted() -> None:
    ref = task_ref("harmful_requests").model_copy(update={"path": "hub:owner/name@0"})
    assert count_prompts(ref) is None


def test_rows_on_the_hub_are_as_many_as_published() -> None:
    ref = task_ref("harmful_requests").model_copy(update={"path": "hub:owner/name@0"})
    assert published_prompts(ref) is None
    ref = ref.model_copy(update={"folder": str(Path("tasks/expertise/gsm8k").resolve())})
    assert published_prompts(ref) == 1319 and published_prompts(ref.model_copy(update={"limit": 50})) == 50
    assert published_prompts(ref.model_copy(update={"subset": "x"})) is None
    assert published_prompts(ref.model_copy(update={"path": "rows.jsonl"})) is None


@pytest.fixture(scope="module")
def found() -> dict[str, Strength]:
    return {one.card.name: one for one in strengths(make_plan(config.load(Path("configs/quickstart.yaml"))))}


def test_margins_are_asked_of_usability_and_expertise_alone(found: dict[str, Strength]) -> None:
    assert {name for name, one in found.items() if one.margin is None} == {"harmful_requests", "harmful_new_frames"}
    assert all(bool(one.needed) == (one.margin is not None) for one in found.values())


def test_more_prompts_show_less(found: dict[str, Strength]) -> None:
    assert found["harmful_requests"].detectable < found["clinic_open"].detectable


@pytest.mark.parametrize(("prompts", "weak"), [(436, True), (437, False), (None, False)])
def test_too_few_prompts_are_told(prompts: int | None, weak: bool) -> None:
    assert Strength(QUIZ, prompts, 0.03, (437, 873), ()).weak is weak


def test_wrapped_and_renamed_tasks_have_the_prompts_of_their_rows(tmp_path: Path) -> None:
    (tmp_path / "rows.txt").write_text("one\ntwo\n")
    choice = TaskChoice(
        task="prompt_file", name="ours", path=str(tmp_path / "rows.txt"), wrappers=("none", "role_play")
    )
    assert [count_prompts(ref) for ref in task_refs(choice)] == [2, 2]
    (tmp_path / "rows.jsonl").write_text('{"question": "a", "answer": "b"}\n')
    assert count_prompts(task_ref("questions_open", path=str(tmp_path / "rows.jsonl"))) == 1
