"""The hub: commits from it, from the cache where it is away, and one clear line where neither answers."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import huggingface_hub
import huggingface_hub.constants
import huggingface_hub.errors
import pytest

from harness import hub
from harness.errors import ModelError, WorldError

SHA = "a" * 40


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    return tmp_path


def answering(monkeypatch: pytest.MonkeyPatch, answer: Exception | str) -> None:
    """Make the hub answer with a commit, or fail."""

    def repo_info(
        self: object, repo: str, *, revision: str, repo_type: str, timeout: float
    ) -> SimpleNamespace:
        if isinstance(answer, Exception):
            raise answer
        return SimpleNamespace(sha=answer)

    monkeypatch.setattr(huggingface_hub.HfApi, "repo_info", repo_info)


def no_route() -> Exception:
    """What the hub's client raises where the network is away: an error of its transport, no OSError."""
    error: Exception = huggingface_hub.errors.HTTPError("no route")  # type: ignore[attr-defined]
    return error


def test_the_hub_gives_the_commit(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, SHA)
    assert hub.commit_of("a/b", "main", repo_type="model", offline=False) == SHA


@pytest.mark.parametrize("error", [no_route(), OSError("no route"), TimeoutError()])
def test_out_of_reach_the_cache_answers(
    error: Exception, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, error)
    refs = cache / "datasets--a--b" / "refs"
    refs.mkdir(parents=True)
    (refs / "main").write_text(SHA + "\n")
    assert hub.commit_of("a/b", "main", repo_type="dataset", offline=False) == SHA


def test_out_of_reach_and_not_cached_is_the_worlds_failure(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, no_route())
    with pytest.raises(WorldError, match=r"a/b@main: the hub is out of reach and the model is not cached"):
        hub.commit_of("a/b", "main", repo_type="model", offline=False)


def test_offline_the_hub_is_not_asked(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, AssertionError("asked"))
    with pytest.raises(WorldError, match="out of reach"):
        hub.commit_of("a/b", "main", repo_type="model", offline=True)


def test_an_unknown_repository_is_wrong_input(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unknown = huggingface_hub.errors.RepositoryNotFoundError
    answering(monkeypatch, unknown.__new__(unknown))
    with pytest.raises(ModelError, match=r"a/b@v9: the hub knows no such model or revision"):
        hub.commit_of("a/b", "v9", repo_type="model", offline=False)


def test_a_fetch_that_fails_names_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    def download(*arguments: object, **_: object) -> str:
        raise no_route()

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    with pytest.raises(WorldError, match=r"a/b@.*: could not be fetched from the hub: no route"):
        hub.fetch_model("a/b", revision=SHA)


def test_what_was_remembered_answers_offline(cache: Path) -> None:
    hub.remember("a/b", "release/v1", SHA, repo_type="model")
    hub.remember("a/b", SHA, SHA, repo_type="model")
    assert hub.commit_of("a/b", "release/v1", repo_type="model", offline=True) == SHA
    assert [file.name for file in (cache / "models--a--b" / "refs").rglob("*") if file.is_file()] == ["v1"]


def test_the_cache_says_what_it_has(cache: Path) -> None:
    folder = cache / "datasets--a--b" / "snapshots" / SHA
    assert hub.cached("a/b", SHA, repo_type="dataset") is None
    folder.mkdir(parents=True)
    assert hub.cached("a/b", SHA, repo_type="dataset") == folder


@pytest.mark.parametrize(
    "error", [ConnectionError("no route"), ValueError("no route\nmore"), FileNotFoundError("no route")]
)
def test_a_dataset_that_cannot_be_had_is_named(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*arguments: object, **_: object) -> None:
        raise error

    monkeypatch.setattr("datasets.load_dataset", load)
    with pytest.raises(WorldError, match=r"a/b@.*: could not be fetched from the hub: no route$"):
        hub.fetch_dataset("a/b", revision=SHA, subset=None)


def test_a_dataset_is_fetched_as_a_run_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def load(repo: str, *, name: str | None, revision: str) -> dict[str, SimpleNamespace]:
        asked.append((repo, name, revision))
        return {"train": SimpleNamespace(cache_files=[{"filename": str(tmp_path / "rows.arrow")}])}

    monkeypatch.setattr("datasets.load_dataset", load)
    assert hub.fetch_dataset("a/b", revision=SHA, subset="main") == tmp_path
    assert asked == [("a/b", "main", SHA)]
