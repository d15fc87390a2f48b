"""Reading rows: every kind of file and form, and one clear line for each thing that is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.chat import Message
from harness.errors import DatasetError
from harness.rows import Conversations, read_conversations
from harness.specs import DatasetSource

PAIR = (Message("user", "Ask"), Message("assistant", "Answer"))
ROW = {"prompt": "Ask", "response": "Answer"}


def read(path: Path, **more: object) -> Conversations:
    return read_conversations(DatasetSource(kind="file", location=str(path)).model_copy(update=more))


def jsonl(folder: Path, *rows: object) -> Path:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("row", "form"),
    [
        (ROW, "prompt_response"),
        ({"instruction": "Ask", "input": "", "output": "Answer"}, "alpaca"),
        ({"instruction": "Ask", "context": None, "response": "Answer", "category": "qa"}, "alpaca"),
        (
            {"conversations": [{"from": "human", "value": "Ask"}, {"from": "gpt", "value": "Answer"}]},
            "sharegpt",
        ),
        (
            {"messages": [{"role": "user", "content": "Ask"}, {"role": "assistant", "content": " Answer\n"}]},
            "messages",
        ),
    ],
)
def test_form_is_found(tmp_path: Path, row: dict[str, object], form: str) -> None:
    found = read(jsonl(tmp_path, row))
    assert (found.format, found.conversations[0].messages) == (form, PAIR)


@pytest.mark.parametrize(
    ("row", "blank"),
    [
        (ROW, {"prompt": "Ask", "response": " "}),
        ({"instruction": "Ask", "input": "", "output": "Answer"}, {"instruction": "Ask", "input": "", "output": ""}),
        (
            {"messages": [{"role": "user", "content": "Ask"}, {"role": "assistant", "content": "Answer"}]},
            {"messages": [{"role": "user", "content": ""}, {"role": "assistant", "content": "Answer"}]},
        ),
    ],
)
def test_a_blank_row_is_dropped_and_counted_where_asked(
    tmp_path: Path, row: dict[str, object], blank: dict[str, object]
) -> None:
    path = jsonl(tmp_path, row, blank, row)
    found = read(path, empty="drop", limit=2)
    assert ([c.messages for c in found.conversations], found.empty) == ([PAIR, PAIR], 1)
    with pytest.raises(DatasetError, match="line 2.* is empty"):
        read(path)


def test_only_blank_rows_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no row is left; in each of the 1"):
        read(jsonl(tmp_path, {"prompt": "Ask", "response": ""}), empty="drop")


def test_alpaca_input_follows_the_instruction(tmp_path: Path) -> None:
    found = read(jsonl(tmp_path, {"instruction": "Sum up.", "input": "Text", "output": "Answer"}))
    assert found.conversations[0].messages[0].content == "Sum up.\n\nText"


def test_json_list(tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text(json.dumps([ROW, ROW]))
    assert [c.messages for c in read(tmp_path / "rows.json").conversations] == [PAIR, PAIR]


def test_csv_with_quoted_newline(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text('prompt,response\n"Ask\nmore",Answer\n')
    assert read(tmp_path / "rows.csv").conversations[0].messages[0].content == "Ask\nmore"


def test_parquet(tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([ROW]), tmp_path / "rows.parquet")
    assert read(tmp_path / "rows.parquet").conversations[0].messages == PAIR


def test_parquet_turns(tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    row = {"messages": [{"role": "user", "content": "Ask"}, {"role": "assistant", "content": "Answer"}]}
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([row]), tmp_path / "rows.parquet")
    assert read(tmp_path / "rows.parquet").conversations[0].messages == PAIR


def test_named_columns(tmp_path: Path) -> None:
    path = jsonl(tmp_path, {"question": "Ask", "answer": "Answer"})
    found = read(path, prompt_field="question", response_field="answer")
    assert found.conversations[0].messages == PAIR


def test_system_turn_and_several_turns_are_kept(tmp_path: Path) -> None:
    said = [("system", "Be brief."), ("human", "Ask"), ("gpt", "Answer"), ("human", "Ask"), ("gpt", "Answer")]
    found = read(jsonl(tmp_path, {"conversations": [{"from": who, "value": text} for who, text in said]}))
    assert found.conversations[0].messages == (Message("system", "Be brief."), *PAIR, *PAIR)


def test_blank_lines_are_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(ROW) + "\n\n" + json.dumps(ROW) + "\n")
    assert [c.where for c in read(path).conversations] == [f"{path} line 1", f"{path} line 3"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("text", "line 2: a row must be an object with named fields, not str"),
        ({"prompt": "Ask"}, "line 2: no field 'response'; it has prompt"),
        ({"prompt": "Ask", "response": " "}, "line 2: response is empty"),
        ({"prompt": 7, "response": "Answer"}, "line 2: prompt must be text, not int"),
    ],
)
def test_broken_row_is_named(tmp_path: Path, row: object, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        read(jsonl(tmp_path, ROW, row))


@pytest.mark.parametrize(
    ("turns", "message"),
    [
        ("text", "line 1: messages must be a list of turns"),
        ([{"role": "robot", "content": "x"}], "line 1, turn 1: role is 'robot'; one of"),
        ([{"role": "user", "content": "x"}], "must end with the assistant's"),
        ([{"role": "assistant", "content": "x"}], "needs a user turn"),
        ([{"role": "user"}], "line 1, turn 1: no field 'content'"),
    ],
)
def test_broken_turns_are_named(tmp_path: Path, turns: object, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        read(jsonl(tmp_path, {"messages": turns}))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", '{"prompt": ', "a.jsonl line 1: not JSON"),
        ("a.json", '[\n{"prompt": }]', "a.json line 2: not JSON"),
        ("a.json", '{"prompt": "x"}', "must hold a list of rows"),
        ("a.csv", "prompt,response\nx\n", "a.csv line 2: expected 2 columns"),
        ("a.csv", "prompt,response\nx,y,z\n", "a.csv line 2: expected 2 columns"),
        ("a.parquet", "text", "a.parquet: not Parquet"),
        ("a.txt", "text", "unknown kind of file; give one of .jsonl, .json, .csv, .parquet"),
        ("a.jsonl", "", "a.jsonl: the dataset is empty"),
        ("a.jsonl", '{"q": "x", "a": "y"}', "the fields q, a are none of the known forms"),
    ],
)
def test_broken_file_is_named(tmp_path: Path, name: str, content: str, message: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(DatasetError, match=message):
        read(tmp_path / name)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="none.jsonl: no such file"):
        read(tmp_path / "none.jsonl")


def test_text_that_is_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"\xff\xfe{}")
    with pytest.raises(DatasetError, match="not UTF-8 text"):
        read(tmp_path / "a.jsonl")


def test_limit_draws_by_seed_and_keeps_the_order(tmp_path: Path) -> None:
    path = jsonl(tmp_path, *({"prompt": f"{n:02}", "response": "Answer"} for n in range(50)))
    drawn = [[c.messages[0].content for c in read(path, limit=9, seed=s).conversations] for s in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert drawn[0] == sorted(drawn[0]) and len(drawn[0]) == 9


def test_limit_over_the_rows_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="limit is 5, but there are only 1 rows"):
        read(jsonl(tmp_path, ROW), limit=5)


def test_hub_dataset_is_loaded_by_id_revision_and_split(monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    asked: list[object] = []

    def load(name: str, *, revision: str, split: str) -> list[dict[str, str]]:
        asked.extend((name, revision, split))
        return [ROW]

    monkeypatch.setattr(datasets, "load_dataset", load)
    source = DatasetSource(kind="hub", location="some/rows", revision="abc", split="test")
    assert read_conversations(source).conversations[0].where == "some/rows[test] row 1"
    assert asked == ["some/rows", "abc", "test"]


def test_unknown_split_of_a_hub_dataset_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    def load(name: str, *, revision: str, split: str) -> None:
        raise ValueError('Unknown split "dev".\nmore')

    monkeypatch.setattr(datasets, "load_dataset", load)
    with pytest.raises(DatasetError, match="hub dataset some/rows, split 'dev': Unknown split"):
        read_conversations(DatasetSource(kind="hub", location="some/rows", split="dev"))
