"""`harness fetch`: a table of everything, and every failure with the command that helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import hub, lm_tasks
from harness.cli.app import main
from harness.errors import TaskError, WorldError
from harness.task_specs import TaskRef
from tests.configs import write
from tests.test_needs import HUB, SHA


class FakeHub:
    """Keeps a list of what is fetched; what is in `away` cannot be had."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.fetched: list[str] = []
        self.away: set[str] = set()

    def commit_of(self, repo: str, revision: str, **_: object) -> str:
        return SHA

    def model(self, repo: str, *, revision: str) -> Path:
        return self._get(f"{repo}@{revision}", repo)

    def dataset(self, repo: str, *, revision: str, subset: str | None) -> Path:
        return self._get(f"{repo}/{subset}@{revision}", repo)

    def _get(self, name: str, repo: str) -> Path:
        if repo in self.away:
            raise WorldError(f"{repo}: could not be fetched from the hub: no\x1b[31m route")
        self.fetched.append(name)
        (self.folder / "weights").write_bytes(b"0" * 20_000_000)
        return self.folder


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeHub:
    (tmp_path / "files").mkdir()
    made = FakeHub(tmp_path / "files")
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(hub, "commit_of", made.commit_of)
    monkeypatch.setattr(hub, "fetch_model", made.model)
    monkeypatch.setattr(hub, "fetch_dataset", made.dataset)
    return made


def test_everything_is_fetched_at_its_commit(
    fake: FakeHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fetch", str(write(tmp_path, **HUB))]) == 0
    assert fake.fetched == [f"meta/chat@{SHA}", f"lab/rows/None@{SHA}", f"openai/gsm8k/main@{SHA}"]
    said = capsys.readouterr().out
    assert said.count("0.02 GB") == 3 and said.count("local, nothing to fetch") == 2
    assert "base.model" in said and SHA[:12] in said and str(fake.folder) in said


def test_the_list_fetches_nothing(fake: FakeHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "cache" / "models--meta--chat" / "snapshots" / SHA).mkdir(parents=True)
    assert main(["fetch", str(write(tmp_path, **HUB)), "--list"]) == 0
    said = capsys.readouterr().out
    assert fake.fetched == [] and said.count("not in the cache") == 2
    assert str(tmp_path / "cache" / "models--meta--chat") in said


def test_every_failure_is_one_line_with_its_command(
    fake: FakeHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.away = {"meta/chat", "openai/gsm8k"}
    assert main(["fetch", str(write(tmp_path, **HUB))]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(":")[1].strip() for line in lines] == ["base.model", "evaluation.tasks.gsm8k.path"]
    assert f"hf download meta/chat --revision {SHA}" in lines[0] and "hf download openai/gsm8k" in lines[1]
    assert fake.fetched == [f"lab/rows/None@{SHA}"] and "\x1b[31m route" not in lines[0]


def test_a_built_in_config_needs_nothing(fake: FakeHub, tmp_path: Path) -> None:
    assert main(["fetch", str(write(tmp_path))]) == 0
    assert fake.fetched == []


def test_no_key_and_no_place_is_cut(
    fake: FakeHub, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    guard = {"model": "lab/a-guard-with-a-long-name", "revision": SHA, "format": "wildguard"}
    judging = {"also": ["mine"], "settings": {"mine": {"judge": "classifier", **guard}}}
    assert main(["fetch", str(write(tmp_path, judging=judging)), "--list"]) == 0
    said = capsys.readouterr().out
    columns = zip(*(line.split("│")[1:3] for line in said.splitlines() if "│" in line), strict=True)
    what, keys = ("".join(cell.strip() for cell in column) for column in columns)
    assert "lab/a-guard-with-a-long-name" in what and "judging.settings.mine.model" in keys
    assert "…" not in said


def test_a_task_that_lm_eval_cannot_load_keeps_nothing_else_back(
    fake: FakeHub, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(ref: TaskRef) -> Path:
        raise TaskError(f"task {ref.name}: no module")

    monkeypatch.setattr(lm_tasks, "fetch_rows", fails)
    assert main(["fetch", str(write(tmp_path, evaluation={"tasks": ["lm_eval:arc_easy", "gsm8k"]}))]) == 1
    assert "evaluation.tasks.arc_easy.path: task arc_easy: no module; by hand: python -c" in capsys.readouterr().err
    assert fake.fetched == [f"openai/gsm8k/main@{SHA}"]
