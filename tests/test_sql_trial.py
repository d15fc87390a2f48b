"""Queries are tried on rows that tell them apart, and can neither write, nor reach out, nor run on."""

from __future__ import annotations

import json
import time

import pytest

from harness.sql_trial import Trial, query_in, try_query
from tests.tasks.asking import SHARED, needs_data

HEADS = "CREATE TABLE head (age INTEGER, name VARCHAR, state VARCHAR)"
TWO = "CREATE TABLE a (id VARCHAR, x INTEGER); CREATE TABLE b (id VARCHAR, y VARCHAR)"


def tried(candidate: str, *, reference: str = "SELECT name FROM head WHERE age > 56", schema: str = HEADS) -> Trial:
    return try_query(schema, reference=reference, candidate=candidate)


@pytest.mark.parametrize(
    "candidate",
    ["SELECT name FROM head WHERE age > 56", "select h.name from head as h where not h.age <= 56 order by 1;",
     "WITH old AS (SELECT * FROM head WHERE age >= 57) SELECT name FROM old"],
)  # fmt: skip
def test_the_same_rows_are_right(candidate: str) -> None:
    assert tried(candidate).outcome == "right"


@pytest.mark.parametrize(
    ("reference", "candidate"),
    [
        ("SELECT name FROM head WHERE age > 56", "SELECT name FROM head WHERE age >= 56"),
        ("SELECT name FROM head WHERE age > 56", "SELECT name FROM head"),
        ("SELECT name FROM head WHERE age > 56", "SELECT name, age FROM head WHERE age > 56"),
        ("SELECT COUNT(*) FROM head WHERE state = 'Utah'", "SELECT COUNT(*) FROM head WHERE state <> 'Utah'"),
        ("SELECT name FROM head WHERE state = 'Utah' AND age < 3", "SELECT name FROM head WHERE state = 'Utah'"),
        ("SELECT age FROM head WHERE age BETWEEN 3 AND 9", "SELECT age FROM head WHERE age > 3 AND age < 9"),
        ("SELECT name FROM head WHERE name LIKE '%ann%'", "SELECT name FROM head WHERE name = 'ann'"),
        ("SELECT DISTINCT state FROM head", "SELECT state FROM head"),
        ("SELECT MAX(age) FROM head", "SELECT MIN(age) FROM head"),
        ("SELECT name FROM head WHERE age > 56", "SELECT title FROM head"),
        ("SELECT name FROM head WHERE age > 56", ""),
        ("SELECT name FROM head WHERE age > 56", "SELECT 1; SELECT 2"),
    ],
)
def test_other_rows_are_wrong(reference: str, candidate: str) -> None:
    assert tried(candidate, reference=reference).outcome == "wrong"


def test_tables_join_and_some_rows_join_nowhere() -> None:
    joined = "SELECT T1.x FROM a AS T1 JOIN b AS T2 ON T1.id = T2.id WHERE T2.y = 'red'"
    alone = "SELECT id FROM a WHERE NOT id IN (SELECT id FROM b)"
    for query in (joined, alone):
        assert tried(query, reference=query, schema=TWO).outcome == "right"
        assert tried("SELECT x FROM a", reference=query, schema=TWO).outcome == "wrong"


@pytest.mark.parametrize(
    ("reference", "schema", "reason"),
    [
        ("SELECT gone FROM head", HEADS, "the reference cannot be run: no such column: gone"),
        ("SELECT age FROM head WHERE 1 = 2", HEADS, "the reference finds nothing"),
        ("SELECT 1", "DROP TABLE head", "the schema holds more than CREATE TABLE"),
        ("SELECT 1", "CREATE TABLE head (", "the schema holds more than CREATE TABLE"),
    ],
)
def test_what_the_reference_cannot_tell_is_unscored(reference: str, schema: str, reason: str) -> None:
    trial = tried("SELECT age FROM head", reference=reference, schema=schema)
    assert trial.outcome == "unscored"
    assert reason in trial.reason


@pytest.mark.parametrize(
    "candidate",
    ["DELETE FROM head", "DROP TABLE head", "ATTACH DATABASE '/tmp/x.db' AS x", "PRAGMA table_info(head)",
     "SELECT load_extension('x')", "SELECT randomblob(9)", "INSERT INTO head VALUES (1, 'a', 'b') RETURNING name",
     "SELECT name FROM head WHERE name = char(0) || '\x00'", "SELECT '\ud800'"],
)  # fmt: skip
def test_a_query_can_only_read(candidate: str) -> None:
    assert tried(candidate).outcome == "wrong"


@pytest.mark.parametrize(
    "candidate",
    ["WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n",
     "SELECT COUNT(*) FROM head a, head b, head c, head d, head e, head f, head g",
     "SELECT a.name FROM head a, head b, head c", "SELECT printf('%100000000d', 1)",
     f"SELECT '{'a' * 9000}' LIKE '{'%a' * 40}b'"],
)  # fmt: skip
def test_a_query_cannot_run_on(candidate: str) -> None:
    start = time.monotonic()
    assert tried(candidate).outcome == "wrong"
    assert time.monotonic() - start < 5


def test_a_table_created_twice_has_the_columns_of_both() -> None:
    schema = "CREATE TABLE s (id VARCHAR); CREATE TABLE s (id VARCHAR, city VARCHAR)"
    query = "SELECT id FROM s WHERE city = 'Oslo'"
    assert tried(query, reference=query, schema=schema).outcome == "right"


@pytest.mark.parametrize(
    ("reply", "query"),
    [
        ("SELECT 1", "SELECT 1"),
        ("Here it is:\n```sql\nSELECT a\nFROM b;\n```\nIt selects a.", "SELECT a\nFROM b"),
        ("Use select a from b; it reads b.", "select a from b"),
        ("With this query: SELECT 2\n\nDone.", "SELECT 2"),
        ("WITH t AS (SELECT 1) SELECT * FROM t", "WITH t AS (SELECT 1) SELECT * FROM t"),
        ("I cannot say.", ""),
    ],
)
def test_the_query_is_found_in_the_reply(reply: str, query: str) -> None:
    assert query_in(reply) == query


@needs_data
def test_most_real_references_can_be_tried_and_tell_queries_apart() -> None:
    rows = json.loads((SHARED / "sql_create_context" / "sqlgen_train.json").read_text())[:150]
    schemas = [row["input"].partition("## Context:")[2] for row in rows]
    pairs = list(zip(rows, schemas, strict=True))
    same = [try_query(s, reference=r["output"], candidate=r["output"]).outcome for r, s in pairs]
    other = [try_query(s, reference=r["output"], candidate="SELECT 'nothing'").outcome for r, s in pairs]
    assert same.count("right") >= 135
    assert "wrong" not in same
    assert "right" not in other
