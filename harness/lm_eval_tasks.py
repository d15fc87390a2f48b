"""lm-eval's own tasks by name, e.g. `lm_eval:arc_easy`: what a config must say of them; lm-eval is not imported."""

from __future__ import annotations

import re
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from harness.errors import TaskError, did_you_mean
from harness.records import TaskCard
from harness.task_specs import LM_EVAL, Axis, LmEvalTask, TaskChoice

KNOWN: dict[str, tuple[Axis, str]] = {
    "arc_challenge": ("expertise", "acc"),
    "arc_easy": ("expertise", "acc"),
    "hellaswag": ("usability", "acc"),
    "ifeval": ("usability", "prompt_level_strict_acc"),
    "truthfulqa_mc1": ("usability", "acc"),
}
"""Axis and metric of some tasks, so that a config need not say them; for others it must."""
NEEDS: dict[str, tuple[str, tuple[str, ...]]] = {"ifeval": ("lm-eval[ifeval]", ("langdetect", "immutabledict", "nltk"))}
"""Task → what it has to be installed with, and the packages that it then imports."""
_FOR_FOLDERS = ("subset", "judge", "allow_code_execution")


def resolve(choice: TaskChoice) -> LmEvalTask:
    """What the config says of one of lm-eval's tasks. Raises TaskError for a key that is missing or has no meaning."""
    task = choice.task.removeprefix(LM_EVAL)
    axis, metric = KNOWN.get(task, (None, None))
    axis, metric = choice.axis or axis, choice.metric or metric
    if axis is None or metric is None:
        key = "an axis" if axis is None else "a metric"
        raise TaskError(
            f"task {choice.task}: give {key}, e.g. {{task: {choice.task}, axis: expertise, metric: acc, "
            "direction: higher}"
        )
    given = next((key for key in _FOR_FOLDERS if getattr(choice, key)), None)
    if given:
        raise TaskError(f"task {choice.task}: {given}: is not for lm-eval's own tasks")
    if choice.path is None and task not in KNOWN:
        _check_name(task)
    _check_packages(task)
    direction = choice.direction or "higher"
    return LmEvalTask(task=task, axis=axis, direction=direction, metric=metric, version=version("lm_eval"))


def _check_name(task: str) -> None:
    """Raises TaskError where no YAML of the installed lm-eval is of that name; lm-eval is not imported for that."""
    spec = find_spec("lm_eval")
    if spec is None or spec.origin is None:
        raise TaskError(f"task {LM_EVAL}{task}: lm-eval is not installed")
    named = re.compile(r"^task:\s*[\"']?([\w.+-]+)[\"']?\s*(?:#.*)?$", re.MULTILINE)
    files = (Path(spec.origin).parent / "tasks").rglob("*.yaml")
    known = {name for file in files for name in named.findall(file.read_text(encoding="utf-8", errors="replace"))}
    if task not in known:
        raise TaskError(
            f"task {LM_EVAL}{task}: lm-eval {version('lm_eval')} has no task of that name"
            f"{did_you_mean(task, known)}; a group has to be named task by task"
        )


def _check_packages(task: str) -> None:
    """Raises TaskError where the task imports what is not installed."""
    installed_with, packages = NEEDS.get(task, ("", ()))
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise TaskError(f"task {LM_EVAL}{task}: needs {', '.join(missing)}; run: pip install '{installed_with}'")


def own_folder(path: str, task: str) -> Path:
    """The folder of YAMLs that holds `task`. Raises TaskError where it does not."""
    folder = Path(path).expanduser().resolve()
    if not folder.is_dir():
        raise TaskError(f"task {LM_EVAL}{task}: {path}: must be a folder of lm-eval's YAMLs")
    named = re.compile(rf"^task:\s*[\"']?{re.escape(task)}[\"']?\s*(?:#.*)?$", re.MULTILINE)
    if not any(named.search(file.read_text(encoding="utf-8")) for file in sorted(folder.rglob("*.yaml"))):
        raise TaskError(f"task {LM_EVAL}{task}: {path}: no YAML there says `task: {task}`")
    return folder


def card_of(task: LmEvalTask, *, name: str, digest: str) -> TaskCard:
    """The card of one of lm-eval's tasks."""
    return TaskCard(
        name=name,
        axis=task.axis,
        title=f"{task.task}, as lm-eval has it",
        outcome=task.metric,
        direction=task.direction,
        judge=None,
        counts=(),
        metric=task.metric,
        version=f"lm-eval {task.version}",
        source="lm-eval's own task; the hub revision of its rows is lm-eval's choice",
        licence="see the task in lm-eval",
        digest=digest,
    )
