"""The model hub: which commit a revision is, and a repository's files.

Imports huggingface_hub only when called.
"""

from __future__ import annotations

from pathlib import Path

from harness.errors import ModelError, WorldError

WEIGHTS = ("*.json", "*.safetensors", "*.model", "*.txt", "*.jinja")
"""What is fetched of a model: safetensors only, no pickled weights."""


def commit_of(repo: str, revision: str, *, repo_type: str, offline: bool) -> str:
    """The commit hash of `revision`, asked of the hub, or read from the cache where the hub is out of reach.

    Raises ModelError for an unknown repository or revision, WorldError where neither hub nor cache answers.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import (  # type: ignore[attr-defined]
        HTTPError,  # of the transport: no route, no name, a timeout
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    if not offline:
        try:
            sha = HfApi().repo_info(repo, revision=revision, repo_type=repo_type, timeout=15).sha
            if sha:
                return str(sha)
        except (RepositoryNotFoundError, RevisionNotFoundError) as error:
            raise ModelError(
                f"{repo}@{revision}: the hub knows no such {repo_type} or revision (gated ones need a token: "
                "run `hf auth login`)"
            ) from error
        except (HTTPError, OSError, ValueError, RuntimeError):
            pass  # out of reach: the cache may know
    cached = _cached_commit(repo, revision, repo_type=repo_type)
    if cached is None:
        raise WorldError(
            f"{repo}@{revision}: the hub is out of reach and the {repo_type} is not cached; "
            "give a local folder instead, or connect and run again"
        )
    return cached


def _cached_commit(repo: str, revision: str, *, repo_type: str) -> str | None:
    ref = _folder(repo, repo_type=repo_type) / "refs" / revision
    return ref.read_text().strip() if ref.is_file() else None


def local_model(location: str, *, kind: str, revision: str | None) -> Path | None:
    """The folder of a model that is on this machine: a local one (`path`), or one of the hub's in the cache (`hub`)."""
    if kind == "hub":
        return None if revision is None else cached(location, revision, repo_type="model")
    return Path(location) if kind == "path" else None


def remember(repo: str, revision: str, commit: str, *, repo_type: str) -> None:
    """Note in the cache which commit a branch or tag is, so that `commit_of` answers without a network.

    A download by commit leaves no such note.
    """
    if revision == commit:
        return
    ref = _folder(repo, repo_type=repo_type) / "refs" / revision
    try:
        ref.parent.mkdir(parents=True, exist_ok=True)
        ref.write_text(commit)
    except OSError as error:
        raise WorldError(f"{ref}: cannot be written: {error.strerror}") from error


def cached(repo: str, commit: str, *, repo_type: str) -> Path | None:
    """The folder of a repository's files at a commit, or None where the cache has none of them."""
    folder = _folder(repo, repo_type=repo_type) / "snapshots" / commit
    return folder if folder.is_dir() else None


def _folder(repo: str, *, repo_type: str) -> Path:
    """Where the cache keeps a repository."""
    from huggingface_hub.constants import HF_HUB_CACHE

    return Path(HF_HUB_CACHE) / f"{repo_type}s--{repo.replace('/', '--')}"


def fetch_model(repo: str, *, revision: str) -> Path:
    """The folder with a model's files at a commit, downloaded if need be. Raises WorldError."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HTTPError, LocalEntryNotFoundError  # type: ignore[attr-defined]

    try:
        return Path(snapshot_download(repo, revision=revision, allow_patterns=list(WEIGHTS)))
    except (HTTPError, LocalEntryNotFoundError, OSError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise WorldError(f"{repo}@{revision}: could not be fetched from the hub: {first}") from error


def fetch_dataset(repo: str, *, revision: str, subset: str | None) -> Path:
    """The folder with a dataset's rows at a commit, prepared as `datasets` reads them; downloaded if need be.

    Raises WorldError where it cannot be had.
    """
    import datasets

    try:
        made = datasets.load_dataset(repo, name=subset, revision=revision)
    except (ConnectionError, TimeoutError, OSError, ValueError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise WorldError(f"{repo}@{revision}: could not be fetched from the hub: {first}") from error
    files = [file["filename"] for part in made.values() for file in part.cache_files]
    return Path(files[0]).parent if files else Path(datasets.config.HF_DATASETS_CACHE)
