"""`harness export` of a finished run of a tiny Llama: two rates by patterns and by a search, and what has none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from harness.cli.app import main
from tests.e2e.test_analysis import SECTIONS
from tests.e2e.test_run import config, harness
from tests.tiny_models import save_tiny_llama

VARIANTS = {
    "ift": {"strategy": "ift", "learning_rate": 0.05},
    "ml-lr": {"strategy": "ml_lr", "learning_rate": 0.05, "rest_ratio": 0.2, "modules": ["q", "up.1"]},
    "found": {"strategy": "ml_lr", "learning_rate": 0.05, "modules": "found"},
    "swat": {"strategy": "swat", "learning_rate": 0.05, "modules": ["q"], "warmup_fraction": 0.5},
    "complement": {"strategy": "ml_lr", "learning_rate": 0.05, "modules": "complement"},
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    path = config(folder, save_tiny_llama(folder / "model"), **{**SECTIONS, "variants": VARIANTS}, seeds=[0, 1])
    assert harness(folder, "run", str(path)) == 0
    return folder / "runs" / "tiny"


pytestmark = pytest.mark.slow


def test_a_run_is_exported_for_axolotl(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(run), "--variant", "ml-lr"]) == 0
    made = yaml.safe_load(capsys.readouterr().out)
    assert made["learning_rate"] == 0.01
    assert made["lr_groups"] == [
        {
            "name": "robust",
            "modules": [
                "model.layers.0.self_attn.q_proj.",
                "model.layers.1.self_attn.q_proj.",
                "model.layers.1.mlp.up_proj.",
            ],
            "lr": 0.05,
        }
    ]


def test_a_file_is_written(run: Path, tmp_path: Path) -> None:
    assert main(["export", str(run), "--variant", "ml-lr", "--to", "json", "--out", str(tmp_path / "m.json")]) == 0
    made = json.loads((tmp_path / "m.json").read_text())
    assert (made["modules"], made["rest_ratio"], made["search"]) == (["q.0", "q.1", "up.1"], 0.2, None)
    assert made["base"] == str(run.parents[1] / "model")


def test_the_set_that_the_search_found(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(run), "--variant", "found", "--to", "json"]) == 0
    made = json.loads(capsys.readouterr().out)
    stage = run.parents[1] / "store" / "stages" / made["search"]
    found = json.loads((stage / "search.json").read_text())["chosen"]
    assert (set(made["modules"]), made["drift"]) == (set(found["modules"]), found["drift"])
    assert len(made["matrices"]) == len(made["modules"])


def test_swat_is_exported_as_a_record_alone(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(run), "--variant", "swat", "--to", "json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert (made["modules"], made["rest_ratio"], made["warmup_fraction"]) == (["q.0", "q.1"], 1.0, 0.5)
    assert main(["export", str(run), "--variant", "swat"]) == 2
    assert "learn alone first, which other trainers have no setting for; --to json" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("variant", "why"),
    [
        ("ml_lr", "the run has no such variant; did you mean 'ml-lr'?"),
        ("ift", "strategy ift has no robust modules, as ml_lr and swat have"),
        ("complement", "modules: complement is a control and not robust"),
        ("base", "is the base unchanged; it has no robust modules"),
    ],
)
def test_what_has_no_two_rates(run: Path, variant: str, why: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(run), "--variant", variant]) == 2
    assert why in capsys.readouterr().err
