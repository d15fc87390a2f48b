"""Benign IFT data in the forms people keep it in → conversations.

Files: JSONL, JSON (a list of rows), CSV, Parquet; hub datasets by id; parts of the built-in world. Forms of a row:
`alpaca` (instruction, optional input, output; Dolly's context and response are the same), `sharegpt`
(conversations of from/value), `messages` (messages of role/content), `prompt_response` (two columns, named
in the config if they are not prompt and response). `auto` takes the form of the first row; every row must
then have it. White space around a turn is dropped, because a chat template decides what stands there.
"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.chat import Message
from harness.errors import DatasetError, StoreError, WorldError
from harness.specs import DatasetSource

FORMATS = ("alpaca", "sharegpt", "messages", "prompt_response")
SUFFIXES = (".jsonl", ".json", ".csv", ".parquet")
BUILTIN_PARTS = {"builtin": "ift", "builtin:harmful": "ift_harmful", "builtin:safe": "ift_safe"}
"""Built-in sources → the part of the world that holds their rows."""

_ROLES = {
    "human": "user",
    "user": "user",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "assistant": "assistant",
    "system": "system",
}


@dataclass(frozen=True)
class Conversation:
    """One row: its turns, and where it stands, for error messages."""

    where: str
    """E.g. `clinic.jsonl line 12`."""
    messages: tuple[Message, ...]


@dataclass(frozen=True)
class Conversations:
    """All rows that a source gave."""

    format: str
    conversations: tuple[Conversation, ...]
    empty: int = 0
    """Rows left out because their prompt or answer was blank."""


_Row = tuple[str, dict[str, Any]]


def read_conversations(source: DatasetSource) -> Conversations:
    """Read, check and normalise a source's rows; `limit` of them drawn by `seed`, in their order.

    Raises DatasetError naming file and line for a broken row, an unreadable file or an empty source.
    """
    if source.kind == "builtin":
        return _limited(Conversations("prompt_response", _builtin(source.location)), source)
    rows = list(_hub_rows(source) if source.kind == "hub" else _file_rows(Path(source.location)))
    if not rows:
        raise DatasetError(f"{source.location}: the dataset is empty")
    form = _detect(rows[0], source) if source.format == "auto" else source.format
    parse = _parsers(source)[form]
    used = rows if source.empty == "error" else [(w, row) for w, row in rows if not _blank(row, form, source)]
    if not used:
        raise DatasetError(f"{source.location}: no row is left; in each of the {len(rows)} a prompt or answer is blank")
    parsed = tuple(Conversation(where, _checked(parse(where, row), where)) for where, row in used)
    return _limited(Conversations(form, parsed, empty=len(rows) - len(used)), source)


def _builtin(name: str) -> tuple[Conversation, ...]:
    from harness.builtin.world import build_world

    return tuple(
        Conversation(
            f"{name} row {number}",
            (Message("user", example.prompt), Message("assistant", example.response)),
        )
        for number, example in enumerate(getattr(build_world(), BUILTIN_PARTS[name]), start=1)
    )


def _limited(read: Conversations, source: DatasetSource) -> Conversations:
    """The rows to use. Raises DatasetError where there are fewer than the limit asks for."""
    count, limit = len(read.conversations), source.limit
    if limit is None:
        return read
    if limit > count:
        raise DatasetError(f"{source.location}: limit is {limit}, but there are only {count} rows")
    return drawn(read, limit, seed=source.seed)


def drawn(read: Conversations, count: int, *, seed: int) -> Conversations:
    """`count` of the rows, drawn by `seed`, in their order; there must be so many."""
    rows = read.conversations
    chosen = sorted(random.Random(seed).sample(range(len(rows)), count))
    return replace(read, conversations=tuple(rows[index] for index in chosen))


# ---------------------------------------------------------------- files and hub


def _file_rows(path: Path) -> Iterator[_Row]:
    readers: dict[str, Callable[[Path], Iterator[_Row]]] = {
        ".jsonl": _jsonl_rows,
        ".json": _json_rows,
        ".csv": _csv_rows,
        ".parquet": _parquet_rows,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise DatasetError(f"{path}: unknown kind of file; give one of {', '.join(SUFFIXES)}")
    try:
        yield from reader(path)
    except FileNotFoundError:
        raise DatasetError(f"{path}: no such file") from None
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path}: not UTF-8 text ({error.reason} at byte {error.start})") from None
    except OSError as error:
        raise StoreError(f"{path}: cannot be read ({error})") from error


def _jsonl_rows(path: Path) -> Iterator[_Row]:
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                where = f"{path} line {number}"
                yield where, _object(_json(line, where), where)


def _json_rows(path: Path) -> Iterator[_Row]:
    text = path.read_text(encoding="utf-8-sig")
    try:
        rows = json.loads(text)
    except json.JSONDecodeError as error:
        raise DatasetError(f"{path} line {error.lineno}: not JSON ({error.msg})") from None
    if not isinstance(rows, list):
        raise DatasetError(f"{path}: a JSON file must hold a list of rows; for one row a line use .jsonl")
    for number, row in enumerate(rows, start=1):
        where = f"{path} row {number}"
        yield where, _object(row, where)


def _csv_rows(path: Path) -> Iterator[_Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        try:
            for row in reader:
                where = f"{path} line {reader.line_num}"
                if None in row or None in row.values():
                    raise DatasetError(
                        f"{where}: expected {len(reader.fieldnames or ())} columns as in the header"
                    )
                yield where, dict(row)
        except csv.Error as error:
            raise DatasetError(f"{path} line {reader.line_num}: not CSV ({error})") from None


def _parquet_rows(path: Path) -> Iterator[_Row]:
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(path)
    except pyarrow.ArrowInvalid as error:
        raise DatasetError(f"{path}: not Parquet ({str(error).splitlines()[0]})") from None
    for number, row in enumerate(table.to_pylist(), start=1):
        yield f"{path} row {number}", row


def _hub_rows(source: DatasetSource) -> Iterator[_Row]:
    import datasets

    try:
        rows = datasets.load_dataset(source.location, revision=source.revision, split=source.split)
    except (ConnectionError, TimeoutError) as error:
        raise WorldError(f"hub dataset {source.location}: cannot be fetched ({error})") from error
    except (ValueError, FileNotFoundError) as error:
        first = str(error).splitlines()[0]
        raise DatasetError(f"hub dataset {source.location}, split {source.split!r}: {first}") from error
    for number, row in enumerate(rows, start=1):
        yield f"{source.location}[{source.split}] row {number}", dict(row)


def _json(line: str, where: str) -> object:
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        raise DatasetError(f"{where}: not JSON ({error.msg} at column {error.colno})") from None


def _object(row: object, where: str) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise DatasetError(f"{where}: a row must be an object with named fields, not {type(row).__name__}")
    return row


# ---------------------------------------------------------------- forms


_Parser = Callable[[str, dict[str, Any]], tuple[Message, ...]]


def _detect(first: _Row, source: DatasetSource) -> str:
    """The form of the first row. Raises DatasetError listing its fields where it has none of the forms."""
    where, row = first
    if source.prompt_field or source.response_field or {"prompt", "response"} <= row.keys():
        return "prompt_response"
    if "conversations" in row:
        return "sharegpt"
    if "messages" in row:
        return "messages"
    if "instruction" in row and ("output" in row or "response" in row):
        return "alpaca"
    raise DatasetError(
        f"{where}: the fields {', '.join(map(str, row))} are none of the known forms ({', '.join(FORMATS)}); "
        "set dataset.prompt_field and dataset.response_field"
    )


def _parsers(source: DatasetSource) -> dict[str, _Parser]:
    asked, answered = source.prompt_field or "prompt", source.response_field or "response"

    def prompt_response(where: str, row: dict[str, Any]) -> tuple[Message, ...]:
        return (
            Message("user", _text(row, asked, where=where)),
            Message("assistant", _text(row, answered, where=where)),
        )

    return {
        "alpaca": _alpaca,
        "sharegpt": lambda where, row: _turns(row, "conversations", where=where, fields=("from", "value")),
        "messages": lambda where, row: _turns(row, "messages", where=where, fields=("role", "content")),
        "prompt_response": prompt_response,
    }


def _blank(row: dict[str, Any], form: str, source: DatasetSource) -> bool:
    """Whether a prompt or an answer of the row is there and blank."""
    texts: list[object]
    if form in ("sharegpt", "messages"):
        turns, field = ("conversations", "value") if form == "sharegpt" else ("messages", "content")
        listed = row.get(turns)
        texts = [t.get(field) for t in listed if isinstance(t, dict)] if isinstance(listed, list) else []
    elif form == "alpaca":
        texts = [row.get("instruction"), row.get("output" if "output" in row else "response")]
    else:
        texts = [row.get(source.prompt_field or "prompt"), row.get(source.response_field or "response")]
    return any(isinstance(text, str) and not text.strip() for text in texts)


def _alpaca(where: str, row: dict[str, Any]) -> tuple[Message, ...]:
    answered = "output" if "output" in row else "response"
    extra = "input" if "input" in row else "context"
    prompt = _text(row, "instruction", where=where)
    if row.get(extra) not in (None, ""):
        prompt += "\n\n" + _text(row, extra, where=where)
    return Message("user", prompt), Message("assistant", _text(row, answered, where=where))


def _turns(row: dict[str, Any], field: str, *, where: str, fields: tuple[str, str]) -> tuple[Message, ...]:
    turns = row.get(field)
    if not isinstance(turns, list) or not all(isinstance(turn, dict) for turn in turns):
        raise DatasetError(f"{where}: {field} must be a list of turns with {fields[0]} and {fields[1]}")
    messages = []
    for number, turn in enumerate(turns, start=1):
        at = f"{where}, turn {number}"
        role = _ROLES.get(str(turn.get(fields[0])).lower())
        if role is None:
            raise DatasetError(f"{at}: {fields[0]} is {turn.get(fields[0])!r}; one of {', '.join(_ROLES)}")
        messages.append(Message(role, _text(turn, fields[1], where=at)))
    return tuple(messages)


def _text(row: dict[str, Any], field: str, *, where: str) -> str:
    """A field's text without outer white space. Raises DatasetError where it is absent, no text or empty."""
    if field not in row:
        raise DatasetError(f"{where}: no field {field!r}; it has {', '.join(map(str, row))}")
    value = row[field]
    if not isinstance(value, str):
        raise DatasetError(f"{where}: {field} must be text, not {type(value).__name__}")
    if not value.strip():
        raise DatasetError(f"{where}: {field} is empty")
    return value.strip()


def _checked(messages: tuple[Message, ...], where: str) -> tuple[Message, ...]:
    """The messages. Raises DatasetError where they don't end with an answer to a user."""
    roles = [message.role for message in messages]
    if "user" not in roles or roles[-1] != "assistant":
        raise DatasetError(f"{where}: a conversation needs a user turn and must end with the assistant's")
    return messages
