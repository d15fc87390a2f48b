"""CatQA questions from a local file, or from the hub."""

from __future__ import annotations

from typing import Any

from harness import task_rows

COLUMNS = ("Question", "Subcategory")


def load(*, path: str, hub_split: str, **_: Any) -> Any:
    """The task's rows, as lm-eval asks for them; sub-categories take turns."""
    if not path.startswith(task_rows.HUB):
        return task_rows.split(task_rows.attack_prompts(path, task="catqa"), task="catqa")
    table = task_rows.hub_table(path, columns=COLUMNS, subset=None, part=hub_split)
    rows = [{"prompt": row["Question"], "target": "", "category": row["Subcategory"]} for row in table]
    return task_rows.split(task_rows.take_turns(rows), task="catqa")


def outcome(doc: dict[str, Any], replies: list[str]) -> dict[str, float]:
    """Nothing is scored here: a judge reads the completion later."""
    return {"bypass": 999.0}
