"""Public data on a tiny model: GSM8K tuned and asked; AdvBench, XSTest and PubMedQA asked. The path alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.records import ScoreTable
from harness.run import read_run
from tests.e2e.test_run import config, harness
from tests.tiny_models import save_tiny

DATA = Path(__file__).parents[3] / "shared" / "data"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the public data (../shared/data) is not at hand")


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> ScoreTable:
    """Scores of a tiny Qwen2 before and after eight rows of GSM8K."""
    folder = tmp_path_factory.mktemp("public")
    dataset = {
        "source": str(DATA / "gsm8k" / "train.jsonl"),
        "prompt_field": "question",
        "response_field": "answer",
        "limit": 8,
        "max_tokens": 2000,
    }
    tasks = [
        {"task": "gsm8k", "path": str(DATA / "gsm8k" / "test.jsonl"), "limit": 6},
        {"task": "advbench", "path": str(DATA / "advbench" / "harmful_behaviors.csv"), "limit": 6},
        {"task": "xstest", "path": str(DATA / "xstest" / "xstest_prompts.csv"), "limit": 6},
        {"task": "pubmedqa", "path": str(DATA / "pubmedqa"), "limit": 6},
    ]
    evaluation = {"backend": "hf", "tasks": tasks, "max_new_tokens": 8, "max_model_len": 2048}
    path = config(folder, save_tiny(folder / "model", "qwen2"), dataset=dataset, evaluation=evaluation)
    assert harness(folder, "run", str(path)) == 0
    return read_run(folder / "runs" / "tiny").table


def test_all_three_axes_are_scored(table: ScoreTable) -> None:
    assert {(t.name, t.axis) for t in table.tasks} == {
        ("gsm8k", "expertise"),
        ("advbench", "harmfulness"),
        ("xstest", "usability"),
        ("pubmedqa", "expertise"),
    }


def test_every_sample_is_accounted_for(table: ScoreTable) -> None:
    assert {s.scored + s.unscored for s in table.scores} == {6}


def test_truncated_completions_are_counted(table: ScoreTable) -> None:
    assert max(s.truncated for s in table.scores) > 0
