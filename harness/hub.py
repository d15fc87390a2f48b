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
    from huggingface_hub.constants import HF_HUB_CACHE

    folder = Path(HF_HUB_CACHE) / f"{repo_type}s--{repo.replace('/', '--')}" / "refs" / revision
    return folder.read_text().strip() if folder.is_file() else None


def fetch_model(repo: str, *, revision: str) -> Path:
    """The folder with a model's files at a commit, downloaded if need be. Raises WorldError."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HTTPError, LocalEntryNotFoundError  # type: ignore[attr-defined]

    try:
        return Path(snapshot_download(repo, revision=revision, allow_patterns=list(WEIGHTS)))
    except (HTTPError, LocalEntryNotFoundError, OSError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise WorldError(f"{repo}@{revision}: could not be fetched from the hub: {first}") from error
