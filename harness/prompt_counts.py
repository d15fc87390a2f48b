"""How many prompts a run's tasks have, read off their rows before anything is run."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import yaml

from harness.errors import TaskError
from harness.specs import TaskRef
from harness.task_rows import HUB
from harness.tasks import PlainLoader


def count_prompts(ref: TaskRef) -> int | None:
    """Prompts that the task asks, its limit kept; None where the rows lie on the hub, or the task is lm-eval's own.

    Raises TaskError where the rows cannot be read.
    """
    if not ref.folder or (ref.path or "").startswith(HUB):
        return None
    folder = Path(ref.folder)
    document = yaml.load((folder / f"{ref.name}.yaml").read_text(encoding="utf-8"), Loader=PlainLoader)
    load = getattr(_utils(folder), str(document.get("custom_dataset", "")).removeprefix("utils."), None)
    if load is None:
        return None
    given = dict(document.get("metadata", {})) | ({} if ref.path is None else {"path": ref.path})
    count = len(load(**given)[document["test_split"]])
    return count if ref.limit is None else min(count, ref.limit)


def _utils(folder: Path) -> ModuleType:
    file = folder / "utils.py"
    spec = importlib.util.spec_from_file_location(f"task_{folder.name}_utils", file)
    if spec is None or spec.loader is None:
        raise TaskError(f"{file}: is no Python file that can be read")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
