"""Replies on disk by the digest of the whole request: asking again costs nothing. A key is never part of it.

Beside a reply lies what attempts at it may have cost that brought none, so that a cap counts them in a later run too.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from math import isfinite
from pathlib import Path

from pydantic import ValidationError

from harness.errors import StoreError
from harness.record import Record
from harness.rubrics import Reply


class CachedReply(Record):
    """One file of the cache."""

    text: str
    finish: str
    prompt_tokens: int | None
    completion_tokens: int | None


def request_digest(base_url: str, body: Mapping[str, object]) -> str:
    """sha256 of where a request goes and of everything in it."""
    return sha256(json.dumps([base_url, body], sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class ResponseCache:
    """A folder of replies; None keeps nothing."""

    root: Path | None

    def get(self, digest: str) -> Reply | None:
        """The kept reply; None where there is none or its file is damaged."""
        if self.root is None:
            return None
        try:
            kept = CachedReply.model_validate_json(self._file(self.root, digest).read_bytes())
        except (OSError, ValidationError):
            return None
        return Reply(kept.text, kept.finish, kept.prompt_tokens, kept.completion_tokens)

    def put(self, digest: str, reply: Reply) -> None:
        """Keep a reply, whole or not at all. Raises StoreError where the folder cannot be written."""
        kept = CachedReply(
            text=reply.text,
            finish=reply.finish,
            prompt_tokens=reply.prompt_tokens,
            completion_tokens=reply.completion_tokens,
        )
        self._write(digest, ".json", kept.model_dump_json())

    def lost(self, digest: str) -> float:
        """Money that attempts at this request may have cost without a reply, whoever made them.

        A damaged file counts as none; a request that another process has out at this moment counts as lost.
        """
        if self.root is None:
            return 0.0
        return sum(_amount(file) for file in self._file(self.root, digest).parent.glob(f"{digest}.*.lost"))

    def put_lost(self, digest: str, amount: float, *, by: str) -> None:
        """Note `amount` as lost by the asker `by`, in the place of what it had noted. Raises StoreError as `put`."""
        if amount:
            self._write(digest, f".{by}.lost", repr(amount))
        elif self.root is not None:
            file = self._file(self.root, digest, f".{by}.lost")
            try:
                file.unlink(missing_ok=True)
            except OSError as error:
                raise StoreError(f"{file}: {error.strerror or error}") from error

    def _write(self, digest: str, suffix: str, text: str) -> None:
        if self.root is None:
            return
        file = self._file(self.root, digest, suffix)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            partial = file.with_name(f"{file.name}.{os.getpid()}.{threading.get_ident()}")
            partial.write_text(text, encoding="utf-8")
            os.replace(partial, file)
        except OSError as error:
            raise StoreError(f"{file}: {error.strerror or error}") from error

    @staticmethod
    def _file(root: Path, digest: str, suffix: str = ".json") -> Path:
        return root / digest[:2] / f"{digest}{suffix}"


def _amount(file: Path) -> float:
    try:
        amount = float(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return 0.0
    return amount if isfinite(amount) else 0.0
