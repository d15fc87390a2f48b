"""`harness analyze`: what the store has is shown and written; what is wrong is one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.cli.app import main
from harness.config import load
from harness.plan import Plan, make_analysis_plan
from harness.store import Store
from tests.configs import write
from tests.robustness_sources import Shape, analysis, finish


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write(tmp_path)


@pytest.fixture
def plan(tmp_path: Path, config: Path) -> Plan:
    """Finished in the store, every stage of it."""
    made, store = make_analysis_plan(load(config)), Store(tmp_path / "store")
    for spec in made.stages:
        finish(store, spec, analysis(Shape(layers=3)))
    return made


def analyze(folder: Path, config: Path, *more: str) -> int:
    where = ["--store", str(folder / "store"), "--runs", str(folder / "runs")]
    return main(["analyze", str(config), *where, *more])


def test_a_finished_analysis_is_written_and_told(
    tmp_path: Path, config: Path, plan: Plan, capsys: pytest.CaptureFixture[str]
) -> None:
    assert analyze(tmp_path, config) == 0
    folder = tmp_path / "runs" / "small" / "analysis"
    found = json.loads((folder / "modules.json").read_text())
    assert found["search"] == plan.stages[-1].key and len(found["modules"]) > 3
    said = capsys.readouterr().out
    assert f"small: {len(plan.stages)} stages, {len(plan.stages)} in the store" in said
    assert "Mods_Robust: " in said and "map.svg" in said


def test_nothing_is_trained_or_scored(plan: Plan) -> None:
    stages = [spec.params.stage for spec in plan.stages]
    assert stages == ["base", "dataset", "train", "train", "train", "analyze", "search"]


def test_a_damaged_analysis_is_not_shown(tmp_path: Path, plan: Plan) -> None:
    from harness.run import drop_damaged

    store = Store(tmp_path / "store")
    key = next(spec.key for spec in plan.stages if spec.params.stage == "analyze")
    (store.folder(key) / "robustness.json").write_text("{ }")
    lines = drop_damaged(plan, store)
    assert lines == (
        "module robustness by update: robustness.json has other bytes than the stage wrote; it is made again",
    )


@pytest.mark.parametrize(
    ("setting", "words"), [("search.budjet=1", "did you mean 'budget'"), ("search.budget=-1", "search.budget")]
)
def test_a_wrong_setting_is_named(
    tmp_path: Path, config: Path, setting: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert analyze(tmp_path, config, "--set", setting) == 2
    assert words in capsys.readouterr().err
