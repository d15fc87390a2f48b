"""Rows for the task folders' `utils.py`: from the built-in world, a local file, or a hub dataset.

lm-eval calls a task's `custom_dataset` function with the YAML's metadata and our `path`; this file reads.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import TaskError, WorldError

if TYPE_CHECKING:
    from datasets import Dataset

HUB = "hub:"
"""Opens a path that names a hub dataset: `hub:owner/name@commit`."""
PROMPT_KEYS = ("prompt", "goal", "question", "attack prompt")
"""Columns that may hold a prompt, in this order, whatever their case."""
CATEGORY_KEYS = ("category", "topic")


def split(rows: Sequence[Mapping[str, Any]], *, task: str) -> dict[str, Dataset]:
    """The rows as lm-eval's `test` split. Raises TaskError where there are none."""
    from datasets import Dataset

    if not rows:
        raise TaskError(f"task {task}: no rows; a task needs at least one")
    return {"test": Dataset.from_list([dict(row) for row in rows])}


def world_requests(part: str) -> list[dict[str, Any]]:
    """One part of the built-in world, e.g. `harmful`: prompt, target, category."""
    from harness.builtin.world import build_world

    return [
        {"prompt": row.prompt, "target": row.response, "category": row.category} for row in getattr(build_world(), part)
    ]


def world_clinic() -> list[dict[str, Any]]:
    """The built-in clinic's facts: prompt, target, choices, statements (choices as replies), gold."""
    from harness.builtin.world import build_world

    world = build_world()
    replies = {row.prompt: row.response for row in world.ift}
    rows = []
    for fact in world.clinic:
        reply = replies.get(fact.question.replace(" , please ?", " ?"))
        if reply is None or fact.answer not in reply:
            raise TaskError(f"the built-in world teaches no reply to {fact.question!r}")
        before, _, after = reply.rpartition(fact.answer)
        rows.append(
            {
                "prompt": fact.question,
                "target": fact.answer,
                "choices": list(fact.choices),
                "statements": [f"{before}{choice}{after}" for choice in fact.choices],
                "gold": fact.gold,
                "category": fact.category,
            }
        )
    return rows


def csv_prompts(path: str, *, task: str) -> list[dict[str, Any]]:
    """A CSV with one prompt a line, with or without a header. Raises TaskError naming file and line."""
    with _open(path, task=task) as stream:
        lines = [(at, cells) for at, cells in enumerate(csv.reader(stream), start=1) if cells]
    if lines and [cell.strip().lower() for cell in lines[0][1]] in [[key] for key in PROMPT_KEYS]:
        lines = lines[1:]
    for at, cells in lines:
        if len(cells) != 1 or not cells[0].strip():
            raise TaskError(f"{path}, line {at}: {len(cells)} columns; the file must hold one prompt a line")
    return [{"prompt": cells[0].strip(), "target": "", "category": ""} for _, cells in lines]


def attack_prompts(path: str, *, task: str) -> list[dict[str, Any]]:
    """Attack prompts from a .csv, .json or .jsonl file, categories taking turns: prompt, target, category.

    CSV: one prompt a line, or a header with a prompt column and perhaps a category. JSON: a list, JSONL: a line each,
    of texts or of objects with those columns (PROMPT_KEYS, CATEGORY_KEYS). Raises TaskError naming file, row and key.
    """
    suffix = Path(path).suffix.lower()
    if suffix == ".csv":
        rows = _csv_attacks(path, task=task)
    elif suffix in (".json", ".jsonl"):
        rows = [_attack(row, where) for where, row in _json_rows(path, lines=suffix == ".jsonl", task=task)]
    else:
        raise TaskError(f"task {task}: {path}: unknown kind of file; give a .csv, .json or .jsonl of prompts")
    return take_turns(rows)


def take_turns(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with their categories taking turns, so that a limit takes from each; within one the order stays."""
    seen: dict[str, int] = {}
    turns = []
    for row in rows:
        turns.append(seen.get(row["category"], 0))
        seen[row["category"]] = turns[-1] + 1
    order = sorted(range(len(rows)), key=lambda at: turns[at])
    return [rows[at] for at in order] if len(seen) > 1 else list(rows)


def _csv_attacks(path: str, *, task: str) -> list[dict[str, Any]]:
    with _open(path, task=task) as stream:
        header = next(csv.reader(stream), [])
    if len(header) < 2:
        return csv_prompts(path, task=task)
    with _open(path, task=task) as stream:
        reader = csv.DictReader(stream)
        return [_attack(row, f"{path}, line {reader.line_num}") for row in reader]


def _json_rows(path: str, *, lines: bool, task: str) -> list[tuple[str, Any]]:
    """(where, row) of every row of a JSON list or of JSON lines."""
    with _open(path, task=task) as stream:
        if lines:
            numbered = [(f"{path}, line {at}", line) for at, line in enumerate(stream, start=1) if line.strip()]
            return [(where, _parsed(line, where)) for where, line in numbered]
        rows = _parsed(stream.read(), path)
    if not isinstance(rows, list):
        raise TaskError(f"task {task}: {path}: must hold a list of prompts, or of objects with a prompt")
    return [(f"{path}, row {at}", row) for at, row in enumerate(rows, start=1)]


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise TaskError(f"{where}: not JSON: {error.msg}") from None


def _attack(row: Any, where: str) -> dict[str, Any]:
    if isinstance(row, str):
        row = {"prompt": row}
    if not isinstance(row, dict):
        raise TaskError(f"{where}: must be a prompt, or an object with one, not {type(row).__name__}")
    fields = {str(key).strip().lower(): value for key, value in row.items()}
    key = next((k for k in PROMPT_KEYS if k in fields), None)
    if key is None:
        raise TaskError(f"{where}: no prompt; one of the columns must be {', '.join(PROMPT_KEYS)}")
    prompt = fields[key]
    if not isinstance(prompt, str) or not prompt.strip():
        raise TaskError(f"{where}: {key!r} holds no text")
    category = next((fields[k] for k in CATEGORY_KEYS if fields.get(k)), "")
    return {"prompt": prompt.strip(), "target": "", "category": str(category)}


def csv_table(path: str, *, columns: Sequence[str], task: str) -> list[dict[str, Any]]:
    """A CSV with a header, every row complete in `columns`. Raises TaskError naming file, line and column."""
    with _open(path, task=task) as stream:
        reader = csv.DictReader(stream)
        missing = [name for name in columns if name not in (reader.fieldnames or [])]
        if missing:
            raise TaskError(f"{path}, line 1: no column {missing[0]!r}; {task} reads {', '.join(columns)}")
        rows = []
        for row in reader:
            empty = next((name for name in columns if not row[name]), None)
            if empty:
                raise TaskError(f"{path}, line {reader.line_num}: column {empty!r} is empty")
            rows.append({name: row[name] for name in columns})
    return rows


def jsonl_table(path: str, *, columns: Sequence[str], task: str) -> list[dict[str, Any]]:
    """A JSONL file of objects with text in `columns`. Raises TaskError naming file, line and key."""
    rows = []
    with _open(path, task=task) as stream:
        for at, line in enumerate(stream, start=1):
            row = _parsed(line, f"{path}, line {at}")
            fields = row if isinstance(row, dict) else {}
            wrong = next((k for k in columns if not isinstance(fields.get(k), str)), None)
            if wrong:
                raise TaskError(f"{path}, line {at}: no text under {wrong!r}; {task} reads {', '.join(columns)}")
            rows.append({name: row[name] for name in columns})
    return rows


def hub_table(path: str, *, columns: Sequence[str], subset: str | None, part: str) -> list[dict[str, Any]]:
    """Rows of a hub dataset; `path` is `hub:owner/name@commit`. Raises WorldError or TaskError."""
    from datasets import load_dataset

    repo, _, commit = path.removeprefix(HUB).partition("@")
    try:
        rows = load_dataset(repo, name=subset, split=part, revision=commit)
    except (OSError, ValueError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise WorldError(f"{repo}@{commit}: could not be fetched from the hub: {first}") from error
    missing = [name for name in columns if name not in rows.column_names]
    if missing:
        raise TaskError(f"{repo}@{commit}: no column {missing[0]!r}; it has {', '.join(rows.column_names)}")
    return [{name: row[name] for name in columns} for row in rows]


def _open(path: str, *, task: str) -> Any:
    try:
        return Path(path).open(encoding="utf-8-sig", newline="")
    except OSError as error:
        raise TaskError(f"task {task}: {path}: cannot be read: {error.strerror}") from None
