"""The GitHub Action, its scripts run with a `harness` that only notes what it is asked."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
SCRIPTS = {step["name"]: step for step in STEPS if "run" in step}


def ran(folder: Path, name: str, *, code: int = 0, **inputs: str) -> tuple[int, list[str]]:
    """Exit code of a step under bash as GitHub starts it, and what `harness` was asked."""
    fake = folder / "bin" / "harness"
    fake.parent.mkdir(exist_ok=True)
    fake.write_text(
        f'#!/bin/bash\nprintf "%s\\n" "$@" > {folder}/asked\n'
        f'while [ $# -gt 0 ]; do [ "$1" = --runs ] && mkdir -p "$2/r"; shift; done\nexit {code}\n'
    )
    fake.chmod(0o755)
    given = dict.fromkeys(SCRIPTS[name]["env"], "") | inputs
    github = {"GITHUB_OUTPUT": str(folder / "outputs"), "GITHUB_STEP_SUMMARY": "s.md", "RUNNER_TEMP": str(folder)}
    path = f"{fake.parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", SCRIPTS[name]["run"]],
        env={**given, **github, "PATH": path}, cwd=folder, check=False, capture_output=True,
    )  # fmt: skip
    asked = folder / "asked"
    return done.returncode, asked.read_text().splitlines() if asked.exists() else []


def test_no_input_is_pasted_into_a_script() -> None:
    assert [name for name, step in SCRIPTS.items() if "${{" in step["run"]] == []


def test_inputs_and_outputs_are_described_and_used() -> None:
    assert all(one["description"] for part in ("inputs", "outputs") for one in ACTION[part].values())
    used = set(re.findall(r"inputs\.([\w-]+)", (ROOT / "action.yml").read_text()))
    assert used == set(ACTION["inputs"])


@pytest.mark.parametrize(("code", "ends"), [(0, 0), (3, 0), (4, 0), (1, 1), (2, 2)])
def test_the_gates_answers_do_not_end_the_audit(code: int, ends: int, tmp_path: Path) -> None:
    found, asked = ran(tmp_path, "Audit", code=code, CONFIG="a b.yaml", ARGUMENTS="--set\nseeds=[0]\n")
    assert found == ends and asked[:2] == ["run", "a b.yaml"] and asked[-2:] == ["--set", "seeds=[0]"]
    outputs = tmp_path / "outputs"
    assert outputs.exists() == (ends == 0) and (ends or outputs.read_text().endswith("/r\n"))


def test_candidates_are_audited(tmp_path: Path) -> None:
    code, asked = ran(tmp_path, "Audit", BASE="me/base", CANDIDATES="a=x b=y\n c=z")
    assert code == 0 and asked[:5] == ["audit", "me/base", "a=x", "b=y", "c=z"]


@pytest.mark.parametrize("inputs", [{}, {"BASE": "b"}, {"CONFIG": "c.yaml", "BASE": "b", "CANDIDATES": "d"}])
def test_what_to_audit_must_be_said_once(inputs: dict[str, str], tmp_path: Path) -> None:
    assert ran(tmp_path, "Audit", code=0, **inputs) == (2, [])


@pytest.mark.parametrize("code", [0, 3, 4])
def test_the_gates_answer_ends_the_job(code: int, tmp_path: Path) -> None:
    found, asked = ran(tmp_path, "Gate", code=code, RUN="r", POLICY="standard", VARIANTS="a b", CANT_SAY="fail")
    assert found == code and asked[:2] == ["gate", "r"]
    assert asked[-6:] == ["--policy", "standard", "--variant", "a", "--variant", "b"]
    assert f"exit-code={code}" in (tmp_path / "outputs").read_text()


@pytest.mark.parametrize(("policy", "told"), [("", True), ("regression", False)])
def test_a_baseline_is_for_the_run_too_unless_another_policy_is_asked(policy: str, told: bool, tmp_path: Path) -> None:
    _, audited = ran(tmp_path, "Audit", CONFIG="c.yaml", BASELINE="main run:ift", POLICY=policy)
    assert ("--baseline" in audited) == told
    _, asked = ran(tmp_path, "Gate", RUN="r", CANT_SAY="fail", BASELINE="main run:ift", POLICY=policy)
    assert asked[asked.index("--baseline") + 1] == "main run:ift"


def test_every_option_that_it_gives_exists() -> None:
    sources = [ROOT / "harness" / "cli" / f"{name}.py" for name in ("gate", "options")]
    source = "".join(file.read_text() for file in sources)
    given = set(re.findall(r"--[a-z-]+", SCRIPTS["Gate"]["run"]))
    assert {option for option in given if f'"{option}"' not in source} == set()
