"""Runs that are stopped, killed, or made side by side: nothing finished is lost, nothing half made is kept."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.records import Manifest
from tests.e2e.test_run import config
from tests.tiny_models import save_tiny


def start(folder: Path) -> subprocess.Popen[str]:
    """`harness run` in a process group of its own, which heeds Ctrl-C even where the tests run in the background."""
    words = ["run", str(folder / "tiny.yaml"), "--store", str(folder / "store"), "--runs", str(folder / "runs")]
    return subprocess.Popen(
        [sys.executable, "-m", "harness.cli", *words, "--jobs", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def wait_for_a_stage(folder: Path) -> set[str]:
    """Wait until a stage is finished; returns the keys that are."""
    for _ in range(600):
        stages = folder / "store" / "stages"
        found = {p.name for p in stages.iterdir()} if stages.is_dir() else set()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("no stage was finished in a minute")


@pytest.mark.parametrize(("sign", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_a_stopped_run_goes_on_where_it_was(tmp_path: Path, sign: signal.Signals, code: int) -> None:
    config(tmp_path, save_tiny(tmp_path / "model", "llama"))
    first = start(tmp_path)
    kept = wait_for_a_stage(tmp_path)
    os.killpg(first.pid, sign)
    _, errors = first.communicate(timeout=60)
    assert first.returncode == code, errors
    assert "Traceback" not in errors
    second = start(tmp_path)
    _, errors = second.communicate(timeout=300)
    assert second.returncode == 0, errors
    manifest = Manifest.model_validate_json((tmp_path / "runs" / "tiny" / "manifest.json").read_text())
    assert kept <= {s.key for s in manifest.stages if s.reused}
    assert list((tmp_path / "store" / "partial").iterdir()) == []


def test_two_runs_on_one_store_do_not_harm_each_other(tmp_path: Path) -> None:
    config(tmp_path, save_tiny(tmp_path / "model", "llama"))
    both = [start(tmp_path), start(tmp_path)]
    for run in both:
        _, errors = run.communicate(timeout=400)
        assert run.returncode == 0, errors
    checked = subprocess.run(
        [sys.executable, "-m", "harness.cli", "show", str(tmp_path / "runs" / "tiny"), "--verify"],
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0, checked.stdout
