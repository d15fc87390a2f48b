"""Text to SQL: requests with their tables; a reply's query is run beside the reference."""

from __future__ import annotations

from typing import Any

from harness import task_rows
from harness.errors import TaskError
from harness.sql_trial import query_in, try_query
from harness.task_files import HUB, hub_table
from harness.task_questions import objects, text_under

ASK = "Write the SQL query that answers the request from these tables."
QUERY, CONTEXT = "## Natural Language Query:", "## Context:"


def load(*, path: str, task: str, hub_rows: dict[str, Any], repeats: str, **_: Any) -> Any:
    """Rows of {instruction, input, output}, or of {question, context, answer}, as lm-eval asks for them."""
    if path.startswith(HUB):
        table = hub_table(path, columns=hub_rows["columns"], subset=None, part=hub_rows["split"])
        located = [(f"{path}, row {at}", row) for at, row in enumerate(table, start=1)]
    else:
        located = objects(path, task=task)
    return task_rows.split([_row(row, where) for where, row in located], task=task, repeats=repeats)


def _row(row: dict[str, Any], where: str) -> dict[str, str]:
    reference = text_under(row, ("output", "answer"), where)
    if "input" in row:
        asked = text_under(row, ("input",), where)
        prompt = f"{text_under(row, ('instruction',), where)}\n\n{asked}"
        schema = asked.partition(CONTEXT)[2]
    else:
        schema = text_under(row, ("context",), where)
        prompt = f"{ASK}\n\n{QUERY}\n{text_under(row, ('question',), where)}\n{CONTEXT}\n{schema}"
    if "create table" not in schema.lower():
        raise TaskError(f"{where}: no CREATE TABLE under 'context', or in 'input' after {CONTEXT!r}")
    return {"prompt": prompt, "target": reference, "schema": schema.strip(), "category": ""}


def outcome(doc: dict[str, Any], replies: list[str]) -> dict[str, float]:
    """1 if the reply's query gives the reference's rows; NaN, unscored, where the reference cannot be tried."""
    trial = try_query(doc["schema"], reference=doc["target"], candidate=query_in(replies[0]))
    return {"execution": {"right": 1.0, "wrong": 0.0, "unscored": float("nan")}[trial.outcome]}
