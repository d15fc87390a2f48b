"""`harness calibrate`: what it prints, what it writes, how it fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.calibration_records import Calibration
from harness.cli.app import main
from harness.text_model import read_model
from tests import labelled
from tests.rubrics.server import raw, says, serving

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


def test_what_was_paid_for_is_not_asked_for_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels = str(labelled.write(tmp_path / "l.csv", labelled.rows()[:20]))
    out, store = str(tmp_path / "c.json"), str(tmp_path / "store")
    with serving(*[says("VERDICT CODE: rating=5")] * 15, raw(401, b""), says("VERDICT CODE: rating=5")) as script:
        asked = ["calibrate", labels, "--judge", "rubric", "--out", out, "--store", store]
        asked += ["--set", f"base_url={script.url}", "--set", "model=m", "--set", "concurrency=1"]
        assert main(asked) == 2
        assert "refuses the key" in capsys.readouterr().err and not Path(out).exists()
        assert main(asked) == 0
    assert len(script.bodies) == 21
    assert Calibration.model_validate_json(Path(out).read_text()).rows == 20


def test_a_judge_may_read_a_reference(tmp_path: Path) -> None:
    labels = tmp_path / "l.jsonl"
    rows = [{"prompt": f"{n}?", "completion": "12", "label": n % 2, "answer": f"number {n}"} for n in range(4)]
    labels.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with serving(says("VERDICT CODE: correct=yes")) as script:
        asked = ["calibrate", str(labels), "--judge", "rubric", "--out", str(tmp_path / "c.json")]
        asked += ["--set", f"base_url={script.url}", "--set", "model=m", "--set", "rubric=correct_against_reference"]
        assert main([*asked, "--reference-column", "answer", "--store", str(tmp_path / "store")]) == 0
    shown = [body["messages"][1]["content"] for body in script.bodies]
    assert len(shown) == 4 and all("\nnumber " in text for text in shown)


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
