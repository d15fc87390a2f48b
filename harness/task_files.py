"""Reads files and hub datasets of rows as they are: CSV, JSON, JSON lines, plain lines, tables on the hub.

Bad input is one line that names file, line and column or key.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.errors import TaskError, WorldError

HUB = "hub:"
"""Opens a path that names a hub dataset: `hub:owner/name@commit`."""
Located = tuple[str, Any]
"""(where, row): `where` names file and line for an error."""


def csv_rows(path: str, *, headings: Sequence[str], task: str) -> list[Located]:
    """A CSV with a header as mappings; without one (a single column that is not one of `headings`) as texts.

    Raises TaskError naming file and line.
    """
    with open_text(path, task=task) as stream:
        header = next(csv.reader(stream), [])
    if len(header) < 2:
        return _one_column(path, headings=headings, task=task)
    with open_text(path, task=task) as stream:
        reader = csv.DictReader(stream)
        return [(f"{path}, line {reader.line_num}", row) for row in reader]


def _one_column(path: str, *, headings: Sequence[str], task: str) -> list[Located]:
    with open_text(path, task=task) as stream:
        reader = csv.reader(stream)
        lines = [(f"{path}, line {reader.line_num}", cells) for cells in reader if cells]
    if lines and [cell.strip().lower() for cell in lines[0][1]] in [[key] for key in headings]:
        lines = lines[1:]
    for where, cells in lines:
        if len(cells) != 1 or not cells[0].strip():
            raise TaskError(f"{where}: {len(cells)} columns; the file must hold one prompt a line")
    return [(where, cells[0]) for where, cells in lines]


def text_rows(path: str, *, task: str) -> list[Located]:
    """The lines of a file that are not blank."""
    with open_text(path, task=task) as stream:
        return [(f"{path}, line {at}", line) for at, line in enumerate(stream, start=1) if line.strip()]


def jsonl_rows(path: str, *, task: str) -> list[Located]:
    """What each line of a JSONL file holds, blank lines left out. Raises TaskError naming file and line."""
    return [(where, _parsed(line, where)) for where, line in text_rows(path, task=task)]


def json_document(path: str, *, task: str) -> Any:
    """What a JSON file holds. Raises TaskError naming the file."""
    with open_text(path, task=task) as stream:
        return _parsed(stream.read(), path)


def csv_table(path: str, *, columns: Sequence[str], task: str) -> list[dict[str, Any]]:
    """A CSV with a header, every row complete in `columns`. Raises TaskError naming file, line and column."""
    with open_text(path, task=task) as stream:
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
    for where, row in jsonl_rows(path, task=task):
        fields = row if isinstance(row, dict) else {}
        wrong = next((k for k in columns if not isinstance(fields.get(k), str)), None)
        if wrong:
            raise TaskError(f"{where}: no text under {wrong!r}; {task} reads {', '.join(columns)}")
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


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise TaskError(f"{where}: not JSON: {error.msg}") from None


def open_text(path: str, *, task: str) -> Any:
    """The file as text, a byte order mark left out. Raises TaskError where it cannot be read."""
    try:
        return Path(path).open(encoding="utf-8-sig", newline="")
    except OSError as error:
        raise TaskError(f"task {task}: {path}: cannot be read: {error.strerror}") from None
