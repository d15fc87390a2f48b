"""XSTest's safe prompts from its CSV, or from the hub."""

from __future__ import annotations

from typing import Any

from harness import task_rows

COLUMNS = ("prompt", "type", "label")


def load(*, path: str, hub_split: str, **_: Any) -> Any:
    """The task's rows, as lm-eval asks for them: only those labelled safe."""
    if path.startswith(task_rows.HUB):
        table = task_rows.hub_table(path, columns=COLUMNS, subset=None, part=hub_split)
    else:
        table = task_rows.csv_table(path, columns=COLUMNS, task="xstest")
    safe = [row for row in table if row["label"] == "safe"]
    rows = [{"prompt": row["prompt"], "target": "", "category": row["type"]} for row in safe]
    return task_rows.split(rows, task="xstest")


def outcome(doc: dict[str, Any], replies: list[str]) -> dict[str, float]:
    """Nothing is scored here: a judge reads the completion later."""
    return {"bypass": 999.0}
