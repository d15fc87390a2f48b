"""Small specs that several tests use."""

from __future__ import annotations

from pathlib import Path

from harness.specs import BaseParams, ModelSource, StageSpec
from harness.store import Store, key_of


def base_spec(seed: int = 0) -> StageSpec:
    """A base stage of the built-in model."""
    params = BaseParams(source=ModelSource(kind="builtin", location="builtin", seed=seed))
    return StageSpec(key=key_of(params=params, inputs=(), schema=1, version="0.1"), label="base", params=params)


def finish(store: Store, spec: StageSpec, *, text: str = "weights", seconds: float = 1.5) -> Path:
    """Put a finished stage of one file into the store."""
    folder = store.begin(spec.key)
    (folder / "weights.bin").write_text(text)
    store.finish(spec, folder=folder, seconds=seconds)
    return store.folder(spec.key)
