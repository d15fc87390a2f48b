"""Finished stages by key: a folder exists if and only if its stage finished.

A stage writes to `partial/<key>.<pid>`, is sealed with stage.json (a digest of every file) and then renamed into
place, which is atomic. Two runs may make the same stage side by side; the first rename wins, the other's is dropped.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from harness.errors import HarnessError, StoreError, WorldError
from harness.record import FOR_KEY
from harness.specs import Record, StageSpec

SEAL = "stage.json"
LOG = "stage.log"
REPLIES = "replies"
"""Folder of what judges paid for."""


class FileDigest(Record):
    """One file of a finished stage."""

    path: str
    """Relative to the stage's folder, with forward slashes."""
    sha256: str
    size: int
    """Bytes."""


class Seal(Record):
    """stage.json: what the stage was and what it wrote."""

    spec: StageSpec
    files: tuple[FileDigest, ...]
    digest: str
    """sha256 over the files' paths and digests; the seal and the log are left out."""
    seconds: float
    """Wall time of the stage."""
    peak_memory: int | None = None
    """Bytes that the stage's process held at most: of GPU memory as torch allocates it where CUDA was used, else of
    resident memory. Stages that one process made together have the same. None where nobody measured it."""


@dataclass(frozen=True)
class Damage:
    """A file that is not what its stage wrote."""

    key: str
    path: str
    reason: str


def _file_digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _list_files(folder: Path) -> tuple[FileDigest, ...]:
    paths = sorted(p for p in folder.rglob("*") if p.is_file() and p.name not in (SEAL, LOG))
    return tuple(
        FileDigest(path=p.relative_to(folder).as_posix(), sha256=_file_digest(p), size=p.stat().st_size)
        for p in paths
    )


def _digest_of(files: tuple[FileDigest, ...]) -> str:
    lines = "\n".join(f"{f.path} {f.sha256}" for f in files)
    return hashlib.sha256(lines.encode()).hexdigest()


def world_error(error: OSError, *, path: Path) -> HarnessError:
    """An OSError in the words of a person: what failed, where, and what to do."""
    if error.errno == errno.ENOSPC:
        return StoreError(f"no space left on the disk of {path}; free some and run the same command again")
    return StoreError(f"{path}: {error.strerror or error}; check the folder's permissions and disk")


class Store:
    """A folder of finished stages."""

    def __init__(self, root: Path) -> None:
        """Open or create the store at `root`. Raises StoreError if it cannot be written."""
        self.root = root.resolve()
        try:
            (self.root / "stages").mkdir(parents=True, exist_ok=True)
            (self.root / "partial").mkdir(exist_ok=True)
        except OSError as error:
            raise world_error(error, path=self.root) from error

    def folder(self, key: str) -> Path:
        """Where the stage with `key` lies once finished."""
        return self.root / "stages" / key

    def has(self, key: str) -> bool:
        """Whether the stage finished and its files are all there in their sizes (quick; no digests)."""
        seal = self.seal(key)
        return seal is not None and self.whole(seal)

    def whole(self, seal: Seal) -> bool:
        """Whether the files of a seal are all there in their sizes."""
        folder = self.folder(seal.spec.key)
        return all((folder / f.path).is_file() and (folder / f.path).stat().st_size == f.size for f in seal.files)

    def seal(self, key: str) -> Seal | None:
        """The seal of a finished stage, or None."""
        try:
            return Seal.model_validate_json((self.folder(key) / SEAL).read_bytes())
        except (FileNotFoundError, NotADirectoryError, ValidationError):
            return None

    def seals(self) -> tuple[Seal, ...]:
        """The seals of all finished stages, each read once; folders whose seal cannot be read are left out."""
        keys = sorted(folder.name for folder in (self.root / "stages").iterdir())
        return tuple(seal for key in keys if (seal := self.seal(key)) is not None)

    def begin(self, key: str) -> Path:
        """A fresh folder to write the stage `key` to."""
        folder = self.root / "partial" / f"{key}.{os.getpid()}.{uuid.uuid4().hex[:8]}"
        try:
            folder.mkdir(parents=True)
        except OSError as error:
            raise world_error(error, path=folder) from error
        return folder

    def scratch(self, key: str) -> Path:
        """Where the stage `key` may keep what should outlive a stopped process; removed when the stage is finished."""
        return self.root / "scratch" / key

    @property
    def replies(self) -> Path:
        """Where judges keep what they paid for, whatever the stage: no reply is paid twice under another key."""
        return self.root / REPLIES

    def finish(self, spec: StageSpec, *, folder: Path, seconds: float, peak_memory: int | None = None) -> Seal:
        """Seal `folder` and move it into place; returns the seal that stands there afterwards.

        `seconds` and `peak_memory` (bytes) are noted, and are part of no key and no digest.
        """
        files = _list_files(folder)
        if not files:
            raise WorldError(f"{spec.label}: the stage wrote no files")
        digest = _digest_of(files)
        seal = Seal(spec=spec, files=files, digest=digest, seconds=round(seconds, 3), peak_memory=peak_memory)
        target = self.folder(spec.key)
        try:
            (folder / SEAL).write_text(seal.model_dump_json(indent=1), encoding="utf-8")
            if target.exists() and not self.has(spec.key):
                self.discard(spec.key)
            os.rename(folder, target)
            shutil.rmtree(self.scratch(spec.key), ignore_errors=True)
        except OSError as error:
            if self.has(spec.key):
                shutil.rmtree(folder, ignore_errors=True)
                return self.seal(spec.key) or seal
            raise world_error(error, path=target) from error
        return seal

    def discard(self, key: str) -> None:
        """Take a stage out of the store (it will be made again)."""
        folder = self.folder(key)
        if folder.exists():
            away = self.root / "partial" / f"{key}.discarded.{uuid.uuid4().hex[:8]}"
            os.rename(folder, away)
            shutil.rmtree(away, ignore_errors=True)

    def verify(self, key: str) -> tuple[Damage, ...]:
        """Read every byte of a stage again; what is missing, changed or added."""
        seal = self.seal(key)
        if seal is None:
            return (Damage(key, SEAL, "the stage is not in the store, or its seal cannot be read"),)
        folder = self.folder(key)
        found = {f.path: f for f in _list_files(folder)}
        damage = [Damage(key, path, "was added") for path in found.keys() - {f.path for f in seal.files}]
        for f in seal.files:
            if f.path not in found:
                damage.append(Damage(key, f.path, "is missing"))
            elif found[f.path].sha256 != f.sha256:
                damage.append(Damage(key, f.path, "has other bytes than the stage wrote"))
        return tuple(damage)

    def sweep(self) -> int:
        """Remove what dead processes left in partial/; returns how many folders."""
        removed = 0
        for folder in (self.root / "partial").iterdir():
            pid = folder.name.split(".")[1] if folder.name.count(".") >= 2 else ""
            if pid.isdigit() and not _alive(int(pid)):
                shutil.rmtree(folder, ignore_errors=True)
                removed += 1
        return removed


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def key_of(*, params: Record, inputs: tuple[str, ...], schema: int, version: str) -> str:
    """The key of a stage: 24 hex digits over everything that can change its bytes."""
    dumped = params.model_dump(mode="json", context=FOR_KEY)
    payload = json.dumps([dumped, list(inputs), schema, version], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(payload.encode()).hexdigest()[:24]
