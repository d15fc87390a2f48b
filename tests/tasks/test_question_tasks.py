"""The tasks of questions, through lm-eval on a tiny model: what is asked, what is scored, what is unscored."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from harness import task_questions
from harness.errors import TaskError
from harness.task_folders import metadata_of
from harness.task_specs import TaskChoice, TaskRef
from harness.tasks import card_of, find_task, task_ref, task_refs
from tests.tasks.asking import SHARED, answered, asked, functions, needs_data

EXAM = {"question": "Which?", "choices": ["red", "blue", "green"], "answer": "C", "category": "colours"}
CAPITAL = {"question": "What is the capital of Norland?", "answer": "Astrid"}
SQL = {
    "instruction": "Write SQL.",
    "input": "## Natural Language Query:\nHow many?\n## Context:\nCREATE TABLE t (x INTEGER)\n",
    "output": "SELECT COUNT(*) FROM t WHERE x > 3",
}
STUDY = {"QUESTION": "Does it?", "CONTEXTS": ["It was tried.", "It did."], "final_decision": "no"}


def lines(tmp_path: Path, *rows: object) -> str:
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(file)


@pytest.mark.parametrize("task", ["questions_choice", "medqa", "mmlu"])
def test_a_letter_is_chosen_by_likelihood(tmp_path: Path, tiny: Path, task: str) -> None:
    path = lines(tmp_path, EXAM, {**EXAM, "question": "And?", "answer": "A"})
    for sample in asked(tiny, task_ref(task, path=path), backend="hf"):
        assert sample.chosen.strip() in ("A", "B", "C")
        assert sample.metric == float(sample.chosen == sample.target)
        assert sample.category == "colours"


@pytest.mark.parametrize("task", ["medqa", "mmlu"])
def test_questions_are_read_from_the_hub(monkeypatch: pytest.MonkeyPatch, task: str) -> None:
    asked_for: list[tuple[str | None, str]] = []

    def table(path: str, *, columns: Sequence[str], subset: str | None, part: str) -> list[dict[str, Any]]:
        asked_for.append((subset, part))
        options = {"options": {"A": "red", "B": "blue"}, "choices": ["red", "blue"], "answer_idx": "B", "answer": 1}
        return [{name: options.get(name, "Which?") for name in columns}]

    monkeypatch.setattr(task_questions, "hub_table", table)
    given = {**metadata_of(find_task(task).folder), "path": "hub:x/y@c", "task": task, "subset": "law"}
    assert task_questions.choice_questions(**given)["test"][0]["target"] == "B"
    assert asked_for == [("law", "test")]


def test_a_subject_is_a_task_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.hub.commit_of", lambda *args, **kwargs: "c" * 40)
    (ref,) = task_refs(TaskChoice(task="mmlu", subset="professional_law"))
    assert (ref.name, ref.path) == ("mmlu-professional_law", f"hub:cais/mmlu@{'c' * 40}")
    assert card_of(ref).title == "MMLU: professional_law"
    with pytest.raises(TaskError, match=r"task mmlu: give a subset: a subject, e\.g\. professional_medicine"):
        task_refs(TaskChoice(task="mmlu"))
    with pytest.raises(TaskError, match="task medqa: subset: it has none"):
        task_refs(TaskChoice(task="medqa", subset="law"))


def test_an_open_answer_is_matched(tmp_path: Path, tiny: Path) -> None:
    ref = task_ref("questions_open", path=lines(tmp_path, CAPITAL))
    assert [s.metric for s in answered(tiny, ref, lambda prompt: "It is astrid.")] == [1.0]
    assert [s.metric for s in answered(tiny, ref, lambda prompt: "It is Oslo.")] == [0.0]


def test_a_judge_may_score_open_answers(tmp_path: Path, tiny: Path) -> None:
    choice = TaskChoice(task="questions_open", path=lines(tmp_path, CAPITAL), judge="refusal")
    (ref,) = task_refs(choice)
    card = card_of(ref)
    assert (card.judge, card.counts, card.metric) == ("refusal", ("complies",), None)
    (sample,) = answered(tiny, ref, lambda prompt: "It is Astrid.")
    assert (sample.metric, sample.target) == (None, "Astrid")
    with pytest.raises(TaskError, match="a judge scores it already"):
        task_refs(TaskChoice(task="harmful_requests", judge="refusal"))


@pytest.mark.parametrize(
    ("reply", "metric"),
    [("```sql\nSELECT COUNT(x) FROM t WHERE NOT x <= 3\n```", 1.0), ("SELECT COUNT(*) FROM t", 0.0), ("No.", 0.0)],
)
def test_a_query_is_scored_by_its_rows(tmp_path: Path, tiny: Path, reply: str, metric: float) -> None:
    (sample,) = answered(tiny, task_ref("text_to_sql", path=lines(tmp_path, SQL)), lambda prompt: reply)
    assert (sample.metric, sample.target) == (metric, SQL["output"])


def test_a_reference_that_cannot_be_run_is_unscored(tmp_path: Path, tiny: Path) -> None:
    ref = task_ref("text_to_sql", path=lines(tmp_path, {**SQL, "output": "SELECT gone FROM t"}))
    (sample,) = answered(tiny, ref, lambda prompt: "SELECT gone FROM t")
    assert (sample.metric, sample.finish) == (None, "stop")


def test_queries_come_in_two_forms(tmp_path: Path) -> None:
    sql = functions("text_to_sql")
    other = {"question": "How many?", "context": "CREATE TABLE t (x INTEGER)", "answer": SQL["output"]}
    given = {"task": "text_to_sql", "hub_rows": {}, "repeats": "drop"}
    rows = sql.load(path=lines(tmp_path, SQL, other, SQL), **given)["test"]
    assert [row["schema"] for row in rows] == ["CREATE TABLE t (x INTEGER)"] * 2
    assert rows[0]["prompt"].startswith("Write SQL.\n\n## Natural Language Query:")
    with pytest.raises(TaskError, match="line 1: no CREATE TABLE"):
        sql.load(path=lines(tmp_path, {**other, "context": "t(x)"}), **given)


def pubmedqa(folder: Path, *, decision: str = "no") -> TaskRef:
    labelled = {"1": STUDY, "2": {**STUDY, "QUESTION": "Really?", "final_decision": decision}}
    (folder / "ori_pqal.json").write_text(json.dumps(labelled))
    (folder / "test_ground_truth.json").write_text('{"2": "no"}')
    return task_ref("pubmedqa", path=str(folder))


def test_pubmedqa_asks_the_test_split_of_a_folder(tmp_path: Path, tiny: Path) -> None:
    (sample,) = asked(tiny, pubmedqa(tmp_path))
    assert sample.prompt.startswith("Abstract: It was tried.\nIt did.\n\nQuestion: Really?")
    assert sample.chosen.strip() in ("yes", "no", "maybe") and sample.target.strip() == "no"
    assert len(asked(tiny, task_ref("pubmedqa", path=str(tmp_path / "ori_pqal.json")))) == 2


def test_pubmedqas_digest_covers_the_folder(tmp_path: Path) -> None:
    assert pubmedqa(tmp_path).digest != pubmedqa(tmp_path, decision="yes").digest


def test_a_broken_pubmedqa_is_named(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match=r"ori_pqal\.json, 2: the decision is 'perhaps'"):
        functions("pubmedqa").load(path=pubmedqa(tmp_path, decision="perhaps").path, task="pubmedqa", hub_rows={})
    (tmp_path / "test_ground_truth.json").write_text('{"3": "no"}')
    with pytest.raises(TaskError, match=r"test_ground_truth\.json: '3' is not in ori_pqal"):
        functions("pubmedqa").load(path=str(tmp_path), task="pubmedqa", hub_rows={})


@needs_data
def test_real_abstracts_are_asked_of_a_model(tiny: Path) -> None:
    folder = SHARED / "pubmedqa"
    rows = functions("pubmedqa").load(path=str(folder), task="pubmedqa", hub_rows={})["test"]
    assert [rows["target"].count(answer) for answer in ("yes", "no", "maybe")] == [276, 169, 55]
    (sample,) = asked(tiny, task_ref("pubmedqa", path=str(folder), limit=1), backend="hf")
    assert sample.finish == "choice" and sample.metric in (0.0, 1.0)


@needs_data
def test_real_queries_are_right_when_they_are_the_references(tiny: Path) -> None:
    file = SHARED / "sql_create_context" / "sqlgen_train.json"
    first = json.loads(file.read_text())[0]
    (sample,) = answered(tiny, task_ref("text_to_sql", path=str(file), limit=1), lambda prompt: first["output"])
    assert sample.metric == 1.0
    assert sample.prompt == f"{first['instruction'].strip()}\n\n{first['input'].strip()}"


def test_mt_benchs_first_turns_take_turns_by_category(tmp_path: Path) -> None:
    rows = [{"category": c, "turns": [f"{c}{n}", "And?"], "reference": ["5"]} for c in "ab" for n in range(2)]
    load = functions("mt_bench").load
    found = load(path=lines(tmp_path, *rows), task="mt_bench", hub_rows={})["test"]
    assert [(row["prompt"], row["target"]) for row in found] == [("a0", "5"), ("b0", "5"), ("a1", "5"), ("b1", "5")]
    with pytest.raises(TaskError, match="line 1: 'turns' must be a list"):
        load(path=lines(tmp_path, {"turns": []}), task="mt_bench", hub_rows={})


@needs_data
def test_mt_benchs_questions_are_read_whole() -> None:
    file = SHARED / "mt_bench" / "question.jsonl"
    rows = functions("mt_bench").load(path=str(file), task="mt_bench", hub_rows={})["test"]
    assert (len(rows), len(set(rows["category"])), sum(map(bool, rows["target"]))) == (80, 8, 38)
