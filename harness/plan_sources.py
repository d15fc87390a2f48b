"""What a config's names mean: models, data and revisions resolved to bytes. No heavy import."""

from __future__ import annotations

import os
import re
from pathlib import Path

from harness import tasks
from harness.config import BaseSettings, DatasetSettings, SourceSettings
from harness.digests import digest_file, digest_folder
from harness.errors import ConfigError, ModelError, did_you_mean
from harness.rows import BUILTIN_PARTS
from harness.specs import DatasetParams, DatasetSource, ModelSource

BUILTIN = "builtin"
BUILTIN_MODELS = (BUILTIN, "builtin:unaligned")
"""The built-in model, and what it was before its alignment."""
_HUB_ID = re.compile(r"^[\w.-]+/[\w.-]+$")
COMMIT = re.compile(r"^[0-9a-f]{40}$")
"""A full commit hash."""


def resolve_model(base: BaseSettings, *, key: str) -> ModelSource:
    """What a model of the config means; `key` is where the config names it.

    Raises ModelError where it is neither built in, a folder, nor a hub id.
    """
    if base.model.partition(":")[0] == BUILTIN:
        if base.model not in BUILTIN_MODELS:
            hint, known = did_you_mean(base.model, BUILTIN_MODELS), ", ".join(BUILTIN_MODELS)
            raise ModelError(f"{key}: {base.model!r} is not built in{hint}; known: {known}")
        return ModelSource(kind="builtin", location=base.model, digest=tasks.builtin_digest(), seed=base.seed)
    path = Path(base.model).expanduser()
    if path.is_dir():
        return ModelSource(
            kind="path",
            location=str(path.resolve()),
            digest=digest_folder(path),
            trust_remote_code=base.trust_remote_code,
        )
    if path.exists() or not is_hub_id(base.model):
        raise ModelError(f"{key}: {base.model!r} is neither 'builtin', a model folder, nor a hub id (owner/name)")
    revision = resolve_revision(base.model, base.revision, repo_type="model")
    return ModelSource(kind="hub", location=base.model, revision=revision, trust_remote_code=base.trust_remote_code)


def resolve_dataset(chosen: DatasetSettings, *, key: str = "dataset") -> DatasetParams:
    """What a section of data means; `key` is its name.

    Raises ConfigError where a source is neither built in, a file, nor a hub id.
    """
    return DatasetParams(
        source=resolve_source(chosen, key=f"{key}.source"),
        also=tuple(resolve_source(c, key=f"{key}.also.{at}.source") for at, c in enumerate(chosen.also)),
        max_tokens=chosen.max_tokens,
        too_long=chosen.too_long,
    )


def is_hub_id(name: str) -> bool:
    """Whether a name has the form owner/name and is not written as a path."""
    return bool(_HUB_ID.match(name)) and not name.startswith((".", "/", "~"))


def resolve_source(chosen: SourceSettings, *, key: str) -> DatasetSource:
    """What one source means; `key` is where the config names it. Raises as `resolve_dataset`."""
    common = chosen.model_dump(include=set(DatasetSource.model_fields) - {"revision"})
    if chosen.source.partition(":")[0] == BUILTIN:
        if chosen.source not in BUILTIN_PARTS:
            hint, known = did_you_mean(chosen.source, BUILTIN_PARTS), ", ".join(BUILTIN_PARTS)
            raise ConfigError(f"{key}: {chosen.source!r} is not built in{hint}; known: {known}")
        return DatasetSource(kind="builtin", location=chosen.source, digest=tasks.builtin_digest(), **common)
    path = Path(chosen.source).expanduser()
    if path.is_file():
        return DatasetSource(kind="file", location=str(path.resolve()), digest=digest_file(path), **common)
    if chosen.source.startswith((".", "/", "~")) or path.suffix in (".jsonl", ".json", ".csv", ".parquet"):
        raise ConfigError(f"{key}: {chosen.source}: no such file")
    if not _HUB_ID.match(chosen.source):
        raise ConfigError(
            f"{key}: {chosen.source!r} is neither 'builtin', a file (.jsonl .json .csv .parquet), "
            "nor a hub id (owner/name)"
        )
    revision = resolve_revision(chosen.source, chosen.revision, repo_type="dataset")
    return DatasetSource(kind="hub", location=chosen.source, revision=revision, **common)


def resolve_revision(repo: str, revision: str | None, *, repo_type: str) -> str:
    """The full commit hash of a hub repository's revision, from the hub or, without a network, from the cache.

    Raises WorldError (hub out of reach and nothing cached) or ModelError (no such repository or revision).
    """
    if revision and COMMIT.match(revision):
        return revision
    from harness.hub import commit_of

    return commit_of(repo, revision or "main", repo_type=repo_type, offline=bool(os.environ.get("HF_HUB_OFFLINE")))
