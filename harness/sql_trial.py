"""Tries a SQL query against a reference: both run on the same made-up rows, in memory, and their results are compared.

The tables come from CREATE TABLE statements. Their rows are drawn by a seed around what the reference compares columns
with: rows that meet all its conditions, rows that miss some, and others. Queries may read and nothing else, for a
bounded number of steps.
"""

from __future__ import annotations

import contextlib
import hashlib
import random
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Value = int | str
Row = tuple[object, ...]

FILLINGS = 3
"""Databases, filled by different seeds, on which the results must agree."""
ROWS = 24
"""In each table: a sixth meets all conditions, a sixth has values that no other table has."""
STEPS = 2_000_000
"""Virtual-machine steps of one query."""
MOST_ROWS = 5_000
"""Rows of a result that are read; more is an error."""
_LONGEST = 10_000
"""Bytes of a text inside a query."""
_TICK = 1_000
_ALLOWED = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE)
_DENIED_FUNCTIONS = ("load_extension", "random", "randomblob", "zeroblob", "fts3_tokenizer")
_WORDS = ("amber", "birch", "cedar", "delta")
_KEYS: tuple[Value, Value] = (7, "ember")
"""What a column without a condition holds in a row that meets all, so that such rows join: (number, text)."""
_LITERAL = r"""(?:'(?:[^']|'')*'|"[^"]*"|-?\d+(?:\.\d+)?)"""
_NAME = r"""(?:\w+\.)?[`"\[]?(\w+)[`"\]]?"""
_CONDITION = re.compile(rf"{_NAME}\s*(<>|!=|<=|>=|=|<|>|\bNOT\s+LIKE\b|\bLIKE\b)\s*({_LITERAL})", re.IGNORECASE)
_BETWEEN = re.compile(rf"{_NAME}\s+BETWEEN\s+({_LITERAL})\s+AND\s+({_LITERAL})", re.IGNORECASE)
_CREATE = re.compile(r"""CREATE\s+TABLE\s+[`"\[]?([\w ]+?)[`"\]]?\s*\((.*)\)""", re.IGNORECASE | re.DOTALL)
_OPENING = re.compile(r"\bSELECT\b|\bWITH\s+(?:RECURSIVE\s+)?\w+\s*(?:\([^)]*\)\s*)?AS\s*\(", re.IGNORECASE)
_IN = re.compile(rf"{_NAME}\s+(?:NOT\s+)?IN\s*\(\s*({_LITERAL})", re.IGNORECASE)


@dataclass(frozen=True)
class Trial:
    """What came of it."""

    outcome: Literal["right", "wrong", "unscored"]
    """Unscored: the reference itself cannot be run, or tells nothing."""
    reason: str


class _QueryError(Exception):
    """A query that cannot be run."""


def try_query(schema: str, *, reference: str, candidate: str) -> Trial:
    """Right where the candidate gives the reference's rows, whatever their order, on every filling."""
    told = False
    verdict = Trial("right", "the same rows")
    for seed in range(FILLINGS):
        try:
            with _filled(schema, reference, seed=seed) as database:
                wanted = _rows(database, reference)
                told = told or any(value not in (None, 0) for row in wanted for value in row)
                if verdict.outcome == "right":
                    verdict = _compare(database, wanted, candidate)
        except (_QueryError, sqlite3.Error) as error:
            return Trial("unscored", f"the reference cannot be run: {error}")
    return verdict if told else Trial("unscored", "the reference finds nothing in the rows made up for it")


def query_in(reply: str) -> str:
    """A reply's query: what a code fence holds, else from the first SELECT or WITH to a semicolon or blank line."""
    fenced = re.search(r"```[ \t]*\w*\s*\n(.*?)(?:```|\Z)", reply, flags=re.DOTALL)
    text = fenced.group(1) if fenced else reply
    opening = _OPENING.search(text)
    if opening is None:
        return ""
    return re.split(r";|\n\s*\n", text[opening.start() :], maxsplit=1)[0].strip()


def _compare(database: sqlite3.Connection, wanted: list[Row], candidate: str) -> Trial:
    try:
        found = _rows(database, candidate)
    except (_QueryError, sqlite3.Error, sqlite3.Warning) as error:
        return Trial("wrong", f"cannot be run: {error}")
    if Counter(found) == Counter(wanted):
        return Trial("right", "the same rows")
    return Trial("wrong", f"{len(found)} rows where the reference has {len(wanted)}, or others")


def _rows(database: sqlite3.Connection, query: str) -> list[Row]:
    """A query's rows, numbers rounded. Raises _QueryError or sqlite3.Error."""
    if not query.strip():
        raise _QueryError("no query")
    steps = iter(range(STEPS // _TICK))
    database.set_progress_handler(lambda: int(next(steps, None) is None), _TICK)
    try:
        rows = database.execute(query).fetchmany(MOST_ROWS + 1)
    except (ValueError, OverflowError, UnicodeError) as error:  # a NUL, a lone surrogate
        raise _QueryError(str(error)) from None
    finally:
        database.set_progress_handler(None, 0)
    if len(rows) > MOST_ROWS:
        raise _QueryError(f"more than {MOST_ROWS} rows")
    return [tuple(_plain(value) for value in row) for row in rows]


def _plain(value: object) -> object:
    return float(f"{value:.9g}") if isinstance(value, float) else value


# ---------------------------------------------------------------- the database


@contextlib.contextmanager
def _filled(schema: str, reference: str, *, seed: int) -> Iterator[sqlite3.Connection]:
    """A database in memory with the schema's tables filled, that queries can only read."""
    database = sqlite3.connect(":memory:")
    try:
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
        database.setlimit(sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, _LONGEST // 100)
        _create(database, schema)
        digest = hashlib.sha256(f"{seed}\0{schema}\0{reference}".encode()).hexdigest()
        _fill(database, _conditions(reference), random.Random(digest))
        database.set_authorizer(_authorize)
        yield database
    finally:
        database.close()


def _create(database: sqlite3.Connection, schema: str) -> None:
    """The schema's tables; one that is created twice has the columns of both. Raises _QueryError or sqlite3.Error."""
    made: set[str] = set()
    for statement in filter(None, (part.strip() for part in schema.split(";"))):
        parts = _CREATE.fullmatch(statement)
        if parts is None:
            raise _QueryError(f"the schema holds more than CREATE TABLE: {statement[:40]!r}")
        if parts[1].lower() not in made:
            database.execute(statement)
            made.add(parts[1].lower())
            continue
        present = {str(row[1]).lower() for row in database.execute(f'PRAGMA table_info("{parts[1]}")')}
        for column in (part.strip() for part in parts[2].split(",")):
            if column.split()[0].strip('`"[]').lower() not in present:
                database.execute(f'ALTER TABLE "{parts[1]}" ADD COLUMN {column}')


def _authorize(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    if action == sqlite3.SQLITE_FUNCTION:
        return sqlite3.SQLITE_DENY if (second or "").lower() in _DENIED_FUNCTIONS else sqlite3.SQLITE_OK
    return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY


def _fill(database: sqlite3.Connection, conditions: dict[str, list[tuple[str, Value]]], draw: random.Random) -> None:
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in tables:
        quoted = table.replace('"', '""')
        described = database.execute(f'PRAGMA table_info("{quoted}")').fetchall()
        columns = [(str(row[1]), _is_number(str(row[2]))) for row in described]
        marks = ", ".join("?" for _ in columns)
        for at in range(ROWS):
            row = [_cell(conditions.get(name.lower(), []), number, draw, kind=at % 6) for name, number in columns]
            if at % 6 == 1:
                own = 100 * (1 + tables.index(table)) + at
                row = [
                    value if name.lower() in conditions else own if number else f"own {own}"
                    for value, (name, number) in zip(row, columns, strict=True)
                ]
            database.execute(f'INSERT OR IGNORE INTO "{quoted}" VALUES ({marks})', row)
    database.commit()


def _is_number(declared: str) -> bool:
    return any(word in declared.upper() for word in ("INT", "REAL", "FLOA", "DOUB", "NUM", "DEC"))


def _cell(conditions: list[tuple[str, Value]], number: bool, draw: random.Random, *, kind: int) -> Value:
    return _met(conditions, number, draw) if kind < 2 else _any(conditions, number, draw)


def _met(conditions: list[tuple[str, Value]], number: bool, draw: random.Random) -> Value:
    """A value that meets the column's conditions, or the first of them."""
    if not conditions:
        return _KEYS[0] if number else _KEYS[1]
    fitting = [v for v in _around(conditions) if all(_meets(v, c) for c in conditions)]
    return draw.choice(fitting or [v for v in _around(conditions) if _meets(v, conditions[0])] or [conditions[0][1]])


def _any(conditions: list[tuple[str, Value]], number: bool, draw: random.Random) -> Value:
    """A value that meets the column's conditions or not."""
    if conditions and draw.random() < 0.75:
        return draw.choice(_around(conditions))
    return draw.choice((*range(1, 6), 7, 7)) if number else draw.choice((*_WORDS, "ember", "ember"))


def _around(conditions: list[tuple[str, Value]]) -> list[Value]:
    """The literals of the conditions, and values beside them."""
    values: list[Value] = []
    for _, literal in conditions:
        beside = (literal - 1, literal + 1) if isinstance(literal, int) else (f"{literal} x", "ember")
        values += [literal, *beside]
    return list(dict.fromkeys(values))


def _meets(value: Value, condition: tuple[str, Value]) -> bool:
    operator, literal = condition
    if isinstance(value, int) != isinstance(literal, int):
        return operator == "<>"
    smaller = value < literal  # type: ignore[operator]
    equal = value == literal
    return {"=": equal, "<>": not equal, "<": smaller, ">": not smaller and not equal,
            "<=": smaller or equal, ">=": not smaller}[operator]  # fmt: skip


def _conditions(query: str) -> dict[str, list[tuple[str, Value]]]:
    """What a query compares each column (in lower case) with."""
    found: dict[str, list[tuple[str, Value]]] = {}

    def note(column: str, operator: str, literal: str) -> None:
        found.setdefault(column.lower(), []).append((operator, _value(literal)))

    for column, operator, literal in _CONDITION.findall(query):
        word = operator.upper().split()[0]
        note(column, {"LIKE": "=", "NOT": "<>", "!=": "<>"}.get(word, operator), literal)
    for column, low, high in _BETWEEN.findall(query):
        note(column, ">=", low)
        note(column, "<=", high)
    for column, literal in _IN.findall(query):
        note(column, "=", literal)
    return found


def _value(literal: str) -> Value:
    """A literal as a number where it is one, else as text, LIKE's wildcards left out."""
    if literal[0] in "'\"":
        text = literal[1:-1].replace("''", "'").replace("%", "").replace("_", " ")
        return int(text) if re.fullmatch(r"-?\d{1,9}", text) else text
    return round(float(literal)) if len(literal) < 16 else literal
