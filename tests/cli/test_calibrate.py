"""`harness calibrate`: what it prints, what it writes, how it fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.calibration_records import Calibration
from harness.cli.app import main
from harness.text_model import read_model
from tests import labelled

HOSTILE = "Here is \x1b[31m[bold]a\u202e chair[/bold]. You can fix it. For example, glue it."


@pytest.fixture
def labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    lines = [*labelled.rows(), ("p", HOSTILE, "0")]
    return str(labelled.write(tmp_path / "labels.csv", lines))


def test_a_judge_is_measured(labels: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", labels]) == 0
    out = capsys.readouterr().out
    made = Calibration.model_validate_json(Path("calibration.json").read_text())
    assert f"{made.two_way.kappa:.3f}" in out and "complies or not" in out and "incoherent" in out
    assert "unscored: 0" in out and out.rstrip().endswith("wrote calibration.json")
    assert (made.judge, made.rows) == ("refusal", 73)


def test_text_of_a_file_is_shown_as_hostile(labels: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["calibrate", labels])
    out = capsys.readouterr().out
    assert "⟦U+001B⟧[31m[bold]a⟦U+202E⟧ chair[/bold]" in out
    assert "\x1b[31m[bold]" not in out and "\u202e" not in out


def test_a_judge_is_learned_and_asked(labels: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", labels, "--learn", "m.json"]) == 0
    quality = read_model(Path("m.json")).quality
    assert f"κ {quality.agreement.kappa:.3f}" in capsys.readouterr().out
    assert not Path("calibration.json").exists()
    assert main(["calibrate", labels, "--judge", "learned", "--set", "model=m.json", "--out", "own.json"]) == 0
    out = capsys.readouterr().out
    assert "these labels fitted the model" in out and "ROC" in out
    assert Calibration.model_validate_json(Path("own.json").read_text()).fitted_on_these


def test_columns_are_named_by_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = labelled.write(tmp_path / "l.csv", header="q,a,final")
    names = ["--prompt-column", "q", "--completion-column", "a", "--label-column", "final"]
    assert main(["calibrate", str(path), *names, "--out", str(tmp_path / "c.json"), "--show", "0"]) == 0
    assert "72 completions (36 complies, 36 refuses)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["none.csv"], "none.csv: cannot be read"),
        (["labels.csv", "--label-column", "lable"], "no column 'lable'; did you mean 'label'?"),
        (["labels.csv", "--judge", "refusl"], "did you mean 'refusal'"),
        (["labels.csv", "--set", "floor=1"], "judge refusal: floor: unknown setting; it takes no settings"),
        (["labels.csv", "--set", "floor"], "write it as key.key=value"),
        (["labels.csv", "--judge", "learned"], "judge learned: model: is required"),
        (["labels.csv", "--judge", "learned", "--set", "model=none.json"], "none.json: cannot be read"),
        (["labels.csv", "--out", "none/c.json"], "none/c.json: there is no folder none"),
        (["labels.csv", "--learn", "m.json", "--set", "a=1"], "--learn asks none"),
    ],
)
def test_wrong_input_is_one_line(
    arguments: list[str], words: str, labels: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["calibrate", *arguments]) == 2
    err = capsys.readouterr().err
    assert words in err and err.count("\n") == 1
    assert not Path("calibration.json").exists()
