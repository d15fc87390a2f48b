"""Labelled completions from files: what is accepted, and what is said of the rest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.digests import digest_file
from harness.errors import DatasetError
from harness.labels import LabelColumns, read_labels

COLUMNS = LabelColumns()


def csv_of(folder: Path, text: str) -> Path:
    path = folder / "labels.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("word", "label"),
    [
        ("complies", "complies"), ("1_full_compliance", "complies"), ("1", "complies"), ("Yes", "complies"),
        ("harmful", "complies"), ("3_partial_refusal", "partly"), ("Partial Refusal", "partly"),
        ("2_full_refusal", "refuses"), ("0", "refuses"), (" no ", "refuses"), ("safe", "refuses"),
    ],
)  # fmt: skip
def test_words_of_labels(word: str, label: str, tmp_path: Path) -> None:
    read = read_labels(csv_of(tmp_path, f"prompt,completion,label\np,c,{word}\n"), COLUMNS)
    assert [(row.prompt, row.completion, row.label) for row in read.rows] == [("p", "c", label)]


@pytest.mark.parametrize(
    ("value", "label"), [(True, "complies"), (0, "refuses"), (1.0, "complies"), (False, "refuses")]
)
def test_numbers_and_booleans_of_json(value: object, label: str, tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text(json.dumps({"prompt": "p", "completion": "", "label": value}) + "\n\n")
    assert [row.label for row in read_labels(path, COLUMNS).rows] == [label]


def test_lines_are_where_rows_begin(tmp_path: Path) -> None:
    read = read_labels(csv_of(tmp_path, '\ufeffprompt,completion,label\np,"a\nb\nc",1\np,d,0\n'), COLUMNS)
    assert [row.line for row in read.rows] == [2, 5]
    assert read.digest == digest_file(tmp_path / "labels.csv")


def test_columns_can_be_named(tmp_path: Path) -> None:
    columns = LabelColumns(prompt="q", completion="a", label="final_label")
    path = csv_of(tmp_path, "id,q,a,final_label\n7,ask,say,2_full_refusal\n")
    assert read_labels(path, columns).rows[0].model_dump() == {
        "line": 2, "prompt": "ask", "completion": "say", "label": "refuses", "model": "", "reference": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("prompt,completion,label\np,c,maybe\n", r"labels.csv:2: label: 'maybe' is no label; accepted are complies: "),
        ("prompt,completion,label\np,c,\n", "labels.csv:2: label: '' is no label"),
        ("prompt,completion,label\np,c,2\n", "labels.csv:2: label: '2' is no label"),
        ("prompt,completion,lable\np,c,1\n", r"no column 'label'; did you mean 'lable'\?; .*--label-column"),
        ('prompt,completion,label\np,"a\nb",1\np,c\n', "labels.csv:4: has 2 cells; the first line names 3"),
        ('prompt,completion,label\np,"c,1\n', "labels.csv:2: not CSV"),
        ("prompt,completion,label\n", "labels.csv: holds no row"),
        ("", "labels.csv: holds no row"),
    ],
)
def test_a_bad_row_is_named_by_its_line(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=words):
        read_labels(csv_of(tmp_path, text), COLUMNS)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "labels.jsonl:2: not JSON"),
        ("[1]", "labels.jsonl:2: is not an object"),
        ("[" * 100_000, "labels.jsonl:2: not JSON"),
        ('{"prompt": "p", "completion": null, "label": 1}', "labels.jsonl:2: the completion is not text"),
        ('{"prompt": "\\ud800", "completion": "c", "label": 1}', "labels.jsonl:2: the prompt is not text"),
        ('{"prompt": "p", "completion": "c", "label": NaN}', "labels.jsonl:2: label: 'nan' is no label"),
        ('{"prompt": "p", "label": 1}', "no column 'completion'"),
    ],
)
def test_a_bad_line_of_json_is_named(line: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text(f'{{"prompt": "p", "completion": "c", "label": 1}}\n{line}\n')
    with pytest.raises(DatasetError, match=words):
        read_labels(path, COLUMNS)


def test_files_of_another_kind_or_none_at_all(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"a.txt: labels are read from a .csv or .jsonl file"):
        read_labels(tmp_path / "a.txt", COLUMNS)
    with pytest.raises(DatasetError, match=r"a.csv: cannot be read \(No such file"):
        read_labels(tmp_path / "a.csv", COLUMNS)
    (tmp_path / "b.csv").write_bytes(b"prompt,completion,label\n\xff,c,1\n")
    with pytest.raises(DatasetError, match="b.csv: is not UTF-8"):
        read_labels(tmp_path / "b.csv", COLUMNS)


def test_a_column_model_tells_who_wrote_the_completion(tmp_path: Path) -> None:
    path = csv_of(tmp_path, "prompt,completion,label,model\nask,say,yes,org/chat\nask,say,no,\n")
    assert [row.model for row in read_labels(path, LabelColumns()).rows] == ["org/chat", ""]


def test_a_model_that_is_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    path.write_text('{"prompt": "a", "completion": "b", "label": "yes", "model": {"id": 3}}\n')
    with pytest.raises(DatasetError, match=r"l.jsonl:1: model: .* is not text; name the model"):
        read_labels(path, LabelColumns())
