"""Records as files: read back, named where they are gone or damaged, never half written."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import StoreError
from harness.record import Record
from harness.record_files import read_lines, read_record, write_text


class Note(Record):
    """Something to keep."""

    said: str


def test_a_record_is_read_back(tmp_path: Path) -> None:
    write_text(tmp_path / "note.json", Note(said="hello").model_dump_json())
    assert read_record(Note, tmp_path / "note.json") == Note(said="hello")


def test_a_record_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"note\.json: is gone from the store; run the same command again"):
        read_record(Note, tmp_path / "note.json")


@pytest.mark.parametrize("text", ["", "{", '{"said": 1}', '{"said": "a", "more": 1}'])
def test_a_damaged_record_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "note.json").write_text(text)
    with pytest.raises(StoreError, match=r"note\.json: is damaged, or of another version"):
        read_record(Note, tmp_path / "note.json")


def test_only_the_whole_file_is_left(tmp_path: Path) -> None:
    write_text(tmp_path / "note.json", "old")
    write_text(tmp_path / "note.json", "new")
    assert [p.name for p in tmp_path.iterdir()] == ["note.json"]
    assert (tmp_path / "note.json").read_text() == "new"


def test_lines_are_read_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    path.write_text('{"said": "a"}\n{"said": "b"}\n')
    assert [note.said for note in read_lines(Note, path)] == ["a", "b"]


@pytest.mark.parametrize(("text", "words"), [(None, "is gone from the store"), ('{"said": "a"}\n{', "is damaged")])
def test_lines_that_are_gone_or_damaged_are_named(text: str | None, words: str, tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    if text is not None:
        path.write_text(text)
    with pytest.raises(StoreError, match=rf"notes\.jsonl: {words}"):
        read_lines(Note, path)
