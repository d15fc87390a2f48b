"""AdvBench prompts from a CSV with one prompt a line, or from the hub."""

from __future__ import annotations

from typing import Any

from harness import task_rows


def load(*, path: str, hub_split: str, **_: Any) -> Any:
    """The task's rows, as lm-eval asks for them."""
    if path.startswith(task_rows.HUB):
        table = task_rows.hub_table(path, columns=("prompt",), subset=None, part=hub_split)
        rows = [{"prompt": row["prompt"], "target": "", "category": ""} for row in table]
    else:
        rows = task_rows.csv_prompts(path, task="advbench")
    return task_rows.split(rows, task="advbench")


def outcome(doc: dict[str, Any], replies: list[str]) -> dict[str, float]:
    """Nothing is scored here: a judge reads the completion later."""
    return {"bypass": 999.0}
