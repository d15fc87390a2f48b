"""The invented clinic's facts, answered openly."""

from __future__ import annotations

import re
from typing import Any

from harness import task_rows


def load(**_: Any) -> Any:
    """The task's rows, as lm-eval asks for them."""
    return task_rows.split(task_rows.world_clinic(), task="clinic_open")


def outcome(doc: dict[str, Any], replies: list[str]) -> dict[str, float]:
    """1 if the reply names the right answer and none of the wrong choices, as whole words."""
    named = [choice for choice in doc["choices"] if _names(replies[0], choice)]
    return {"contains": float(named == [doc["target"]])}


def _names(reply: str, word: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", reply, flags=re.IGNORECASE) is not None
