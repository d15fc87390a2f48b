"""General knowledge of the built-in world."""

from __future__ import annotations

from typing import Any

from harness import task_rows


def load(**_: Any) -> Any:
    """The task's rows, as lm-eval asks for them."""
    return task_rows.split(task_rows.world_requests("general"), task="general_knowledge")


def outcome(doc: dict[str, Any], replies: list[str]) -> dict[str, float]:
    """1 if the reply is the reference answer, white space and case aside."""
    return {"exact_match": float(replies[0].lower().split() == doc["target"].lower().split())}
