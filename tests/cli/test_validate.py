"""`harness validate`: every source of the data is read or named, and the first mistake is one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.cli.app import main
from tests.configs import write


def rows(folder: Path, name: str, count: int) -> str:
    path = folder / name
    path.write_text("".join(json.dumps({"prompt": f"{n}", "response": "Yes."}) + "\n" for n in range(count)))
    return str(path)


def test_every_source_is_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    also = [{"source": rows(tmp_path, "b.jsonl", 30), "share": 0.1}, {"source": "builtin:safe", "limit": 9}]
    path = write(tmp_path, dataset={"source": rows(tmp_path, "a.jsonl", 171), "also": also})
    assert main(["validate", str(path)]) == 0
    said = capsys.readouterr().out
    assert "a.jsonl (171 rows)" in said
    assert "b.jsonl (20 rows)" in said
    assert "builtin:safe (9 rows)" in said
    assert "is checked when the run is made, before anything is trained" in said


def test_a_share_that_cannot_be_had_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    also = [{"source": rows(tmp_path, "b.jsonl", 3), "share": 0.5}]
    path = write(tmp_path, dataset={"source": rows(tmp_path, "a.jsonl", 10), "also": also})
    assert main(["validate", str(path)]) == 2
    assert "b.jsonl: a share of 0.5 in 20 rows is 10 rows, but it must be 1 to 3" in capsys.readouterr().err


def test_variants_of_sweeps_are_counted_and_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sweep = {"learning_rate": [1e-4, 2e-4, 3e-4], "training.steps": [1, 2, 3]}
    assert main(["validate", str(write(tmp_path, variants={"ift": {"strategy": "ift", "sweep": sweep}}))]) == 0
    said = capsys.readouterr().out
    assert "ok: 9 variants (ift-1e-4-1, ift-1e-4-2, " in said
    assert "ift-3e-4-2, and 1 more) × 2 seeds" in said
    assert "needs" not in said


def test_what_strategies_need_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rate = {"learning_rate": 1e-3}
    found = {name: {"strategy": name, "modules": "found", **rate} for name in ("ml_lr", "swat")}
    path = write(tmp_path, training={"steps": 4}, variants={**found, "kl": {"strategy": "kl", **rate}})
    assert main(["validate", str(path)]) == 0
    said = capsys.readouterr().out
    assert "; needs the search for robust modules (ml_lr, swat)" in said
    assert "; needs the base's logits in training (kl)" in said


def test_early_stopping_that_would_hold_out_no_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def validated(share: float) -> int:
        own = {"strategy": "ift", "learning_rate": 1e-3, "training": {"early_stop": {"share": share}}}
        source = {"source": rows(tmp_path, "a.jsonl", 40)}
        return main(["validate", str(write(tmp_path, dataset=source, variants={"mine": own}))])

    assert validated(0.001) == 2
    assert (
        f"{tmp_path / 'small.yaml'}: training.early_stop.share: 0.001 of 40 rows is 0, for train mine seed 0"
        in capsys.readouterr().err
    )
    assert (validated(0.999), validated(0.1)) == (2, 0)


@pytest.mark.parametrize("verb", ["validate", "plan", "run"])
def test_what_the_plan_finds_is_told_by_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    path = write(tmp_path, variants={"mine": {"strategy": "resta", "learning_rate": 1e-3}})
    assert main([verb, str(path)]) == 2
    assert f"error: {path}: variants.mine: strategy resta needs the unaligned sibling" in capsys.readouterr().err


def test_a_mistake_in_a_sweep_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, variants={"ift": {"strategy": "ift", "sweep": {"learning_rate": []}}})
    assert main(["validate", str(path)]) == 2
    assert f"{path}: variants.ift.sweep.learning_rate: has no values" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("paths", "trained", "expected"),
    [
        (["a"], 0, "ok: 1 variant (theirs): 1 checkpoint tuned elsewhere, "),
        (["a", "b", "c"], 0, "ok: 1 variant (theirs): 3 checkpoints tuned elsewhere, "),
        (["a", "b"], 2, "ok: 3 variants (mine-0, mine-1, theirs): 2 × 2 seeds, and 2 checkpoints tuned elsewhere, "),
    ],
)
def test_checkpoints_count_by_their_paths_and_not_by_the_seeds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], paths: list[str], trained: int, expected: str
) -> None:
    for name in paths:
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text(json.dumps({"name": name}))
    theirs = {"strategy": "checkpoint", "path": [str(tmp_path / name) for name in paths]}
    mine = {f"mine-{n}": {"strategy": "ift", "learning_rate": 10.0**-n} for n in range(trained)}
    assert main(["validate", str(write(tmp_path, variants={"theirs": theirs, **mine}))]) == 0
    assert expected in capsys.readouterr().out


def test_one_seed_is_no_plural(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", str(write(tmp_path, seeds=[0]))]) == 0
    assert "ok: 2 variants (ift, mix) × 1 seed, " in capsys.readouterr().out
