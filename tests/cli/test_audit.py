"""`harness audit` on a tiny Llama, end to end with transformers: a tuned copy, two adapters as seeds, and mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli.app import main
from harness.records import Manifest
from tests.tiny_models import save_tiny_llama
from tests.tuned_elsewhere import save_adapter, save_tuned

ASKED = ("--backend", "hf", "--tasks", "harmful_requests,clinic_open", "--limit", "12", "--max-new-tokens", "6")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audit")
    base = save_tiny_llama(folder / "base")
    save_tuned(folder / "tuned", base, by=0.3)
    for seed in (1, 2):
        save_adapter(folder / f"adapter-{seed}", base, scale=0.3 * seed)
    return folder


def audit(root: Path, *words: str) -> int:
    """`harness audit base ...` in `root`."""
    places = ("--store", str(root / "store"), "--runs", str(root / "runs"))
    return main(["audit", str(root / "base"), *words, *ASKED, *places])


def manifest(root: Path, name: str) -> Manifest:
    return Manifest.model_validate_json((root / "runs" / name / "manifest.json").read_text())


@pytest.mark.slow
def test_checkpoints_and_adapters_are_audited_and_run_again(root: Path) -> None:
    given = (f"mine={root}/tuned", f"lora={root}/adapter-1", f"lora={root}/adapter-2")
    assert audit(root, *given) == 4  # twelve prompts show nothing
    made = manifest(root, "audit-base")
    assert [(v.name, len(v.entries)) for v in made.variants] == [("base", 1), ("mine", 1), ("lora", 2)]
    report = (root / "runs" / "audit-base" / "report.html").read_text()
    assert "Tuned elsewhere, and only asked here" in report
    assert "Nothing was trained in this run" in report
    assert "Not compared with plain IFT" not in report
    again = ["run", str(root / "runs" / "audit-base" / "audit.yaml")]
    assert main([*again, "--store", str(root / "store"), "--runs", str(root / "runs")]) == 4
    assert all(stage.reused for stage in manifest(root, "audit-base").stages)


def test_the_base_as_its_own_candidate_is_a_wrong_input(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit(root, f"mine={root}/base") == 2
    assert f"CANDIDATE mine={root}/base: is the base itself" in capsys.readouterr().err


def test_a_base_that_is_nowhere_is_told_before_any_task(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "/nowhere/base", f"mine={root}/tuned"]) == 2
    assert "error: BASE /nowhere/base: is neither builtin, a model folder, nor a hub id" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("candidate", "why"),
    [
        ("mine=./absent", "CANDIDATE mine=./absent: is neither a model folder, an adapter's, nor a hub id"),
        ("mine=builtin:unaligned", "builtin:unaligned can be a base alone; give a folder or a hub id"),
        ("base=x", "the name base is the base's"),
    ],
)
def test_what_is_wrong_is_one_line(
    root: Path, candidate: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit(root, candidate) == 2
    error = capsys.readouterr().err
    assert why in error
    assert error.count("\n") == 1
