"""`harness plan`: the grid, what is there, what the rest costs."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import config
from harness.cli.app import main
from harness.plan import make_plan
from harness.store import Store
from tests.configs import write
from tests.specs import finish


def said(tmp_path: Path, capsys: pytest.CaptureFixture[str], *more: str, done: tuple[str, ...] = ()) -> str:
    """What it prints about a sweep of two rates, after the stages whose labels begin with one of `done`."""
    path = write(tmp_path, variants={"ift": {"strategy": "ift", "sweep": {"learning_rate": [1e-3, 2e-3]}}})
    store = Store(tmp_path / "store")
    for spec in make_plan(config.load(path)).stages:
        if spec.label.startswith(done) and done:
            finish(store, spec, seconds=100)
    assert main(["plan", str(path), "--store", str(store.root), *more]) == 0
    return capsys.readouterr().out


def row(text: str, name: str) -> list[str]:
    return next(line.split() for line in text.splitlines() if line.split()[:1] == [name])


def test_a_row_for_each_variant_of_a_sweep(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(tmp_path, capsys)
    assert row(text, "ift-1e-3")[2:] == ["learning_rate=0.001,", "steps=2,", "full", "2", "0/2", "0/2", "unknown"]
    assert "in store" not in text
    assert "in the store: 0 of 18 stages; to do: 18 stages of kinds that this store has not" in text
    assert "what the prompts can show" in text


def test_what_a_variant_changes_for_itself_is_in_its_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sweep = {"dataset.limit": [30, 40]}
    path = write(tmp_path, variants={"ift": {"strategy": "ift", "learning_rate": 1e-3, "sweep": sweep}})
    assert main(["plan", str(path), "--store", str(tmp_path / "store")]) == 0
    text = capsys.readouterr().out
    assert "dataset.limit=30" in text and "dataset.limit=40" in text


def test_what_is_there_and_what_the_rest_takes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(tmp_path, capsys, done=("base", "train ift-1e-3", "evaluate ift-1e-3 seed 0"))
    assert row(text, "ift-1e-3")[5:] == ["2", "2/2", "1/2", "100", "s", "and", "2", "unknown"]
    assert row(text, "ift-2e-3")[5:] == ["2", "0/2", "0/2", "7", "min", "and", "2", "unknown"]
    assert "in the store: 4 of 18 stages; to do: about 10 min of stage time, each stage counted once" in text


def test_the_stages_are_listed_on_demand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(tmp_path, capsys, "--stages", done=("train ift-1e-3 seed 0",))
    assert "small: 18 stages" in text
    lines = {" ".join(line.split("│")[1].split()): line for line in text.splitlines() if line.count("│") == 5}
    assert "yes" in lines["train ift-1e-3 seed 0"] and "100 s" in lines["train ift-2e-3 seed 1"]


def test_a_whole_store_leaves_nothing_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    every = ("base", "benign", "train", "evaluate", "judge", "scores", "leakage", "scored")
    text = said(tmp_path, capsys, done=every)
    assert "in the store: 18 of 18 stages; nothing is to do" in text
