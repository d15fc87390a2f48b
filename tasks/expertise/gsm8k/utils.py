"""GSM8K from its JSONL, or from the hub; the last number of a reply is its answer."""

from __future__ import annotations

import re
from typing import Any

from harness import task_rows
from harness.errors import TaskError

COLUMNS = ("question", "answer")
NUMBER = re.compile(r"(?:(?<![\d.)])[-−])?\d[\d,]*(?:\.\d+)?")
"""A minus after a number is one between two of them."""


def load(*, path: str, hub_subset: str, hub_split: str, **_: Any) -> Any:
    """The task's rows, as lm-eval asks for them."""
    if path.startswith(task_rows.HUB):
        table = task_rows.hub_table(path, columns=COLUMNS, subset=hub_subset, part=hub_split)
    else:
        table = task_rows.jsonl_table(path, columns=COLUMNS, task="gsm8k")
    rows = [
        {"prompt": r["question"], "target": _reference(r["answer"], path, at), "category": ""}
        for at, r in enumerate(table, start=1)
    ]
    return task_rows.split(rows, task="gsm8k")


def _reference(answer: str, path: str, line: int) -> str:
    number = last_number(answer) if "####" in answer else None
    if number is None:
        raise TaskError(f"{path}, line {line}: the answer does not end in '#### number'")
    return number


def last_number(text: str) -> str | None:
    """The last number (of what follows the last `####`), without thousands commas and trailing zeros."""
    numbers = NUMBER.findall(text.rpartition("####")[2]) or NUMBER.findall(text)
    if not numbers:
        return None
    plain = numbers[-1].replace(",", "").replace("−", "-")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def outcome(doc: dict[str, Any], replies: list[str]) -> dict[str, float]:
    """1 if the reply's last number is the reference."""
    return {"exact_match": float(last_number(replies[0]) == doc["target"])}
