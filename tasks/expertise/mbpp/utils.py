"""MBPP: small Python functions from a sentence and three tests; the tests are run."""

from __future__ import annotations

from typing import Any

from harness import task_rows
from harness.code_trial import code_in, passes
from harness.errors import TaskError
from harness.task_files import HUB, hub_table
from harness.task_questions import objects, text_under

TEST_IDS = range(11, 511)
"""Of a file with the whole set, as published: the test split."""


def load(*, path: str, task: str, hub_rows: dict[str, Any], **_: Any) -> Any:
    """The test split's rows, as lm-eval asks for them."""
    if path.startswith(HUB):
        table = hub_table(path, columns=hub_rows["columns"], subset=hub_rows["subset"], part=hub_rows["split"])
        located = [(f"{path}, row {at}", row) for at, row in enumerate(table, start=1)]
    else:
        located = objects(path, task=task)
    rows = [_row(row, where) for where, row in located if row.get("task_id", TEST_IDS[0]) in TEST_IDS]
    return task_rows.split(rows, task=task)


def _row(row: dict[str, Any], where: str) -> dict[str, Any]:
    tests = row.get("test_list")
    if not isinstance(tests, list) or not tests or not all(isinstance(test, str) for test in tests):
        raise TaskError(f"{where}: 'test_list' must be a list of tests, as text")
    listed = "\n".join(tests)
    request = text_under(row, ("text", "prompt"), where)
    prompt = f"{request}\n\nYour Python code must pass these tests:\n\n{listed}\n\nAnswer with the code alone."
    setup = str(row.get("test_setup_code") or "")
    return {"prompt": prompt, "target": listed, "tests": [setup, *tests], "category": ""}


def outcome(doc: dict[str, Any], replies: list[str]) -> dict[str, float]:
    """1 if the reply's code passes all tests."""
    code = code_in(replies[0])
    return {"passes": float(bool(code.strip()) and passes(code, doc["tests"]))}
