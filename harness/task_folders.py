"""Reads the task folders and what they say of themselves, without importing lm-eval.

A task is `tasks/<axis>/<task>/<task>.yaml` with a `README.md`, and `utils.py` where it needs code of its own; its YAML
is lm-eval's, and its `metadata:` is our TaskCard.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import ValidationError

from harness import yaml_text
from harness.digests import digest_file
from harness.errors import TaskError, did_you_mean
from harness.records import Axis, TaskCard

_NEEDED = (
    "version", "axis", "title", "outcome", "direction", "judge", "counts", "metric", "source", "licence",
    "rows",
)  # fmt: skip
_ROWS = ("builtin", "path")
_KINDS = ("file", "folder", "either")


class PlainLoader(yaml_text.StrictLoader):
    """StrictLoader that keeps lm-eval's `!function utils.name` as plain text."""


PlainLoader.add_constructor("!function", lambda loader, node: str(node.value))


@dataclass(frozen=True)
class TaskFolder:
    """A task's card, where it lies, and where its rows come from."""

    card: TaskCard
    folder: Path
    rows: str
    """`builtin` (the built-in world) or `path` (local rows, or `hub` where none are given)."""
    hub: str | None = None
    """Hub dataset of the rows, for tasks that take a path."""
    fetch: str = ""
    """What to fetch from where, for tasks that take a path: a phrase that follows `give it a path: `."""
    path_kind: str = "file"
    """`file`, `folder`, or `either`: what its path may be."""
    hub_subset: str | None = None
    """Which of its subsets, where it has several and the config names none."""
    subset: str | None = None
    """What the config's `subset` names, e.g. `a subject`; None where the task has no subsets."""
    runs_code: bool = False
    """Whether it runs code that the model wrote."""


def read_folders(root: Path) -> tuple[TaskFolder, ...]:
    """All tasks below a folder, by axis and name. Raises TaskError, naming file and key, for a malformed one."""
    found = []
    for axis in sorted(p for p in root.iterdir() if p.is_dir() and not p.name.startswith((".", "_"))):
        if axis.name not in get_args(Axis):
            raise TaskError(f"{axis}: not an axis{did_you_mean(axis.name, get_args(Axis))}; axes: "
                            f"{', '.join(get_args(Axis))}")  # fmt: skip
        folders = sorted(p for p in axis.iterdir() if p.is_dir() and not p.name.startswith((".", "_")))
        found += [read_folder(folder) for folder in folders]
    names = [task.card.name for task in found]
    twice = next((task for task in found if names.count(task.card.name) > 1), None)
    if twice:
        raise TaskError(f"{twice.folder}: another axis has a task of the same name; rename one")
    return tuple(found)


def read_folder(folder: Path) -> TaskFolder:
    """Read `<folder>/<folder name>.yaml`. Raises TaskError naming the file and the key that is wrong."""
    file, metadata = folder / f"{folder.name}.yaml", metadata_of(folder)
    for key in _NEEDED:
        if key not in metadata:
            raise TaskError(f"{file}: metadata.{key}: is missing")
    if metadata["axis"] != folder.parent.name:
        raise TaskError(f"{file}: metadata.axis: is {metadata['axis']!r} in the folder {folder.parent.name!r}")
    for key, allowed in (("rows", _ROWS), ("path_kind", _KINDS)):
        if metadata.get(key, allowed[0]) not in allowed:
            raise TaskError(f"{file}: metadata.{key}: is {metadata[key]!r}; must be one of {', '.join(allowed)}")
    return TaskFolder(
        card=_card(file, metadata),
        folder=folder.resolve(),
        rows=str(metadata["rows"]),
        hub=metadata.get("hub"),
        hub_subset=metadata.get("hub_subset") or (metadata.get("hub_rows") or {}).get("subset"),
        fetch=str(metadata.get("fetch", "")),
        path_kind=str(metadata.get("path_kind", "file")),
        subset=metadata.get("subset_is"),
        runs_code=metadata.get("runs_code") is True,
    )


def metadata_of(folder: Path) -> dict[str, Any]:
    """The `metadata` of a task's YAML. Raises TaskError where the file has none, or is of another task."""
    file = folder / f"{folder.name}.yaml"
    document = document_of(file)
    if document.get("task") != folder.name:
        raise TaskError(f"{file}: task: is {document.get('task')!r}; must be the folder's name, {folder.name!r}")
    metadata = document.get("metadata")
    if not isinstance(metadata, dict):
        raise TaskError(f"{file}: metadata: is missing; it must hold {', '.join(_NEEDED)}")
    return metadata


def document_of(file: Path) -> dict[str, Any]:
    """A task's YAML, functions as their names. Raises TaskError where it cannot be read."""
    try:
        document = yaml_text.load(file.read_text(encoding="utf-8"), loader=PlainLoader)
    except OSError as error:
        raise TaskError(f"{file}: {error.strerror}; a task folder holds a YAML of its own name") from None
    except yaml.YAMLError as error:
        line = yaml_text.line_of(error)
        raise TaskError(f"{file}{f', line {line}' if line else ''}: {yaml_text.why(error)}") from None
    if not isinstance(document, dict):
        raise TaskError(f"{file}: must be a mapping with task, metadata, ...")
    return document


def _card(file: Path, metadata: dict[str, Any]) -> TaskCard:
    folder = file.parent
    if (metadata["judge"] is None) == (metadata["metric"] is None):
        raise TaskError(f"{file}: metadata.judge, metadata.metric: exactly one of them scores the task")
    if metadata["judge"] is not None and not metadata["counts"]:
        raise TaskError(f"{file}: metadata.counts: must name the judge's outcomes that count as 1")
    fields = {key: metadata[key] for key in _NEEDED if key != "rows"}
    try:
        return TaskCard.model_validate({**fields, "name": folder.name, "digest": _digest(folder)})
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise TaskError(f"{file}: metadata.{key}: {first['msg']}") from None


def _digest(folder: Path) -> str:
    """sha256 over the names and digests of the folder's files, without what Python leaves behind."""
    digest = hashlib.sha256()
    files = (f for f in folder.rglob("*") if f.is_file() and "__pycache__" not in f.parts)
    for name, file in sorted((f.relative_to(folder).as_posix(), f) for f in files):
        if not any(part.startswith(".") for part in name.split("/")):
            digest.update(f"{name}\0{digest_file(file)}\n".encode())
    return digest.hexdigest()
