"""Where a report's files go, and what is said where they cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import plugins, report_files
from harness.errors import InputError, PluginError, StoreError
from harness.formats import File
from harness.records import StageEntry
from harness.report_files import comparison_of, files_of, write_files
from harness.run import FinishedRun
from harness.specs import BaseParams, ModelSource, StageSpec
from harness.store import Store
from tests.formats.sources import audit
from tests.report_sources import make_sources

ONE, TWO = File("a.txt", b"a"), File("b.txt", b"b")


def test_every_format_is_found_by_its_file() -> None:
    assert set(plugins.names("formats")) == {"html", "markdown", "csv", "parquet", "json", "pdf"}


def test_each_format_is_written_once() -> None:
    assert [file.name for file in files_of(audit(), ["json", "markdown", "json"])] == ["report.json", "report.md"]


def test_an_unknown_format_is_named_with_the_nearest() -> None:
    with pytest.raises(PluginError, match="'markdwon' among formats; did you mean 'markdown'"):
        files_of(audit(), ["markdwon"])


def test_one_file_goes_where_output_says_several_into_that_folder(tmp_path: Path) -> None:
    assert write_files([ONE], folder=tmp_path, output=tmp_path / "x" / "y.md") == (tmp_path / "x" / "y.md",)
    assert write_files([ONE, TWO], folder=tmp_path, output=tmp_path / "z") == (
        tmp_path / "z" / "a.txt",
        tmp_path / "z" / "b.txt",
    )
    assert [p.read_bytes() for p in write_files([ONE, TWO], folder=tmp_path, output=None)] == [b"a", b"b"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.txt", "b.txt", "x", "z"]


def test_a_file_in_place_of_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("")
    with pytest.raises(InputError, match="several files are to be written; give a folder"):
        write_files([ONE, TWO], folder=tmp_path, output=tmp_path / "f")
    with pytest.raises(InputError, match="give a file's name"):
        write_files([ONE], folder=tmp_path, output=tmp_path)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("")
    with pytest.raises(StoreError, match="f/a.md"):
        write_files([ONE], folder=tmp_path, output=tmp_path / "f" / "a.md")


def based_on(root: Path, revision: str) -> FinishedRun:
    """A run in a store that holds its base model's stage alone."""
    store, sources = Store(root), make_sources()
    source = ModelSource(kind="hub", location="org/model", revision=revision)
    spec = StageSpec(key=revision, label="base model", params=BaseParams(source=source))
    folder = store.begin(spec.key)
    (folder / "checkpoint.json").write_text(revision)
    seal = store.finish(spec, folder=folder, seconds=1.0)
    entry = StageEntry(label=spec.label, stage="base", key=spec.key, digest=seal.digest, seconds=1.0, reused=False)
    manifest = sources.manifest.model_copy(update={"stages": (entry,), "store": str(root)})
    return FinishedRun(folder=root, manifest=manifest, table=sources.table, decision=None)


def test_runs_of_two_revisions_of_a_model_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_files, "sources_of", lambda finished: make_sources())
    found = comparison_of([based_on(tmp_path, "aa"), based_on(tmp_path, "bb")])
    changes = {change.name: change.values for change in found.changes if change.kind == "model and data"}
    assert changes["base model: revision"] == ("aa", "bb") and "base model: location" not in changes
