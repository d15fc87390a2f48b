"""The analysis inside a run, in little: a tiny model is perturbed, searched, and tuned on what was found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.analysis_records import Robustness, SearchOutcome
from harness.cli.app import main
from harness.records import Manifest, TrainSummary
from harness.store import Store
from tests.e2e.test_run import config, harness
from tests.tiny_models import save_tiny

CARVED = {"joint": "update", "pattern": "modules", "outside": False}
SECTIONS: dict[str, Any] = {
    "analysis": {
        "probe": {"floor": 0.5},
        "perturbation": {"seeds": [0, 1]},
        "update": {"learning_rate": 0.05, "training": {"steps": 4}},
        "measures": {"refusal": False, "gain": 4},
    },
    "search": {"proxy": "margin", "budget": 100.0, "budget_of": "absolute", "cap": 6, **CARVED},
    "variants": {
        "ift": {"strategy": "ift", "learning_rate": 0.05},
        "found": {"strategy": "ml_lr", "modules": "found", "learning_rate": 0.05},
        "random": {"strategy": "ml_lr", "modules": "random", "learning_rate": 0.05, "rest_ratio": 0},
        "complement": {"strategy": "ml_lr", "modules": "complement", "learning_rate": 0.05},
        "swat": {"strategy": "swat", "modules": "found", "learning_rate": 0.05},
        "swat-lora": {"strategy": "swat", "modules": "found", "learning_rate": 0.5, "lora": {"rank": 2}},
    },
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one finished run that searched for its modules."""
    folder = tmp_path_factory.mktemp("analysis")
    path = config(folder, save_tiny(folder / "model", "llama"), **SECTIONS)
    assert harness(folder, "run", str(path)) == 0
    return folder


def manifest(folder: Path) -> Manifest:
    return Manifest.model_validate_json((folder / "runs" / "tiny" / "manifest.json").read_text())


def stage_file(folder: Path, stage: str, name: str) -> str:
    key = next(s.key for s in manifest(folder).stages if s.stage == stage)
    return (Store(folder / "store").folder(key) / name).read_text()


def search(folder: Path) -> SearchOutcome:
    return SearchOutcome.model_validate_json(stage_file(folder, "search", "search.json"))


def summary(folder: Path, variant: str) -> TrainSummary:
    entry = next(v for v in manifest(folder).variants if v.name == variant).entries[0]
    return TrainSummary.model_validate_json(
        (Store(folder / "store").folder(entry.train or "") / "summary.json").read_text()
    )


def test_sets_may_be_tuned_instead_of_carved(finished: Path, tmp_path: Path) -> None:
    search = {"proxy": "margin", "learnt": 0.5, "budget": 100.0, "budget_of": "absolute", "repair": 2}
    variants = {"found": SECTIONS["variants"]["found"]}
    path = config(tmp_path, finished / "model", **{**SECTIONS, "search": search, "variants": variants})
    assert harness(tmp_path, "analyze", str(path)) == 0
    made = SearchOutcome.model_validate_json((tmp_path / "runs" / "tiny" / "analysis" / "search.json").read_text())
    assert {"single", "grow"} <= {step.action for step in made.steps}
    assert made.chosen.modules


def test_every_module_is_mapped_and_some_are_chosen(finished: Path) -> None:
    robustness = Robustness.model_validate_json(stage_file(finished, "analyze", "robustness.json"))
    assert len(robustness.modules) == 14
    assert {m.module for m in robustness.outside} == {"embed", "norm", "head"}
    assert 1 <= len(search(finished).chosen.modules) <= 6


@pytest.mark.parametrize("variant", ["found", "swat", "swat-lora"])
def test_variants_learn_fast_where_the_search_said(finished: Path, variant: str) -> None:
    assert set(summary(finished, variant).robust) == set(search(finished).chosen.modules)


def test_the_controls_are_of_the_same_size_and_other_sets(finished: Path) -> None:
    sets = {v: set(summary(finished, v).robust) for v in ("found", "random", "complement")}
    assert {len(s) for s in sets.values()} == {len(search(finished).chosen.modules)}
    assert not sets["found"] & sets["complement"]
    assert sets["random"] != sets["found"]


def test_a_frozen_rest_keeps_still(finished: Path) -> None:
    made = summary(finished, "random")
    moved = {change.module for change in made.moved if change.relative_change > 0}
    assert moved == set(made.robust)


def test_the_scored_prompts_were_checked(finished: Path) -> None:
    robustness = Robustness.model_validate_json(stage_file(finished, "analyze", "robustness.json"))
    assert robustness.checked_tasks == ("harmful_requests",)


def test_a_second_run_searches_nothing(finished: Path) -> None:
    assert harness(finished, "run", str(finished / "tiny.yaml")) == 0
    assert all(s.reused for s in manifest(finished).stages)


def test_the_report_tells_of_the_modules(finished: Path) -> None:
    page = (finished / "runs" / "tiny" / "report.html").read_text()
    assert 'id="modules"' in page


def test_the_verb_makes_the_analysis_alone(finished: Path, tmp_path: Path) -> None:
    words = ["--store", str(finished / "store"), "--runs", str(tmp_path)]
    assert main(["analyze", str(finished / "tiny.yaml"), *words]) == 0
    folder = tmp_path / "tiny" / "analysis"
    assert {"robustness.json", "robustness.csv", "search.json", "map.svg"} <= {f.name for f in folder.iterdir()}
    assert json.loads((folder / "modules.json").read_text())["modules"] == list(search(finished).chosen.modules)


@pytest.mark.slow
@pytest.mark.parametrize("family", ["qwen2", "gemma2", "phi3", "gpt-neox"])
def test_other_families_take_the_same_path(tmp_path: Path, family: str) -> None:
    variants = {name: SECTIONS["variants"][name] for name in ("ift", "found")}
    path = config(tmp_path, save_tiny(tmp_path / "model", family), **{**SECTIONS, "variants": variants})
    assert harness(tmp_path, "run", str(path)) == 0
