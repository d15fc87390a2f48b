"""What `harness analyze` leaves behind can be read back and says what the records say."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from harness.analysis_files import FoundModules, found_modules, map_csv, write_analysis
from harness.analysis_records import Robustness, SearchOutcome
from harness.errors import StoreError
from harness.modules import matches
from tests.robustness_sources import Shape, analysis, robustness


def rows(text: str) -> dict[str, dict[str, str]]:
    return {row["module"]: row for row in csv.DictReader(io.StringIO(text))}


def test_every_file_is_written_and_reads_back(tmp_path: Path) -> None:
    outputs = analysis()
    files = write_analysis(outputs, tmp_path / "run" / "analysis", name="run")
    assert {f.name for f in files} == {"robustness.json", "search.json", "modules.json", "robustness.csv", "map.svg"}
    assert {f.name for f in files} == {f.name for f in (tmp_path / "run" / "analysis").iterdir()}
    texts = {f.name: f.read_text() for f in files}
    assert Robustness.model_validate_json(texts["robustness.json"]) == outputs.robustness
    assert SearchOutcome.model_validate_json(texts["search.json"]) == outputs.searches[0].outcome
    assert FoundModules.model_validate(json.loads(texts["modules.json"])) == found_modules(outputs)


def test_writing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    def write() -> list[bytes]:
        return [f.read_bytes() for f in write_analysis(analysis(), tmp_path, name="run")]

    assert write() == write()


def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="file"):
        write_analysis(analysis(), tmp_path / "file" / "analysis", name="run")


def test_the_patterns_match_the_modules_and_no_others() -> None:
    outputs = analysis()
    found, every = found_modules(outputs), outputs.searches[0].outcome.every
    assert {m for m in every if any(matches(p, m) for p in found.patterns)} == set(found.modules)
    assert (found.search, found.analyze) == ("0" * 32, "a" * 32)


def test_a_row_for_each_module_with_all_readings() -> None:
    shape = Shape(seeds=(5, 9))
    measured = robustness(shape)
    table = rows(map_csv(measured, chosen=("q.1",)))
    assert list(table) == [*shape.modules, "embed", "norm", "head", "all"]
    row, record = table["q.1"], next(r for r in measured.modules if r.module == "q.1")
    assert (row["type"], row["layer"], row["parameters"], row["chosen"]) == ("q", "1", "16384", "yes")
    assert float(row["harmful_mean"]) == record.mean.harmful
    assert float(row["refusal_spread"]) == record.spread.refusal
    assert float(row["gain_seed_9"]) == record.by_seed[1].gain
    assert record.without is not None and float(row["without_harmful_mean"]) == record.without.harmful


def test_what_nobody_measured_has_no_column() -> None:
    table = rows(map_csv(robustness(Shape(options=False)), chosen=()))
    assert not {"control_mean", "refuses_mean", "without_output_change_mean"} & set(table["q.0"])
    assert table["all"]["without_harmful_mean"] == "" and table["all"]["chosen"] == "no"
