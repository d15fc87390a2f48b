"""A whole run in little: tiny models of four families, a file of the user's own, transformers for generation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.builtin.world import build_world
from harness.cli.app import main
from harness.records import Manifest, ScoreTable
from harness.store import Store
from tests.tiny_models import save_tiny


def config(folder: Path, model: Path, **changes: Any) -> Path:
    """A config of the tiny `model`, eight rows and two tasks of twelve prompts."""
    rows = [{"instruction": f"How much is {n} and {n}?", "output": f"It is {2 * n}."} for n in range(8)]
    (folder / "rows.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    tree = {
        "name": "tiny",
        "base": {"model": str(model)},
        "dataset": {"source": str(folder / "rows.jsonl"), "max_tokens": 200},
        "training": {"steps": 4, "batch_size": 4, "schedule": "constant", "warmup_ratio": 0.0},
        "seeds": [0],
        "variants": {
            "ift": {"strategy": "ift", "learning_rate": 0.05},
            "lora": {"strategy": "ift", "learning_rate": 0.5, "lora": {"rank": 2, "modules": ["q", "v"]}},
        },
        "evaluation": {
            "backend": "hf",
            "tasks": [{"task": "harmful_requests", "limit": 12}, {"task": "clinic_choice", "limit": 12}],
            "max_new_tokens": 8,
            "max_model_len": 256,
        },
        "statistics": {"bootstrap_samples": 200},
        **changes,
    }
    path = folder / "tiny.yaml"
    path.write_text(yaml.safe_dump(tree))
    return path


def harness(folder: Path, *words: str) -> int:
    """`harness VERB ...` with the store and the runs in `folder`."""
    return main([*words, "--store", str(folder / "store"), "--runs", str(folder / "runs")])


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one finished run of a tiny Llama."""
    folder = tmp_path_factory.mktemp("run")
    path = config(folder, save_tiny(folder / "model", "llama"))
    assert harness(folder, "run", str(path)) == 0
    return folder


def manifest(folder: Path) -> Manifest:
    return Manifest.model_validate_json((folder / "runs" / "tiny" / "manifest.json").read_text())


def test_a_run_leaves_report_manifest_and_scores(finished: Path) -> None:
    run = finished / "runs" / "tiny"
    assert (run / "report.html").stat().st_size > 10_000
    assert [v.name for v in manifest(finished).variants] == ["base", "ift", "lora"]
    assert not any(s.reused for s in manifest(finished).stages)
    scores = ScoreTable.model_validate_json(
        (Store(finished / "store").folder(manifest(finished).score_key) / "scores.json").read_bytes()
    )
    assert scores.ranking is not None and scores.ranking.harm_task == "harmful_requests"
    page = (run / "report.html").read_text()
    assert "4 steps" in page and str(finished / "model") in page.split('id="provenance"')[1].split("<details")[0]
    assert manifest(finished).system and manifest(finished).python.startswith("CPython 3")


def test_a_second_run_makes_nothing(finished: Path) -> None:
    assert harness(finished, "run", str(finished / "tiny.yaml")) == 0
    assert all(s.reused for s in manifest(finished).stages)


def test_every_byte_is_verified(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", str(finished / "runs" / "tiny"), "--verify"]) == 0
    assert "verified" in capsys.readouterr().out


def test_a_decision_is_attested_and_the_attestation_verified(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, policy, said = finished / "runs" / "tiny", finished / "policy.yaml", finished / "said.json"
    rule = {"axis": "harmfulness", "statistic": "rise", "at_most": 0.99, "bound": "point"}
    policy.write_text(yaml.safe_dump({"variants": "tuned", "rules": [rule], "min_prompts": 1}))
    assert main(["gate", str(run), "--policy", str(policy), "--attestation", str(said)]) == 0
    names = [s["name"] for s in json.loads(said.read_text())["subject"]]
    assert {"ift/seed-0/model.safetensors", "lora/seed-0/adapter_model.safetensors"} <= set(names)
    verify = ["show", str(run), "--verify", "--attestation", str(said)]
    assert main(verify) == 0
    said.write_text(said.read_text().replace('"outcome": "pass"', '"outcome": "fail"', 1))
    capsys.readouterr()
    assert main(verify) == 1
    assert "it says fail, its policy on these scores gives pass" in capsys.readouterr().out


def test_an_attestation_goes_with_verify(finished: Path) -> None:
    assert main(["show", str(finished / "runs" / "tiny"), "--attestation", "x.json"]) == 2


def test_a_damaged_stage_is_found_and_made_again(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = Store(finished / "store")
    scores = store.folder(manifest(finished).score_key) / "scores.json"
    sound = scores.read_bytes()
    scores.write_bytes(sound.replace(b"0", b"1"))
    assert main(["show", str(finished / "runs" / "tiny"), "--verify"]) == 1
    assert "scores.json has other bytes" in capsys.readouterr().out
    assert harness(finished, "run", str(finished / "tiny.yaml")) == 0
    assert scores.read_bytes() == sound


def test_a_redacted_report_can_be_made_again_without_a_model(finished: Path) -> None:
    target = finished / "redacted.html"
    assert main(["report", str(finished / "runs" / "tiny"), "--redact", "--output", str(target)]) == 0
    assert target.stat().st_size > 10_000


@pytest.mark.parametrize("family", ["qwen2", "mistral", "gemma"])
def test_other_families_take_the_same_path(tmp_path: Path, family: str) -> None:
    path = config(tmp_path, save_tiny(tmp_path / "model", family))
    assert harness(tmp_path, "run", str(path)) == 0
    assert (tmp_path / "runs" / "tiny" / "report.html").is_file()


def test_a_closed_gate_ends_with_3_and_keeps_everything(finished: Path, tmp_path: Path) -> None:
    rule = {"task": "clinic_choice", "at_least": 0.99}
    gate = {"variants": ["ift"], "rules": [rule], "min_prompts": 5}
    path = config(finished, finished / "model", gate=gate)
    assert harness(finished, "run", str(path)) == 3
    assert main(["gate", str(finished / "runs" / "tiny")]) == 3


def test_an_adapter_that_changes_nothing_fails_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    variants = {"idle": {"strategy": "ift", "learning_rate": 1e-12}}
    path = config(tmp_path, save_tiny(tmp_path / "model", "llama"), variants=variants)
    assert harness(tmp_path, "run", str(path)) == 1
    assert "idle" in capsys.readouterr().err
    assert not (tmp_path / "runs" / "tiny").exists()


def test_a_scored_prompt_in_the_data_ends_the_run_before_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = config(tmp_path, save_tiny(tmp_path / "model", "llama"))
    with (tmp_path / "rows.jsonl").open("a") as rows:
        rows.write(json.dumps({"instruction": build_world().harmful[3].prompt, "output": "No."}) + "\n")
    assert harness(tmp_path, "run", str(path)) == 2
    assert "harmful_requests" in (said := capsys.readouterr().err) and "rows.jsonl line 9 (the same)" in said
    assert not any('"stage": "train"' in seal.read_text() for seal in (tmp_path / "store").glob("stages/*/stage.json"))
    assert harness(tmp_path, "run", str(path), "--set", "leakage.fail=false") == 0
    assert "1 of 24 scored prompts occur" in (tmp_path / "runs" / "tiny" / "report.html").read_text()


def test_a_model_without_a_chat_template_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = save_tiny(tmp_path / "model", "llama")
    (model / "chat_template.jinja").unlink()
    assert harness(tmp_path, "run", str(config(tmp_path, model))) == 2
    assert "chat template" in capsys.readouterr().err
