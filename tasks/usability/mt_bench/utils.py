"""MT-Bench's first turns from its question.jsonl, or from the hub."""

from __future__ import annotations

from typing import Any

from harness import task_rows
from harness.errors import TaskError
from harness.task_files import HUB, hub_table
from harness.task_questions import objects


def load(*, path: str, task: str, hub_rows: dict[str, Any], **_: Any) -> Any:
    """The task's rows, as lm-eval asks for them; categories take turns."""
    if path.startswith(HUB):
        table = hub_table(path, columns=hub_rows["columns"], subset=None, part=hub_rows["split"])
        rows = [_row({**row, "turns": row["prompt"]}, f"{path}, row {at}") for at, row in enumerate(table, start=1)]
    else:
        rows = [_row(row, where) for where, row in objects(path, task=task)]
    return task_rows.split(task_rows.take_turns(rows), task=task)


def _row(row: dict[str, Any], where: str) -> dict[str, str]:
    turns, reference = row.get("turns"), row.get("reference") or [""]
    if not isinstance(turns, list) or not turns or not isinstance(turns[0], str) or not turns[0].strip():
        raise TaskError(f"{where}: 'turns' must be a list that opens with the first question")
    return {"prompt": turns[0].strip(), "target": str(reference[0]), "category": str(row.get("category") or "")}
