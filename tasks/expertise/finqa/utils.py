"""FinQA: questions on a page of a financial report, with its table; the answer is a number, or yes or no."""

from __future__ import annotations

import math
import re
from typing import Any

from harness import task_rows
from harness.errors import TaskError
from harness.task_questions import objects, text_under

NUMBER = re.compile(r"\(?(?:(?<![\d.])[-−])?\$?\s?\d[\d,]*(?:\.\d+)?\)?\s?(?:%|per\s?cent\b)?", re.IGNORECASE)
"""A minus after a number is one between two of them."""
TOLERANCE = 0.005
"""Relative; references are rounded."""


def load(*, path: str, task: str, **_: Any) -> Any:
    """The task's rows, as lm-eval asks for them."""
    rows = [_row(row, where) for where, row in objects(path, task=task)]
    return task_rows.split(rows, task=task, repeats="drop")


def _row(row: dict[str, Any], where: str) -> dict[str, str]:
    asked = row.get("qa")
    answer = str(asked.get("exe_ans")) if isinstance(asked, dict) else ""
    if not re.fullmatch(r"yes|no|-?\d+(?:\.\d+)?(?:e-?\d+)?", answer):
        raise TaskError(f"{where}: 'qa' must hold 'question' and 'exe_ans', a number, yes or no")
    lines = [*row.get("pre_text", ()), *(" | ".join(map(str, cells)) for cells in row.get("table", ()))]
    page = "\n".join([*map(str, lines), *map(str, row.get("post_text", ()))])
    question = text_under(row["qa"], ("question",), where)
    prompt = f"{page}\n\nQuestion: {question}\n\nEnd your answer with the number alone, or with yes or no."
    return {"prompt": prompt, "target": answer, "category": ""}


def outcome(doc: dict[str, Any], replies: list[str]) -> dict[str, float]:
    """1 if the reply ends in the reference: its last number, as it is or as a percentage, or its last yes or no."""
    wanted, reply = doc["target"], replies[0]
    if wanted in ("yes", "no"):
        said = re.findall(r"\b(?:yes|no)\b", reply.lower())
        return {"exact_match": float(said[-1:] == [wanted])}
    found = [number for number in NUMBER.findall(reply) if number.strip()]
    return {"exact_match": float(bool(found) and any(_near(v, float(wanted)) for v in values_of(found[-1])))}


def values_of(number: str) -> tuple[float, ...]:
    """What a written number may mean: brackets are a minus, a percentage is also its hundredth."""
    plain = float(re.sub(r"[^\d.]", "", number))
    value = -plain if "-" in number or "−" in number or (number[0] == "(" and ")" in number) else plain
    return (value, value / 100) if "%" in number or "cent" in number.lower() else (value,)


def _near(value: float, wanted: float) -> bool:
    return math.isclose(value, wanted, rel_tol=TOLERANCE, abs_tol=1e-9)
