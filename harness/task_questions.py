"""Rows of questions: with choices, asked by letter, or open, with one or more right answers.

Called from the YAMLs of tasks (`!function harness.task_questions.choice_questions`) and from their `utils.py`.
"""

from __future__ import annotations

import csv
import re
import string
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.errors import TaskError
from harness.task_files import HUB, Located, hub_table, json_document, jsonl_rows, open_text
from harness.task_rows import split

if TYPE_CHECKING:
    from datasets import Dataset

QUESTION_KEYS = ("question", "prompt", "input")
OPTION_KEYS = ("choices", "options")
GOLD_KEYS = ("answer_idx", "answer", "target", "label")
ANSWER_KEYS = ("answers", "answer", "target")
LETTERS = string.ascii_uppercase
ASK = "Answer with the letter of the right option."


def choice_questions(
    *,
    path: str,
    task: str,
    subset: str | None = None,
    hub_rows: Mapping[str, Any] | None = None,
    repeats: str = "error",
    **_: Any,
) -> dict[str, Dataset]:
    """Questions with choices as lm-eval asks for them: prompt, choices (letters), gold, target, category.

    Rows are JSON objects with a question, choices (a list, or a mapping by letter) and an answer (place from 0, letter,
    or the choice itself); or a CSV without header: question, choices, letter. `hub_rows` says where the hub keeps them:
    split, columns, and perhaps a subset. Raises TaskError naming file, line and key.
    """
    if path.startswith(HUB):
        place = hub_rows or {}
        chosen = subset or place.get("subset")
        table = hub_table(path, columns=place["columns"], subset=chosen, part=place["split"])
        located: list[Located] = [(f"{path}, row {at}", row) for at, row in enumerate(table, start=1)]
    else:
        located = _from_csv(path, task=task) if path.lower().endswith(".csv") else objects(path, task=task)
    return split([_choice_row(row, where) for where, row in located], task=task, repeats=repeats)


def lettered(question: str, options: Sequence[str], gold: int, *, category: str) -> dict[str, Any]:
    """A question whose options are listed under letters; the letters are what the model chooses between."""
    letters = list(LETTERS[: len(options)])
    listed = "\n".join(f"{letter}. {option}" for letter, option in zip(letters, options, strict=True))
    return {
        "prompt": f"{question}\n\n{listed}\n\n{ASK}",
        "choices": letters,
        "gold": gold,
        "target": letters[gold],
        "category": category,
    }


def open_questions(*, path: str, task: str, **_: Any) -> dict[str, Dataset]:
    """Questions with right answers as lm-eval asks for them: prompt, target, answers, category.

    Rows are JSON objects with a question and an answer, or a list of answers. Raises TaskError as `choice_questions`.
    """
    return split([_open_row(row, where) for where, row in objects(path, task=task)], task=task)


def contains_answer(doc: dict[str, Any], replies: list[str]) -> dict[str, float]:
    """1 if the reply holds one of the right answers in a row, case, punctuation and articles aside."""
    reply = f" {normal(replies[0])} "
    return {"contains": float(any(f" {normal(answer)} " in reply for answer in doc["answers"]))}


def normal(text: str) -> str:
    """Words and numbers in lower case, articles and thousands commas left out, a space between.

    A number keeps its minus (`-5` is not `5`, `3-5` has two without) and `.5` is `0.5`; a word keeps what makes it
    another one (`C++`, `C#`, `A+`); `U.S.` is `US`.
    """
    plain = re.sub(r"(?<=\d),(?=\d{3})", "", text.lower().replace("−", "-"))
    plain = re.sub(r"(?<![\w.])(-?)\.(?=\d)", r"\g<1>0.", plain)
    plain = re.sub(r"\b(?:[^\W\d_]\.){2,}", lambda found: found.group().replace(".", ""), plain)
    words = re.findall(r"(?<![\w.)])-\d+(?:\.\d+)?|\d+(?:\.\d+)?|[^\W_]+(?:\+\+?|#)(?!\w)|[^\W_]+", plain)
    return " ".join(word for word in words if word not in ("a", "an", "the"))


def objects(path: str, *, task: str) -> list[Located]:
    """The objects of a JSONL file, or of a JSON list. Raises TaskError naming file and line."""
    if path.lower().endswith(".json"):
        document = json_document(path, task=task)
        if not isinstance(document, list):
            raise TaskError(f"task {task}: {path}: must hold a list of objects")
        rows: list[Located] = [(f"{path}, row {at}", row) for at, row in enumerate(document, start=1)]
    else:
        rows = jsonl_rows(path, task=task)
    for where, row in rows:
        if not isinstance(row, dict):
            raise TaskError(f"{where}: must be an object, not {type(row).__name__}")
    return rows


def text_under(row: Mapping[str, Any], keys: Sequence[str], where: str) -> str:
    """The text under the first of the keys that the row has. Raises TaskError where there is none."""
    key = next((key for key in keys if key in row), None)
    if key is None:
        raise TaskError(f"{where}: lacks {' or '.join(map(repr, keys))}; it has {', '.join(map(str, row))}")
    if not isinstance(row[key], str) or not row[key].strip():
        raise TaskError(f"{where}: {key!r} holds no text")
    return str(row[key]).strip()


def _choice_row(row: Mapping[str, Any], where: str) -> dict[str, Any]:
    question = text_under(row, QUESTION_KEYS, where)
    key = next((key for key in OPTION_KEYS if key in row), None)
    if key is None:
        raise TaskError(f"{where}: lacks 'choices'; give a list of at least two texts")
    given = row[key]
    keys = [str(letter) for letter in sorted(given)] if isinstance(given, dict) else []
    options = [given[letter] for letter in keys] if keys else given
    texts = isinstance(options, list) and all(isinstance(option, str) and option.strip() for option in options)
    if not texts or not 2 <= len(options) <= len(LETTERS) or len(set(options)) != len(options):
        raise TaskError(f"{where}: {key!r} must hold 2 to {len(LETTERS)} different texts")
    gold = _gold(row, options, keys or list(LETTERS), where)
    return lettered(question, options, gold, category=str(row.get("category") or ""))


def _gold(row: Mapping[str, Any], options: Sequence[str], keys: Sequence[str], where: str) -> int:
    """The right option's place. Raises TaskError where the answer is none of them."""
    key = next((key for key in GOLD_KEYS if row.get(key) is not None), None)
    if key is None:
        raise TaskError(f"{where}: lacks 'answer'; give the right choice's place (from 0), letter or text")
    answer = row[key]
    if isinstance(answer, int) and not isinstance(answer, bool) and 0 <= answer < len(options):
        return answer
    for known in (list(options), list(keys[: len(options)])):
        if isinstance(answer, str) and answer in known:
            return known.index(answer)
    raise TaskError(f"{where}: {key!r} is {str(answer)[:40]!r}; it must be a choice's place (from 0), letter or text")


def _from_csv(path: str, *, task: str) -> list[Located]:
    with open_text(path, task=task) as stream:
        reader = csv.reader(stream)
        lines = [(f"{path}, line {reader.line_num}", cells) for cells in reader if cells]
    for where, cells in lines:
        if len(cells) < 4:
            raise TaskError(f"{where}: {len(cells)} columns; a line is question, at least two choices, letter")
    return [
        (where, {"question": cells[0], "choices": cells[1:-1], "answer_idx": LETTERS.find(cells[-1].strip() or "?")})
        for where, cells in lines
    ]


def _open_row(row: Mapping[str, Any], where: str) -> dict[str, Any]:
    prompt = text_under(row, QUESTION_KEYS, where)
    key = next((key for key in ANSWER_KEYS if row.get(key) is not None), None)
    given = None if key is None else row[key]
    answers = [str(answer) for answer in (given if isinstance(given, list) else [given])]
    if given is None or not answers or not all(normal(answer) for answer in answers):
        raise TaskError(f"{where}: lacks an answer; give 'answer' (a text) or 'answers' (a list of texts)")
    category = str(row.get("category") or "")
    return {"prompt": prompt, "target": " | ".join(answers), "answers": answers, "category": category}
