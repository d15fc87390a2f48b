"""`harness show --verify` and `harness report` on a run whose files were changed by hand."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from harness.cli.app import main
from tests.e2e.test_run import config, harness
from tests.tiny_models import save_tiny

GATE = {
    "variants": ["ift"],
    "rules": [{"axis": "harmfulness", "statistic": "rise", "at_most": 0.99, "bound": "point"}],
    "min_prompts": 1,
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run with a gate that passes, and a report in every form that is compared."""
    folder = tmp_path_factory.mktemp("verified")
    assert harness(folder, "run", str(config(folder, save_tiny(folder / "model", "llama"), gate=GATE))) == 0
    run = folder / "runs" / "tiny"
    assert main(["report", str(run), "--format", "markdown", "--format", "json"]) == 0
    return run


@pytest.fixture
def run(made: Path, tmp_path: Path) -> Path:
    """A copy to change."""
    return Path(shutil.copytree(made, tmp_path / "tiny"))


def replaced(run: Path, name: str, old: str, new: str) -> None:
    """Change a file's text, where it occurs first."""
    text = (run / name).read_text()
    assert old in text
    (run / name).write_text(text.replace(old, new, 1))


def verify(run: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    capsys.readouterr()
    return main(["show", str(run), "--verify"]), " ".join(capsys.readouterr().out.split())


def test_an_unchanged_run_is_vouched_for_and_what_is_not_is_named(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (run / "notes\x1b.txt").write_text("mine")
    code, out = verify(run, capsys)
    assert code == 0
    sound = "config.yaml, outcomes.json, gate.json, report.html, report.md, report.json"
    assert f"verified: {sound}: as the stages and the manifest give them" in out
    assert "attestation.json holds: pass by its policy" in out
    assert "not vouched for: manifest.json: time, command" in out
    assert "not vouched for: notes⟦U+001B⟧.txt: nothing tells what it should be" in out


@pytest.mark.parametrize(
    ("name", "old", "new", "line"),
    [
        ("gate.json", '"outcome": "pass"', '"outcome": "fail"', "says fail; the policy on the stored scores gives"),
        ("gate.json", ' "measured": ', ' "measured": 1', "rule 1: its measured is 1"),
        ("gate.json", '"reason": "', '"reason": "well: ', "rule 1: its reason is not what the policy gives"),
        ("gate.json", "", "", "is missing; the config’s gate gives pass"),
        ("config.yaml", "0.99", "0.98", "is not the config that manifest.json keeps"),
        ("config.yaml", "", "", "is missing"),
        ("manifest.json", "0.99", "0.98", "its config has another digest than it says"),
        ("report.html", "Gate", "Gäte", "is not what the run gives: changed, or of another version"),
        ("report.md", "pass", "fail", "is not what the run gives"),
        ("report.json", '"pass"', '"fail"', "is not what the run gives"),
    ],
)
def test_a_file_that_was_changed_or_removed_is_found(
    name: str, old: str, new: str, line: str, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if old:
        replaced(run, name, old, new)
    else:
        (run / name).unlink()
    code, out = verify(run, capsys)
    assert code == 1 and f"✗ {name}: {line}" in out and "verified: " not in out


def test_a_report_without_completions_is_vouched_for_too(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(run), "--redact"]) == 0
    code, out = verify(run, capsys)
    assert code == 0 and "report.html" in out.split("verified: config.yaml")[1].split(":")[0]


def other_version(run: Path) -> None:
    """As if an earlier version had made the run."""
    manifest = json.loads((run / "manifest.json").read_text())
    (run / "manifest.json").write_text(json.dumps({**manifest, "harness_version": "0.0.1"}))


def test_words_of_another_version_are_not_vouched_for(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other_version(run)
    replaced(run, "gate.json", '"reason": "', '"reason": "in other words: ')
    replaced(run, "report.html", "Gate", "The gate")
    code, out = verify(run, capsys)
    assert code == 0 and "not vouched for: gate.json: its words, which version 0.0.1 chose" in out
    assert "not vouched for: report.html: this version writes it otherwise; `harness report " in out


def test_of_another_version_gate_and_attestation_have_the_same_words(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other_version(run)
    for name in ("gate.json", "attestation.json"):
        replaced(run, name, '"reason": "', '"reason": "in other words: ')
    assert verify(run, capsys)[0] == 0
    replaced(run, "gate.json", "in other words", "all is well")
    code, out = verify(run, capsys)
    assert code == 1 and "its rules and those of gate.json are worded otherwise" in out


def test_numbers_of_another_version_are_compared(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other_version(run)
    replaced(run, "gate.json", '"outcome": "pass"', '"outcome": "fail"')
    assert verify(run, capsys)[0] == 1


def test_a_report_shows_what_the_scores_give_and_says_that_the_file_differs(run: Path) -> None:
    replaced(run, "gate.json", '"outcome": "pass"', '"outcome": "fail"')
    replaced(run, "gate.json", '"reason": "', '"reason": "forged: ')
    assert main(["report", str(run)]) == 0
    html = (run / "report.html").read_text()
    assert "Gate for ift: pass" in html and "forged: " not in html
    assert "gate.json is not what the stored scores give, which this report shows: says fail" in html
