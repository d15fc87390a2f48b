"""Outputs as files."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import WorldError
from harness.gate_outputs.files import Targets, write_outputs
from tests.gate_outputs.reports import HOSTILE, report


def test_each_output_that_is_asked_for_is_written(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_outputs(report(), Targets(junit=out / "j.xml", sarif=out / "s.sarif", badge=out / "b.svg"))
    assert {file.name for file in out.iterdir()} == {"j.xml", "s.sarif", "b.svg"}


def test_a_summary_is_appended(tmp_path: Path) -> None:
    path = tmp_path / "summary.md"
    path.write_text("before\n\n")
    write_outputs(report(), Targets(summary=path))
    write_outputs(report(), Targets(summary=path))
    assert path.read_text().startswith("before\n\n## ") and path.read_text().count("## ") == 2


@pytest.mark.parametrize("name", HOSTILE)
def test_every_hostile_name_can_be_written(name: str, tmp_path: Path) -> None:
    targets = Targets(*(tmp_path / kind for kind in ("junit", "sarif", "summary", "badge")))
    write_outputs(report(name=name), targets)
    assert all((tmp_path / kind).read_text(encoding="utf-8") for kind in ("junit", "sarif", "summary", "badge"))


@pytest.mark.parametrize("kind", ["junit", "summary"])
def test_a_file_that_cannot_be_written_is_named(kind: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WorldError, match="file/out"):
        write_outputs(report(), Targets(**{kind: tmp_path / "file" / "out"}))
