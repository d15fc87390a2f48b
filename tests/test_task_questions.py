"""Questions are read with their right answers, or the file, line and key that is wrong is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.errors import TaskError
from harness.task_questions import choice_questions, contains_answer, normal, open_questions


def choices_in(tmp_path: Path, text: str, *, name: str = "rows.jsonl") -> list[dict[str, Any]]:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    return list(choice_questions(path=str(file), task="t")["test"])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rows.jsonl", '{"question": "Which?", "choices": ["red", "blue"], "answer": 1}'),
        ("rows.jsonl", '{"prompt": "Which?", "options": ["red", "blue"], "answer": "B"}'),
        ("rows.jsonl", '{"question": "Which?", "choices": ["red", "blue"], "answer": "blue"}'),
        ("rows.jsonl", '{"question": "Which?", "options": {"B": "blue", "A": "red"}, "answer_idx": "B"}'),
        ("rows.json", '[{"question": "Which?", "choices": ["red", "blue"], "label": 1}]'),
        ("rows.csv", "Which?,red,blue,B\n"),
    ],
)
def test_choices_are_listed_under_letters(tmp_path: Path, name: str, text: str) -> None:
    (row,) = choices_in(tmp_path, text, name=name)
    assert row["prompt"] == "Which?\n\nA. red\nB. blue\n\nAnswer with the letter of the right option."
    assert (row["choices"], row["gold"], row["target"]) == (["A", "B"], 1, "B")


def test_a_choice_that_is_a_letter_is_taken_for_itself(tmp_path: Path) -> None:
    (row,) = choices_in(tmp_path, '{"question": "Which?", "choices": ["B", "A"], "answer": "A"}')
    assert row["gold"] == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"q": "a"}', r"line 1: lacks 'question' or 'prompt' or 'input'; it has q"),
        ('{"question": " "}', "line 1: 'question' holds no text"),
        ('{"question": "a"}', "line 1: lacks 'choices'"),
        ('{"question": "a", "choices": ["b"], "answer": 0}', "'choices' must hold 2 to 26 different texts"),
        ('{"question": "a", "choices": ["b", "b"], "answer": 0}', "'choices' must hold 2 to 26 different texts"),
        ('{"question": "a", "choices": ["b", "c"]}', "lacks 'answer'"),
        ('{"question": "a", "choices": ["b", "c"], "answer": 2}', "'answer' is '2'; it must be a choice's place"),
        ('{"question": "a", "choices": ["b", "c"], "answer": true}', "'answer' is 'True'; it must be a choice's place"),
        ('\n[1]', "line 2: must be an object, not list"),
    ],
)
def test_a_broken_choice_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(TaskError, match=message):
        choices_in(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "message"),
    [("a,b\n", "line 1: 2 columns; a line is question"), ("a,b,c,X\n", "'answer_idx' is '23'; it must be")],
)
def test_a_broken_csv_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(TaskError, match=message):
        choices_in(tmp_path, text, name="rows.csv")


def test_open_questions_have_one_or_more_answers(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"question": "a", "answer": 12}\n{"question": "b", "answers": ["x", "y"], "category": "c"}\n')
    rows = list(open_questions(path=str(file), task="t")["test"])
    assert [(r["prompt"], r["target"], r["answers"], r["category"]) for r in rows] == [
        ("a", "12", ["12"], ""), ("b", "x | y", ["x", "y"], "c")
    ]  # fmt: skip


@pytest.mark.parametrize("row", [
    '{"question": "a"}', '{"question": "a", "answer": "?!"}',
    '{"question": "a", "answers": []}',
])  # fmt: skip
def test_an_open_question_needs_an_answer(tmp_path: Path, row: str) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(row)
    with pytest.raises(TaskError, match="line 1: lacks an answer"):
        open_questions(path=str(file), task="t")


@pytest.mark.parametrize(
    ("reply", "score"),
    [
        ("It is the Eiffel Tower.", 1.0),
        ("eiffel  tower!", 1.0),
        ("Towering Eiffels", 0.0),
        ("", 0.0),
        ("About 1,234 people", 1.0),
        ("12345", 0.0),
        ("1234.5", 0.0),
    ],
)
def test_an_answer_is_looked_for_as_whole_words(reply: str, score: float) -> None:
    assert contains_answer({"answers": ["Eiffel Tower", "1234"]}, [reply]) == {"contains": score}


def test_articles_and_punctuation_do_not_count() -> None:
    assert normal("The  answer: 'a cat'; 3.5%") == "answer cat 3.5"
    assert normal("Ärzte_und") == "ärzte und"


@pytest.mark.parametrize(
    ("answer", "reply", "score"),
    [
        ("5", "It is -5.", 0.0),
        ("-5", "It is −5 degrees", 1.0),
        ("-5", "3-5 of them", 0.0),
        ("5", "3-5 of them", 1.0),
        ("0.5", "about .5", 1.0),
        (".5", "0.5", 1.0),
        ("5", "v.5", 1.0),
        ("C", "in C++", 0.0),
        ("C++", "in C++.", 1.0),
        ("C#", "C", 0.0),
        ("A", "A+", 0.0),
        ("y", "x+y", 1.0),
        ("U.S.", "in the US", 1.0),
        ("US", "the U.S. army", 1.0),
        ("e", "e.g. this", 0.0),
    ],
)
def test_what_makes_another_answer_is_kept(answer: str, reply: str, score: float) -> None:
    assert contains_answer({"answers": [answer]}, [reply]) == {"contains": score}
