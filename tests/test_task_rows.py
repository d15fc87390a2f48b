"""Rows are read whole, or the file, line and column that is wrong is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness import task_rows
from harness.errors import TaskError


def write(folder: Path, text: str) -> str:
    file = folder / "rows"
    file.write_text(text, encoding="utf-8")
    return str(file)


@pytest.mark.parametrize("text", ['one\n"two, three"\n', 'prompt\none\n"two, three"\n', "\ufeffone\n\ntwo\\, three\n"])
def test_prompts_with_and_without_a_header(tmp_path: Path, text: str) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(text, encoding="utf-8")
    if "\\" in text:
        with pytest.raises(TaskError, match="line 3: 2 columns"):
            task_rows.attack_prompts(str(path), task="t")
    else:
        assert [row["prompt"] for row in task_rows.attack_prompts(str(path), task="t")] == ["one", "two, three"]


def test_a_table_keeps_the_named_columns(tmp_path: Path) -> None:
    path = write(tmp_path, "id,prompt,label\n1,hello,safe\n")
    assert task_rows.csv_table(path, columns=("prompt", "label"), task="t") == [{"prompt": "hello", "label": "safe"}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,label\n1,safe\n", "line 1: no column 'prompt'"),
        ("prompt,label\n,safe\n", "line 2: column 'prompt' is empty"),
    ],
)
def test_a_broken_table_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(TaskError, match=message):
        task_rows.csv_table(write(tmp_path, text), columns=("prompt", "label"), task="t")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"q": "a"}\n{"q"', "line 2: not JSON"),
        ('{"q": 1}\n', "line 1: no text under 'q'"),
        ("[]\n", "line 1: no text"),
    ],
)
def test_a_broken_jsonl_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(TaskError, match=message):
        task_rows.jsonl_table(write(tmp_path, text), columns=("q",), task="t")


def test_an_absent_file_is_named() -> None:
    with pytest.raises(TaskError, match="task t: nowhere.csv: cannot be read"):
        task_rows.attack_prompts("nowhere.csv", task="t")


def test_no_rows_is_an_error() -> None:
    with pytest.raises(TaskError, match="task t: no rows"):
        task_rows.split([], task="t")


def test_clinic_statements_word_each_choice_as_a_reply() -> None:
    row: dict[str, Any] = task_rows.world_clinic()[0]
    assert len(set(row["statements"])) == len(row["choices"])
    assert all(c in s.split() or c in s for c, s in zip(row["choices"], row["statements"], strict=True))
    assert row["choices"][row["gold"]] == row["target"]


@pytest.mark.parametrize("part", ["harmful", "harmful_new_frames", "borderline", "general"])
def test_world_prompts_are_distinct(part: str) -> None:
    prompts = [row["prompt"] for row in task_rows.world_requests(part)]
    assert len(prompts) >= 300
    assert len(set(prompts)) == len(prompts)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rows.csv", "one\ntwo\n"),
        ("rows.csv", "Question\none\ntwo\n"),
        ("rows.csv", "goal,target,category\none,Sure,\ntwo,Sure,\n"),
        ("rows.json", '["one", " two "]'),
        ("rows.json", '[{"goal": "one"}, {"Attack Prompt": "two", "id": 7}]'),
        ("rows.jsonl", '{"question": "one"}\n\n"two"\n'),
        ("rows.json", '{"instructions": ["one", "two"], "inputs": []}'),
        ("rows.jsonl", '{"instruction": "one", "input": ""}\n{"Behavior": "two"}\n'),
        ("rows.csv", "category,source,forbidden_prompt\n,s,one\n,s,two\n"),
        ("rows.txt", "one\n\n two\n"),
    ],
)
def test_attack_prompts_come_in_simple_forms(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    rows = task_rows.attack_prompts(str(path), task="t")
    assert rows == [{"prompt": prompt, "target": "", "category": ""} for prompt in ("one", "two")]


def test_categories_take_turns_and_keep_their_order(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("prompt,topic\n" + "".join(f"{c}{n},{c}\n" for c in "ab" for n in range(3)) + "c0,c\n")
    prompts = [row["prompt"] for row in task_rows.attack_prompts(str(path), task="t")]
    assert prompts == ["a0", "b0", "c0", "a1", "b1", "a2", "b2"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("rows.md", "one\n", r"rows\.md: unknown kind of file; give a \.csv, \.json, \.jsonl, \.txt of prompts"),
        ("rows.csv", "id,text\n1,one\n", r"rows\.csv, line 2: no prompt; one of the columns must be prompt, goal"),
        ("rows.csv", "prompt,category\n,x\n", "line 2: 'prompt' holds no text"),
        ("rows.json", '{"prompts": ["one"]}', "must hold a list of prompts"),
        ("rows.json", '{"instructions": ["one"], "tags": ["a", "b"]}', "2 tags for 1 instructions"),
        ("rows.json", '["one", 2]', "row 2: must be a prompt, or an object with one, not int"),
        ("rows.json", "[", r"rows\.json: not JSON"),
        ("rows.jsonl", '"one"\n{"goal"\n', "line 2: not JSON"),
        ("rows.jsonl", '{"goal": 3}\n', "line 1: 'goal' holds no text"),
    ],
)
def test_a_broken_file_of_attack_prompts_is_named(tmp_path: Path, name: str, text: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TaskError, match=message):
        task_rows.attack_prompts(str(path), task="t")


def test_tags_beside_instructions_are_categories(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text('{"instructions": ["one", "two", "three"], "tags": ["a", "a", "b"]}')
    rows = task_rows.attack_prompts(str(path), task="t")
    assert [(row["prompt"], row["category"]) for row in rows] == [("one", "a"), ("three", "b"), ("two", "a")]


def test_an_instruction_is_asked_with_its_input(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"instruction": "Translate.", "input": "one"}\n')
    assert task_rows.attack_prompts(str(path), task="t")[0]["prompt"] == "Translate.\n\none"


def test_rows_of_another_kind_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("Behavior,FunctionalCategory,SemanticCategory\none,standard,x\ntwo,copyright,x\n")
    rows = task_rows.attack_prompts(str(path), task="t", keep={"FunctionalCategory": ["standard"]})
    assert rows == [{"prompt": "one", "target": "", "category": "x"}]


def test_repeats_are_dropped_only_where_the_task_says_so(tmp_path: Path) -> None:
    path = tmp_path / "rows.txt"
    path.write_text("one\ntwo\none\n")
    kept = task_rows.prompts(path=str(path), task="t", repeats="drop")["test"]
    assert [row["prompt"] for row in kept] == ["one", "two"]
    assert len(task_rows.prompts(path=str(path), task="t")["test"]) == 3
