"""Records as files: one clear line where one is gone or damaged; written so that no half file is ever seen."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from harness.errors import StoreError
from harness.record import Record

R = TypeVar("R", bound=Record)


def read_record(model: type[R], path: Path) -> R:
    """A record that a stage wrote. Raises StoreError where it is gone or damaged."""
    try:
        return model.model_validate_json(path.read_bytes())
    except OSError:
        raise StoreError(f"{path}: is gone from the store; run the same command again") from None
    except ValidationError:
        raise StoreError(f"{path}: is damaged, or of another version; run the same command again") from None


def read_lines(model: type[R], path: Path) -> tuple[R, ...]:
    """The records of a JSON-lines file that a stage wrote. Raises StoreError where it is gone or damaged."""
    try:
        with path.open("rb") as stream:
            return tuple(model.model_validate_json(line) for line in stream)
    except OSError:
        raise StoreError(f"{path}: is gone from the store; run the same command again") from None
    except ValidationError:
        raise StoreError(f"{path}: is damaged, or of another version; run the same command again") from None


def write_text(path: Path, text: str) -> None:
    """Write beside and rename, so that neither a reader nor a stopped process leaves half a file."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)
