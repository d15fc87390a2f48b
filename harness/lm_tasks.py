"""A run's tasks as lm-eval builds them from their YAML, with their prompts wrapped where the run says so.

For workers only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lm_eval.tasks import TaskManager

from harness.errors import HarnessError, TaskError, WorldError, did_you_mean
from harness.specs import TaskRef
from harness.task_specs import LM_EVAL

Document = dict[str, Any]


@dataclass(frozen=True)
class LoadedTask:
    """lm-eval's task, named and wrapped as the run has it."""

    task: Any
    request: Callable[[Document], str]
    """A document's prompt before the wrapper."""


def load_task(ref: TaskRef) -> LoadedTask:
    """Build a task.

    Raises TaskError where lm-eval does not index it, cannot build it, or it asks for what we refuse; WorldError where
    the rows of one of lm-eval's own cannot be fetched.
    """
    name, where = _own_name(ref), _where(ref)
    manager = _manager(ref)
    if name not in manager.all_tasks:
        near = did_you_mean(name, manager.all_tasks) if ref.lm_eval is not None else ""
        raise TaskError(f"{where}: lm-eval does not recognise it as a task{near}; see lm-eval's task guide")
    try:
        tasks = manager.load([name])["tasks"]
    except HarnessError:
        raise
    except Exception as error:
        raise _not_built(ref, error) from error
    if name not in tasks:
        raise TaskError(f"{where}: is a group of {len(tasks)} tasks; name one of them: {', '.join(sorted(tasks)[:8])}")
    task = tasks[name]
    _check(task, where)
    task.set_config(key="task", value=ref.name)
    if task.config.num_fewshot is None:
        task.set_config(key="num_fewshot", value=0)
    return _wrapped(task, ref)


def fetch_rows(ref: TaskRef) -> Path:
    """The folder in the cache of a task's rows, downloaded if need be. Raises as `load_task`."""
    import datasets

    rows = load_task(ref).task.dataset
    parts = rows.values() if isinstance(rows, dict) else ()
    files = [file["filename"] for part in parts for file in getattr(part, "cache_files", ())]
    return Path(files[0]).parent if files else Path(datasets.config.HF_DATASETS_CACHE)


def _own_name(ref: TaskRef) -> str:
    return ref.lm_eval.task if ref.lm_eval is not None else Path(ref.folder).name


def _where(ref: TaskRef) -> str:
    if ref.lm_eval is not None:
        return f"task {LM_EVAL}{ref.lm_eval.task}"
    return str(Path(ref.folder) / f"{_own_name(ref)}.yaml")


def _manager(ref: TaskRef) -> TaskManager:
    if ref.lm_eval is not None:
        return TaskManager(include_path=ref.path, include_defaults=ref.path is None)
    return TaskManager(include_path=ref.folder, include_defaults=False, metadata=ref.given)


def _not_built(ref: TaskRef, error: Exception) -> HarnessError:
    first = (str(error).splitlines() or [""])[0]
    if ref.lm_eval is not None and isinstance(error, OSError):
        return WorldError(
            f"{_where(ref)}: its rows could not be fetched: {type(error).__name__}: {first}; connect to the hub once, "
            "or name a folder of your own YAMLs as its path"
        )
    return TaskError(f"{_where(ref)}: lm-eval cannot load it: {type(error).__name__}: {first}")


def _check(task: Any, where: str) -> None:
    if task.config.repeats != 1:
        raise TaskError(f"{where}: repeats: is {task.config.repeats}; every prompt is asked once")
    if getattr(task, "UNSAFE_CODE", False):
        raise TaskError(f"{where}: runs code that the model wrote, without limits; use the harness's own mbpp")


def _wrapped(task: Any, ref: TaskRef) -> LoadedTask:
    original = task.doc_to_text
    wrapper = ref.wrapper
    if wrapper is not None:
        task.doc_to_text = lambda doc, *rest: wrapper.around(str(original(doc, *rest)))
    return LoadedTask(task, lambda doc: str(original(doc)))
