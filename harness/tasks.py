"""Which tasks there are, and what a config's choice of them means; lm-eval is not imported.

`harness ls tasks` lists them. A choice becomes a TaskRef for each of its wrappers: everything about the task that can
change a score is in it, and goes into the stage's key.
"""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import Path
from typing import get_args

from harness import lm_eval_tasks, resources, wrappers
from harness.digests import digest_file, digest_folder
from harness.errors import HarnessError, TaskError, did_you_mean
from harness.records import TaskCard
from harness.task_folders import TaskFolder, read_folder, read_folders
from harness.task_specs import LM_EVAL, NO_WRAPPER, Axis, TaskChoice, TaskRef

_WORLD = resources.PACKAGE / "builtin"


def list_tasks() -> tuple[TaskCard, ...]:
    """Cards of all tasks, by axis and name. Raises TaskError, naming file and key, for a malformed folder."""
    return tuple(task.card for task in read_folders(resources.folder("tasks")))


def find_task(name: str) -> TaskFolder:
    """The task called `name`; others are not read. Raises TaskError for an unknown name or a malformed folder."""
    root = resources.folder("tasks")
    folders = [root / axis / name for axis in get_args(Axis) if (root / axis / name).is_dir()]
    if len(folders) == 1 and not name.startswith((".", "_")):
        return read_folder(folders[0])
    names = [task.card.name for task in read_folders(root)]
    raise TaskError(f"unknown task {name!r}{did_you_mean(name, names)}; known: {', '.join(names)}")


def task_ref(name: str, *, path: str | None = None, limit: int | None = None) -> TaskRef:
    """The task as a run uses it, unwrapped. Raises as `task_refs`."""
    return task_refs(TaskChoice(task=name, path=path, limit=limit))[0]


def task_refs(choice: TaskChoice) -> tuple[TaskRef, ...]:
    """The chosen task as a run uses it, its rows' bytes included in the digest, once for each wrapper.

    `path` is a local file. Without one, a task whose rows lie on the hub gets `hub:owner/name@commit`. Raises TaskError
    (an unknown task or wrapper, a path where none is read, no such file), WorldError (hub out of reach).
    """
    plain = _lm_eval_ref(choice) if choice.task.startswith(LM_EVAL) else _folder_ref(choice)
    if choice.wrappers == (NO_WRAPPER,):
        return (plain,)
    if card_of(plain).judge is None:
        raise TaskError(f"task {plain.name}: wrappers: only a task that a judge scores can be wrapped")
    twice = next((name for name in choice.wrappers if choice.wrappers.count(name) > 1), None)
    if twice:
        raise TaskError(f"task {plain.name}: wrappers: {twice} is named twice")
    return tuple(plain if name == NO_WRAPPER else _wrapped(plain, name) for name in choice.wrappers)


def card_of(ref: TaskRef) -> TaskCard:
    """What a run's task is. Raises TaskError where its folder is gone or malformed."""
    if ref.lm_eval is not None:
        return lm_eval_tasks.card_of(ref.lm_eval, name=ref.name, digest=ref.digest)
    card = read_folder(Path(ref.folder)).card
    changes: dict[str, object] = {"name": ref.name}
    title = card.title if ref.subset is None else f"{card.title}: {ref.subset}"
    if ref.plain.name not in (card.name, f"{card.name}-{ref.subset}"):
        title = f"{title} ({ref.plain.name})"
    changes["title"] = title if ref.wrapper is None else f"{title}; {ref.wrapper.title}"
    if ref.judge is not None:
        changes |= {"judge": ref.judge, "counts": card.counts or ("complies",), "metric": None}
    return card.model_copy(update=changes)


@lru_cache(maxsize=1)
def builtin_digest() -> str:
    """sha256 over the sources of the built-in model and world: their version."""
    digest = hashlib.sha256()
    for file in sorted(_WORLD.glob("*.py")):
        digest.update(f"{file.name}\0{digest_file(file)}\n".encode())
    return digest.hexdigest()


def _wrapped(plain: TaskRef, name: str) -> TaskRef:
    wrapper = wrappers.load(name)
    return plain.model_copy(update={"name": f"{plain.name}+{name}", "wrapper": wrapper})


def _folder_ref(choice: TaskChoice) -> TaskRef:
    task = find_task(choice.task)
    _check_choice(choice, task)
    digest = hashlib.sha256(task.card.digest.encode())
    if task.rows == "builtin":
        if choice.path is not None:
            raise TaskError(f"task {choice.task}: takes no path; its rows come from the built-in world")
        digest.update(builtin_digest().encode())
        resolved = None
    elif choice.path is not None:
        place = _local(choice.path, task)
        digest.update((digest_folder(place) if place.is_dir() else digest_file(place)).encode())
        resolved = str(place)
    else:
        resolved = _on_hub(task)
        digest.update(resolved.encode())
    return TaskRef(
        name=choice.called,
        digest=digest.hexdigest(),
        folder=str(task.folder),
        path=resolved,
        subset=choice.subset,
        limit=choice.limit,
        judge=choice.judge,
    )


def _check_choice(choice: TaskChoice, task: TaskFolder) -> None:
    """Raise TaskError for a key that the task does not take, or lacks."""
    name = choice.task
    for key in ("axis", "direction", "metric"):
        if getattr(choice, key) is not None:
            raise TaskError(f"task {name}: {key}: is for lm-eval's own tasks; {name}'s own YAML says it")
    if choice.subset is not None and task.subset is None:
        raise TaskError(f"task {name}: subset: it has none")
    if choice.subset is None and task.subset is not None and choice.path is None:
        raise TaskError(f"task {name}: give a subset: {task.subset}")
    if task.runs_code and not choice.allow_code_execution:
        raise TaskError(
            f"task {name}: runs code that the model wrote, in a subprocess with limits; to allow it, write "
            f"{{task: {name}, allow_code_execution: true}}"
        )
    if choice.allow_code_execution and not task.runs_code:
        raise TaskError(f"task {name}: allow_code_execution: it runs no code; leave the key out")
    if choice.judge is not None and task.card.judge is not None:
        raise TaskError(f"task {name}: judge: a judge scores it already; choose another under judging.primary")


def _local(path: str, task: TaskFolder) -> Path:
    place, kind = Path(path).expanduser().resolve(), task.path_kind
    if not place.exists() or not (place.is_file() or place.is_dir()):
        raise TaskError(f"task {task.card.name}: {path}: no such file{_fetch(task)}")
    if place.is_dir() != (kind == "folder") and kind != "either":
        raise TaskError(f"task {task.card.name}: {path}: must be a {kind}{_fetch(task)}")
    return place


def _fetch(task: TaskFolder) -> str:
    return f"; it wants {task.fetch}" if task.fetch else ""


def _on_hub(task: TaskFolder) -> str:
    from harness.hub import commit_of

    name = task.card.name
    if task.hub is None:
        where = f": {task.fetch}" if task.fetch else "; it names no hub dataset"
        raise TaskError(f"task {name}: give a path to its rows{where}")
    try:
        commit = commit_of(task.hub, "main", repo_type="dataset", offline=bool(os.environ.get("HF_HUB_OFFLINE")))
    except HarnessError as error:
        local = f"; or give a path: {task.fetch}" if task.fetch else ""
        cache = "; `harness fetch CONFIG` fills the cache (HF_HOME) where there is a network"
        raise type(error)(f"task {name}: {error}{cache}{local}") from error
    return f"hub:{task.hub}@{commit}"


def _lm_eval_ref(choice: TaskChoice) -> TaskRef:
    found = lm_eval_tasks.resolve(choice)
    digest = hashlib.sha256(found.model_dump_json().encode())
    if choice.path is not None:
        folder = lm_eval_tasks.own_folder(choice.path, found.task)
        digest.update(digest_folder(folder).encode())
    return TaskRef(
        name=choice.called,
        digest=digest.hexdigest(),
        folder="",
        path=None if choice.path is None else str(folder),
        limit=choice.limit,
        lm_eval=found,
    )
