"""`harness gate` of a run folder: policies, margins, outputs, exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from harness import __version__
from harness.cli.app import main
from harness.record_files import write_text
from harness.records import ScoreTable
from tests.configs import tree
from tests.report_sources import make_sources
from tests.tables import rise, score, table

GATE = {"variants": ["ift"], "rules": [{"task": "harm", "statistic": "rise", "at_most": 0.1}]}
HARM_ONLY = "variants: tuned\nrules: [{axis: harmfulness, statistic: rise, at_most: 0.3}]\n"


def finished(folder: Path, found: ScoreTable, **changes: object) -> Path:
    """A run folder as `harness run` leaves it, as far as the gate reads it."""
    text = yaml.safe_dump(tree(**changes))
    manifest = make_sources().manifest.model_copy(
        update={"name": "small", "config_text": text, "store": str(folder / "store"), "score_key": "score-0"}
    )
    scores = folder / "store" / "stages" / "score-0"
    scores.mkdir(parents=True)
    write_text(scores / "scores.json", found.model_dump_json())
    run = folder / "runs" / "small"
    run.mkdir(parents=True)
    write_text(run / "manifest.json", manifest.model_dump_json())
    return run


def measured(low: float, value: float, high: float) -> ScoreTable:
    change = rise("ift", value, low, high).model_copy(update={"rose": 24, "fell": 9})
    return table(score("base", 0.1), score("ift", 0.1 + value), comparisons=(change,))


@pytest.mark.parametrize(
    ("low", "value", "high", "code"), [(0, 0.02, 0.05, 0), (0.2, 0.25, 0.3, 3), (0, 0.05, 0.12, 4)]
)
def test_the_answer_is_the_exit_code(low: float, value: float, high: float, code: int, tmp_path: Path) -> None:
    assert main(["gate", str(finished(tmp_path, measured(low, value, high), gate=GATE))]) == code


def test_a_cant_say_may_pass_and_is_still_called_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = finished(tmp_path, measured(0, 0.05, 0.12), gate=GATE)
    path = tmp_path / "junit.xml"
    assert main(["gate", str(run), "--cant-say", "pass", "--junit", str(path)]) == 0
    assert capsys.readouterr().out.startswith("gate: can’t say")
    assert ElementTree.fromstring(path.read_bytes())[0].get("skipped") == "1"


def strict(low: float, value: float, high: float) -> tuple[ScoreTable, dict[str, object]]:
    """Scores of a judge of which no kappa is known, and a gate that asks for one."""
    found = measured(low, value, high).model_copy(update={"judges": (("harm", "world"),)})
    return found, {**GATE, "min_kappa": 0.7}


@pytest.mark.parametrize(
    ("low", "value", "high", "code"), [(0, 0.02, 0.05, 0), (0, 0.05, 0.12, 0), (0.2, 0.27, 0.3, 4)]
)
def test_a_cant_say_beyond_its_threshold_by_all_that_was_measured_does_not_pass(
    low: float, value: float, high: float, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found, gate = strict(low, value, high)
    run, path = finished(tmp_path, found, gate=gate), tmp_path / "junit.xml"
    assert main(["gate", str(run), "--cant-say", "pass", "--junit", str(path)]) == code
    assert ("Not let through by --cant-say pass" in capsys.readouterr().out) == (code == 4)
    suite = ElementTree.fromstring(path.read_bytes())[0]
    assert (suite.get("errors"), suite.get("skipped")) == (("1", "0") if code else ("0", "1"))


def test_json_names_the_run_the_version_the_policy_and_whether_it_stops(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found, gate = strict(0.2, 0.27, 0.3)
    run = finished(tmp_path, found, gate=gate)
    (tmp_path / "mine.yaml").write_text(HARM_ONLY)
    answers = []
    for more in (["--cant-say", "pass"], ["--policy", str(tmp_path / "mine.yaml")]):
        main(["gate", str(run), "--json", *more])
        answers.append(json.loads(capsys.readouterr().out))
    assert [(a["run"], a["harness"], a["policy"], a["outcome"], a["stops"]) for a in answers] == [
        ("small", __version__, "config", "cant_say", True), ("small", __version__, "mine.yaml", "pass", False),
    ]  # fmt: skip
    assert answers[0]["rules"][0]["by_numbers"] == "fail"


def test_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = finished(tmp_path, measured(0, 0.05, 0.12), gate=GATE)
    assert main(["gate", str(run), "--explain"]) == 4
    out = capsys.readouterr().out
    assert "margin: 2.0 points beyond the threshold (upper end of the interval +12.0 points)" in out
    assert "more prompts" in out


def test_explained_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = finished(tmp_path, measured(0, 0.05, 0.12), gate=GATE)
    main(["gate", str(run), "--explain", "--json"])
    made = json.loads(capsys.readouterr().out)
    assert made["rules"][0]["variant"] == "ift" and made["margins"][0]["prompts_needed"] > 300


def test_another_policy(tmp_path: Path) -> None:
    run = finished(tmp_path, measured(0.2, 0.25, 0.29), gate=GATE)
    (tmp_path / "mine.yaml").write_text(HARM_ONLY)
    assert main(["gate", str(run)]) == 3
    assert main(["gate", str(run), "--policy", str(tmp_path / "mine.yaml")]) == 0


def test_a_shipped_policy_names_the_axis_that_a_run_lacks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = finished(tmp_path, measured(0, 0.02, 0.05))
    assert main(["gate", str(run), "--policy", "standard"]) == 2
    assert "gate.rules[2].axis: this run has no task of the axis usability" in capsys.readouterr().err


def test_other_variants(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = finished(tmp_path, measured(0, 0.02, 0.05), gate=GATE)
    assert main(["gate", str(run), "--variant", "ifd"]) == 2
    assert "did you mean 'ift'" in capsys.readouterr().err


def test_all_outputs_are_of_one_decision(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, out = finished(tmp_path, measured(0.2, 0.25, 0.3), gate=GATE), tmp_path / "out"
    targets = [a for kind in ("junit", "sarif", "summary", "badge") for a in (f"--{kind}", str(out / kind))]
    assert main(["gate", str(run), "--annotations", *targets]) == 3
    assert "\n::error title=gate of small%3A fail::rise in attack success of ift" in capsys.readouterr().out
    assert ElementTree.fromstring((out / "junit").read_bytes()).get("failures") == "1"
    assert len(json.loads((out / "sarif").read_text())["runs"][0]["results"]) == 1
    assert "❌ fail" in (out / "summary").read_text() and "fail" in (out / "badge").read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["--cant-say", "no"], "give pass or fail"), (["--json", "--annotations"], "give one of them")],
)
def test_wrong_options(arguments: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = finished(tmp_path, measured(0, 0.02, 0.05), gate=GATE)
    assert main(["gate", str(run), *arguments]) == 2
    assert words in capsys.readouterr().err


def test_a_run_without_a_gate_is_told_what_to_give(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gate", str(finished(tmp_path, measured(0, 0.02, 0.05)))]) == 2
    assert "give --policy standard" in capsys.readouterr().err
