"""Digests of files and folders."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from harness.digests import digest_file, digest_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "a").write_text("one")
    (tmp_path / "sub" / "b").write_text("two")
    return tmp_path


def test_file_is_sha256_of_its_bytes(folder: Path) -> None:
    assert digest_file(folder / "a") == hashlib.sha256(b"one").hexdigest()


def test_folder_digest_does_not_depend_on_where_it_lies(folder: Path) -> None:
    before = digest_folder(folder / "sub")
    (folder / "sub").rename(folder / "moved")
    assert digest_folder(folder / "moved") == before


@pytest.mark.parametrize("change", ["content", "name", "more"])
def test_folder_digest_changes_with(folder: Path, change: str) -> None:
    before = digest_folder(folder)
    if change == "content":
        (folder / "sub" / "b").write_text("TWO")
    elif change == "name":
        (folder / "sub" / "b").rename(folder / "sub" / "c")
    else:
        (folder / "c").write_text("")
    assert digest_folder(folder) != before


def test_hidden_files_do_not_count(folder: Path) -> None:
    before = digest_folder(folder)
    (folder / ".cache").mkdir()
    (folder / ".cache" / "x").write_text("x")
    assert digest_folder(folder) == before


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        digest_file(tmp_path / "none")
