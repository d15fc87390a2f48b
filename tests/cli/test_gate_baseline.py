"""`harness gate --baseline`: answers, exit codes, every output, refusals."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from harness.cli.app import main
from tests.configs import tree
from tests.outcomes import folder, harm

RISE = {"task": "harm", "statistic": "rise", "reference": "baseline", "at_most": 0.1}
GATE = {"variants": ["ift"], "rules": [RISE]}
OUTPUTS = ("junit", "sarif", "summary", "badge")


def made(root: Path, share: float, *, name: str = "pr", prompts: int = 300, gate: object = GATE) -> str:
    """A finished run with the outcome on so many of the prompts."""
    return str(folder(root, harm(share, name=name, prompts=prompts), config_text=yaml.safe_dump(tree(gate=gate))))


@pytest.mark.parametrize(
    ("share", "prompts", "code"), [(0.1, 300, 0), (0.4, 300, 3), (0.2, 300, 4), (0.1, 50, 4)]
)
def test_the_answer_is_the_exit_code(share: float, prompts: int, code: int, tmp_path: Path) -> None:
    baseline = made(tmp_path, 0.1, name="main", prompts=prompts)
    assert main(["gate", made(tmp_path, share, prompts=prompts), "--baseline", baseline]) == code


def test_without_it_the_gate_cant_say(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gate", made(tmp_path, 0.1), "--explain"]) == 4
    out = capsys.readouterr().out
    assert "no baseline was given; --baseline RUN" in out and "give a finished run: --baseline RUN" in out


def test_one_variant_of_another_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    baseline = made(tmp_path, 0.4, name="main")
    assert main(["gate", made(tmp_path, 0.4), "--baseline", f"{baseline}:base"]) == 3
    assert "over the baseline’s base at most 10 points" in capsys.readouterr().out


def test_the_answer_names_the_baseline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    baseline = made(tmp_path, 0.1, name="main")
    main(["gate", made(tmp_path, 0.1), "--baseline", f"{baseline}:ift"])
    assert capsys.readouterr().out.startswith("gate: pass, against ift of the baseline main (config mmmmmmmmmmmm)\n")


def test_json_names_it_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["gate", made(tmp_path, 0.4), "--baseline", made(tmp_path, 0.1, name="main"), "--json"]
    for more in ([], ["--explain"]):
        main([*arguments, *more])
        found = json.loads(capsys.readouterr().out)
        assert found["baseline"]["name"] == "main" and found["baseline"]["config_digest"] == "m" * 64
        assert found["rules"][0]["reference"] == "baseline"
    assert found["margins"][0]["margin"] < 0


def test_every_output_names_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, baseline = made(tmp_path, 0.4), made(tmp_path, 0.1, name="main")
    targets = [a for kind in OUTPUTS for a in (f"--{kind}", str(tmp_path / kind))]
    assert main(["gate", run, "--baseline", baseline, "--annotations", *targets]) == 3
    short = "against the baseline main (config mmmmmmmmmmmm)"
    assert f"title=gate of pr {short}%3A fail::rise in" in capsys.readouterr().out
    suite = ElementTree.fromstring((tmp_path / "junit").read_bytes())[0]
    assert suite.get("name") == f"gate of pr {short}"
    kept = {one.get("name"): one.get("value") for one in suite.iter("property")}
    assert kept["baseline.config_digest"] == "m" * 64 and kept["baseline.name"] == "main"
    properties = json.loads((tmp_path / "sarif").read_text())["runs"][0]["properties"]
    assert properties["baseline.name"] == "main" and properties["baseline.config_digest"] == "m" * 64
    assert "the baseline main &#40;config mmmmmmmmmmmm&#41;" in (tmp_path / "summary").read_text()
    assert short in (tmp_path / "badge").read_text()


def test_a_policy_without_such_rules_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, baseline = made(tmp_path, 0.1), made(tmp_path, 0.1, name="main")
    assert main(["gate", run, "--policy", "standard", "--baseline", baseline]) == 2
    assert "standard: has no rule with `reference: baseline`" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("baseline", "words"),
    [
        ("runs/pr", "is the run that is judged"),
        ("runs/gone", "runs/gone: not a finished run"),
        ("runs/main:ifd", "'ifd' is not a variant of runs/main; did you mean 'ift'?"),
    ],
)
def test_what_is_no_baseline_is_refused(
    baseline: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made(tmp_path, 0.1), made(tmp_path, 0.1, name="main")
    monkeypatch.chdir(tmp_path)
    assert main(["gate", "runs/pr", "--baseline", baseline]) == 2
    assert words in capsys.readouterr().err


def test_a_run_refuses_it_before_any_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(yaml.safe_dump(tree()))
    baseline = made(tmp_path, 0.1, name="main")
    places = ["--store", str(tmp_path / "s"), "--runs", str(tmp_path / "r")]
    assert main(["run", str(path), *places, "--baseline", baseline]) == 2
    assert not (tmp_path / "s").exists()
    assert f"{path}: has no gate, so --baseline would change nothing" in capsys.readouterr().err
