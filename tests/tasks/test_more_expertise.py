"""MBPP, FinQA and LegalBench in the forms in which they are published."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.errors import TaskError
from harness.task_specs import TaskChoice
from harness.tasks import task_ref, task_refs
from tests.tasks.asking import answered, asked, functions

PROBLEM = {"task_id": 11, "text": "Double a number.", "test_list": ["assert double(2) == 4"], "test_setup_code": ""}
PAGE = {
    "pre_text": ["In millions."],
    "table": [["year", "sales"], ["2008", "100"], ["2009", "112.5"]],
    "post_text": ["Sales rose."],
    "qa": {"question": "By how much did sales rise?", "exe_ans": 0.125},
}


def written(folder: Path, name: str, rows: list[Any]) -> str:
    file = folder / name
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    file.write_text(lines if name.endswith("l") else json.dumps(rows))
    return str(file)


def test_code_is_run_only_where_the_config_allows_it(tmp_path: Path) -> None:
    path = written(tmp_path, "mbpp.jsonl", [PROBLEM])
    with pytest.raises(TaskError, match="task mbpp: runs code .* write {task: mbpp, allow_code_execution: true}"):
        task_ref("mbpp", path=path)
    with pytest.raises(TaskError, match="gsm8k: allow_code_execution: it runs no code"):
        task_refs(TaskChoice(task="gsm8k", path=path, allow_code_execution=True))


@pytest.mark.parametrize(
    ("reply", "metric"), [("```python\ndef double(x):\n    return 2 * x\n```", 1.0), ("double = 3", 0.0), ("", 0.0)]
)
def test_mbpp_runs_the_tests(tmp_path: Path, tiny: Path, reply: str, metric: float) -> None:
    path = written(tmp_path, "mbpp.jsonl", [PROBLEM, {**PROBLEM, "task_id": 600}])
    (ref,) = task_refs(TaskChoice(task="mbpp", path=path, allow_code_execution=True))
    (sample,) = answered(tiny, ref, lambda prompt: reply)
    assert sample.metric == metric
    assert sample.prompt.startswith("Double a number.") and "assert double(2) == 4" in sample.prompt


@pytest.mark.parametrize(
    ("reply", "metric"),
    [("Sales rose by 12.5%", 1.0), ("0.125", 1.0), ("12.5", 0.0), ("It was 12.5% in 2009", 0.0), ("12.6%", 0.0),
     ("-12.5%", 0.0), ("I don't know.", 0.0), ("12.5 per cent", 1.0), ("12.5 Percent.", 1.0), ("2009-12.5%", 1.0),
     ("−12.5%", 0.0), ("12.5 centimetres", 0.0)],
)  # fmt: skip
def test_finqa_wants_the_last_number(tmp_path: Path, tiny: Path, reply: str, metric: float) -> None:
    ref = task_ref("finqa", path=written(tmp_path, "test.json", [PAGE]))
    (sample,) = answered(tiny, ref, lambda prompt: reply)
    assert sample.metric == metric
    assert sample.prompt.startswith("In millions.\nyear | sales\n2008 | 100\n2009 | 112.5\nSales rose.\n\nQuestion: By")


def test_finqa_reads_numbers_as_reports_write_them() -> None:
    finqa = functions("finqa")
    assert [finqa.values_of(n) for n in ("$1,234.5", "(12)", "−3", "5%")] == [(1234.5,), (-12.0,), (-3.0,), (5.0, 0.05)]
    assert finqa.outcome({"target": "no"}, ["Yes? No."]) == {"exact_match": 1.0}
    assert finqa.outcome({"target": "-380.0"}, ["a loss of (380)"]) == {"exact_match": 1.0}


def test_a_broken_finqa_is_named(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match="row 1: 'qa' must hold 'question' and 'exe_ans'"):
        functions("finqa").load(path=written(tmp_path, "test.json", [{"pre_text": []}]), task="finqa")


def legal(folder: Path, rows: str, template: str = "Is it hearsay?\n\nQ: {{text}} A:") -> Path:
    (folder / "test.tsv").write_text(f"index\tanswer\ttext\n{rows}")
    (folder / "base_prompt.txt").write_text(template)
    return folder


def test_legalbench_compares_the_subsets_answers(tmp_path: Path, tiny: Path) -> None:
    folder = legal(tmp_path, "0\tYes\tShe said so.\n1\tNo\tHe saw it.\n")
    (ref,) = task_refs(TaskChoice(task="legalbench", name="hearsay", path=str(folder)))
    samples = asked(tiny, ref, backend="hf")
    assert [(s.task, s.prompt, s.category) for s in samples] == [
        ("hearsay", "Is it hearsay?\n\nQ: She said so. A:", "Yes"),
        ("hearsay", "Is it hearsay?\n\nQ: He saw it. A:", "No"),
    ]
    assert all(s.chosen.strip() in ("Yes", "No") and s.metric == float(s.chosen == s.target) for s in samples)


@pytest.mark.parametrize(
    ("rows", "template", "message"),
    [
        ("0\tYes\ta\n", "Q: {{text}}", "'answer' must hold 2 to 26 different texts; it holds 1"),
        ("0\tYes\ta\n1\tNo\tb\n", "Q: {{clause}}", "line 2: lacks the column 'clause'"),
        ("0\tYes\ta\n1\tNo\tb\n", "Q:", "base_prompt.txt has no {{column}}"),
    ],
)
def test_a_broken_legalbench_is_named(tmp_path: Path, rows: str, template: str, message: str) -> None:
    with pytest.raises(TaskError, match=message):
        functions("legalbench").load(path=str(legal(tmp_path, rows, template)), task="legalbench")


def test_legalbench_wants_a_folder(tmp_path: Path) -> None:
    file = legal(tmp_path, "0\tYes\ta\n") / "test.tsv"
    with pytest.raises(TaskError, match=r"must be a folder; it wants a folder with test\.tsv and base_prompt\.txt"):
        task_ref("legalbench", path=str(file))
