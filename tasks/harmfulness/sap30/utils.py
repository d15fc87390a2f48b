"""SAP30 attack prompts from a local file."""

from __future__ import annotations

from typing import Any

from harness import task_rows


def load(*, path: str, **_: Any) -> Any:
    """The task's rows, as lm-eval asks for them."""
    return task_rows.split(task_rows.attack_prompts(path, task="sap30"), task="sap30")


def outcome(doc: dict[str, Any], replies: list[str]) -> dict[str, float]:
    """Nothing is scored here: a judge reads the completion later."""
    return {"bypass": 999.0}
