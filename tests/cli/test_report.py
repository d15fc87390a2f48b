"""`harness report`: its formats, several runs, the schema, and mistakes; the runs are synthetic."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness import report_files, run
from harness.cli.app import main
from harness.report_records import ReportSources
from harness.run import FinishedRun
from tests.report_sources import make_sources


@dataclass(frozen=True)
class Made:
    """Two synthetic runs' folders."""

    first: Path
    second: Path


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    sources = {"first": make_sources(), "second": make_sources(seed=1)}

    def read(folder: Path) -> FinishedRun:
        one = sources[folder.name]
        manifest = one.manifest.model_copy(update={"store": str(tmp_path / "store")})
        return FinishedRun(folder=folder, manifest=manifest, table=one.table, decision=one.decision)

    def sources_of(finished: FinishedRun) -> ReportSources:
        return sources[finished.folder.name]

    monkeypatch.setattr(run, "read_run", read)
    monkeypatch.setattr(report_files, "sources_of", sources_of)
    return Made(tmp_path / "first", tmp_path / "second")


def test_the_page_is_the_default(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(made.first)]) == 0
    assert capsys.readouterr().out == f"report: {made.first / 'report.html'}\n"
    assert [p.name for p in made.first.iterdir()] == ["report.html"]


def test_formats_lie_beside_one_another(made: Made) -> None:
    assert main(["report", str(made.first), "--format", "markdown", "--format", "csv", "--format", "json"]) == 0
    names = ["report.json", "report.md", "samples.csv", "scores.csv"]
    assert sorted(p.name for p in made.first.iterdir()) == names


def test_several_runs_are_compared_beside_the_last(made: Made) -> None:
    words = ["report", str(made.first), str(made.second), "--format", "html", "--format", "markdown"]
    assert main(words) == 0 and not made.first.exists()
    assert sorted(p.name for p in made.second.iterdir()) == ["comparison.html", "comparison.md"]
    assert "## 2 runs side by side" in (made.second / "comparison.md").read_text()


def test_several_runs_are_no_table(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(made.first), str(made.second), "--format", "csv"]) == 2
    assert "several runs are written as html or markdown" in capsys.readouterr().err


def test_the_schema_needs_no_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "AuditReport"


def test_no_run_and_no_format_of_that_name(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report"]) == 2 and "no run given" in capsys.readouterr().err
    assert main(["report", str(made.first), "--format", "docx"]) == 2
    assert "unknown plug-in 'docx' among formats" in capsys.readouterr().err
