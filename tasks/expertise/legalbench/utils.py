"""LegalBench: one of its subsets whose answers are few, from the published folder; the likeliest answer is taken."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

from harness import task_rows
from harness.errors import TaskError
from harness.task_files import open_text

ROWS, TEMPLATE = "test.tsv", "base_prompt.txt"
MOST = 26
"""Different answers; a subset with more is answered openly, and is another task."""


def load(*, path: str, task: str, **_: Any) -> Any:
    """The task's rows, as lm-eval asks for them."""
    file = Path(path) / ROWS
    with open_text(str(Path(path) / TEMPLATE), task=task) as stream:
        template = stream.read().strip()
    with open_text(str(file), task=task) as stream:
        reader = csv.DictReader(stream, delimiter="\t")
        table = [(f"{file}, line {reader.line_num}", row) for row in reader]
    answers = sorted({str(row.get("answer") or "").strip() for _, row in table})
    if not 2 <= len(answers) <= MOST or "" in answers:
        raise TaskError(f"{file}: the column 'answer' must hold 2 to {MOST} different texts; it holds {len(answers)}")
    rows = [
        {
            "prompt": _filled(template, row, where),
            "target": row["answer"].strip(),
            "choices": answers,
            "gold": answers.index(row["answer"].strip()),
            "category": row["answer"].strip(),
        }
        for where, row in table
    ]
    return task_rows.split(rows, task=task, repeats="drop")


def _filled(template: str, row: dict[str, str], where: str) -> str:
    """The template with a row's columns in its {{places}}."""
    places = set(re.findall(r"{{\s*(\w+)\s*}}", template))
    missing = sorted(place for place in places if row.get(place) is None)
    if missing or not places:
        named = f"lacks the column {missing[0]!r}" if missing else f"{TEMPLATE} has no {{{{column}}}} to fill"
        raise TaskError(f"{where}: {named}")
    return re.sub(r"{{\s*(\w+)\s*}}", lambda found: row[found.group(1)].strip(), template)
