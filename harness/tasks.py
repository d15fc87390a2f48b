"""Finds the task folders and reads what they say of themselves, without importing lm-eval.

A task is `tasks/<axis>/<task>/<task>.yaml` with `utils.py` and `README.md`; its YAML is lm-eval's, and its
`metadata:` is our TaskCard. `harness ls tasks` lists them.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import ValidationError

from harness import resources
from harness.digests import digest_file
from harness.errors import TaskError, did_you_mean
from harness.records import Axis, TaskCard
from harness.specs import TaskRef

_NEEDED = (
    "version", "axis", "title", "outcome", "direction", "judge", "counts", "metric", "source", "licence",
    "rows",
)  # fmt: skip
_ROWS = ("builtin", "path")
_WORLD = resources.PACKAGE / "builtin"


class PlainLoader(yaml.SafeLoader):
    """SafeLoader that keeps lm-eval's `!function utils.name` as plain text."""


PlainLoader.add_constructor("!function", lambda loader, node: str(node.value))


@dataclass(frozen=True)
class TaskFolder:
    """A task's card, where it lies, and where its rows come from."""

    card: TaskCard
    folder: Path
    rows: str
    """`builtin` (the built-in world) or `path` (a local file, or `hub` where none is given)."""
    hub: str | None = None
    """Hub dataset of the rows, for tasks that take a path."""
    hub_subset: str | None = None
    """Which of its subsets, where it has several."""


def list_tasks() -> tuple[TaskCard, ...]:
    """Cards of all tasks, by axis and name. Raises TaskError, naming file and key, for a malformed folder."""
    return tuple(task.card for task in _folders(resources.folder("tasks")))


def find_task(name: str) -> TaskFolder:
    """The task called `name`. Raises TaskError for an unknown name or a malformed folder."""
    return _among(_folders(resources.folder("tasks")), name)


def task_ref(name: str, *, path: str | None = None, limit: int | None = None) -> TaskRef:
    """The task as a run uses it, its rows' bytes included in the digest.

    `path` is a local file. Without one, a task whose rows lie on the hub gets `hub:owner/name@commit`.
    Raises TaskError (unknown task, a path where none is read, no such file), WorldError (hub out of reach).
    """
    task = find_task(name)
    digest = hashlib.sha256(task.card.digest.encode())
    if task.rows == "builtin":
        if path is not None:
            raise TaskError(f"task {name}: takes no path; its rows come from the built-in world")
        digest.update(builtin_digest().encode())
        resolved = None
    elif path is not None:
        file = Path(path).expanduser().resolve()
        if not file.is_file():
            raise TaskError(f"task {name}: {path}: no such file")
        digest.update(digest_file(file).encode())
        resolved = str(file)
    else:
        resolved = _on_hub(task)
        digest.update(resolved.encode())
    return TaskRef(name=name, digest=digest.hexdigest(), folder=str(task.folder), path=resolved, limit=limit)


@lru_cache(maxsize=1)
def builtin_digest() -> str:
    """sha256 over the sources of the built-in model and world: their version."""
    digest = hashlib.sha256()
    for file in sorted(_WORLD.glob("*.py")):
        digest.update(f"{file.name}\0{digest_file(file)}\n".encode())
    return digest.hexdigest()


def _on_hub(task: TaskFolder) -> str:
    from harness.hub import commit_of

    if task.hub is None:
        raise TaskError(f"task {task.card.name}: give a path to its rows; it names no hub dataset")
    commit = commit_of(task.hub, "main", repo_type="dataset", offline=bool(os.environ.get("HF_HUB_OFFLINE")))
    return f"hub:{task.hub}@{commit}"


def _among(tasks: tuple[TaskFolder, ...], name: str) -> TaskFolder:
    for task in tasks:
        if task.card.name == name:
            return task
    names = [task.card.name for task in tasks]
    raise TaskError(f"unknown task {name!r}{did_you_mean(name, names)}; known: {', '.join(names)}")


def _folders(root: Path) -> tuple[TaskFolder, ...]:
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
    file = folder / f"{folder.name}.yaml"
    document = _document(file)
    if document.get("task") != folder.name:
        raise TaskError(f"{file}: task: is {document.get('task')!r}; must be the folder's name, {folder.name!r}")
    metadata = document.get("metadata")
    if not isinstance(metadata, dict):
        raise TaskError(f"{file}: metadata: is missing; it must hold {', '.join(_NEEDED)}")
    for key in _NEEDED:
        if key not in metadata:
            raise TaskError(f"{file}: metadata.{key}: is missing")
    if metadata["axis"] != folder.parent.name:
        raise TaskError(f"{file}: metadata.axis: is {metadata['axis']!r} in the folder {folder.parent.name!r}")
    if metadata["rows"] not in _ROWS:
        raise TaskError(f"{file}: metadata.rows: is {metadata['rows']!r}; must be one of {', '.join(_ROWS)}")
    card = _card(file, metadata)
    return TaskFolder(
        card=card,
        folder=folder.resolve(),
        rows=str(metadata["rows"]),
        hub=metadata.get("hub"),
        hub_subset=metadata.get("hub_subset"),
    )


def _document(file: Path) -> dict[str, Any]:
    try:
        document = yaml.load(file.read_text(encoding="utf-8"), Loader=PlainLoader)
    except OSError as error:
        raise TaskError(f"{file}: {error.strerror}; a task folder holds a YAML of its own name") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise TaskError(f"{file}{where}: not YAML: {getattr(error, 'problem', error)}") from None
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
