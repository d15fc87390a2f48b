"""How many prompts a run's tasks have, read off their rows before anything is run."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from types import ModuleType

from harness.errors import TaskError
from harness.specs import TaskRef
from harness.task_folders import document_of
from harness.task_rows import HUB


def count_prompts(ref: TaskRef) -> int | None:
    """Prompts that the task asks, its limit kept; None where the rows lie on the hub, or the task is lm-eval's own.

    Raises TaskError where the rows cannot be read.
    """
    if not ref.folder or (ref.path or "").startswith(HUB):
        return None
    folder = Path(ref.folder)
    document = document_of(folder / f"{folder.name}.yaml")
    module, _, function = str(document.get("custom_dataset", "")).rpartition(".")
    if not module:
        return None
    load = getattr(_utils(folder) if module == "utils" else importlib.import_module(module), function, None)
    if load is None:
        return None
    count = len(load(**document.get("metadata", {}), **ref.given)[document["test_split"]])
    return count if ref.limit is None else min(count, ref.limit)


def published_prompts(ref: TaskRef) -> int | None:
    """Prompts that the hub's rows of the task are said to be (`hub_prompts` of its YAML), its limit kept.

    None where that is not told, a part of them is asked for, or the rows are local.
    """
    if not ref.folder or ref.subset is not None or not (ref.path or "").startswith(HUB):
        return None
    folder = Path(ref.folder)
    count = document_of(folder / f"{folder.name}.yaml").get("metadata", {}).get("hub_prompts")
    return None if count is None else int(count) if ref.limit is None else min(int(count), ref.limit)


def _utils(folder: Path) -> ModuleType:
    file = folder / "utils.py"
    spec = importlib.util.spec_from_file_location(f"task_{folder.name}_utils", file)
    if spec is None or spec.loader is None:
        raise TaskError(f"{file}: is no Python file that can be read")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
