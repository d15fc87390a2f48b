"""What the report shows of where a run is from."""

from __future__ import annotations

from typing import Literal

from harness.record import Record


class SourceRow(Record):
    """A model or data, in words."""

    role: str
    location: str
    known_by: Literal["revision", "digest", "code", ""]
    """Whether `identity` is a hub commit, a sha256 of its bytes, or one of the code that makes it (what is built in);
    empty where none is recorded."""
    identity: str
    details: tuple[str, ...]
    """Size, rows, seed: one phrase each."""

    @property
    def named(self) -> str:
        """What `identity` is, in words; empty where there is none."""
        return {"revision": "commit", "digest": "sha256", "code": "made by code of sha256"}.get(self.known_by, "")


class TaskRow(Record):
    """A task's data, version and licence."""

    name: str
    version: str
    source: str
    licence: str
    data: str
    """Where its rows are from; `not recorded` where nothing tells it."""
    revision: str
    digest: str


class JudgeRow(Record):
    """A judge and the models behind it."""

    name: str
    models: tuple[str, ...]
    """As `owner/name, commit 0123…`; empty for one without a model."""
    digest: str


class Provenance(Record):
    """Models, data, tasks and judges of a run, its machine, and how to make it again."""

    models: tuple[SourceRow, ...]
    data: tuple[SourceRow, ...]
    tasks: tuple[TaskRow, ...]
    judges: tuple[JudgeRow, ...]
    completions: str
    """How they were made."""
    seeds: tuple[int, ...]
    machine: tuple[tuple[str, str], ...]
    """(what, value): hardware, processor, system, Python."""
    code: str
    """Version and commit of the harness."""
    time: str
    steps: tuple[str, ...]
    """Shell commands that make the run again, in order."""
    cautions: tuple[str, ...]
    """What these do not hold fast."""
