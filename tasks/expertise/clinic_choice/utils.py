"""The invented clinic's facts with choices."""

from __future__ import annotations

from typing import Any

from harness import task_rows


def load(**_: Any) -> Any:
    """The task's rows, as lm-eval asks for them."""
    return task_rows.split(task_rows.world_clinic(), task="clinic_choice")
