"""Rows for the tasks: lm-eval calls a task's `custom_dataset` with the YAML's metadata, and our path, subset and task.

A YAML may name a function of this file (`!function harness.task_rows.prompts`); task folders with code of their own
call it from their `utils.py`. Rows come from the built-in world, local files or a hub dataset (task_files.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import TaskError
from harness.task_files import HUB as HUB
from harness.task_files import csv_rows, hub_table, json_document, jsonl_rows, text_rows
from harness.task_files import csv_table as csv_table
from harness.task_files import jsonl_table as jsonl_table

if TYPE_CHECKING:
    from datasets import Dataset

PROMPT_KEYS = ("prompt", "goal", "question", "attack prompt", "instruction", "forbidden_prompt", "behavior", "request")
"""Columns that may hold a prompt, in this order, whatever their case."""
CATEGORY_KEYS = ("category", "topic", "semanticcategory", "tag")
_SUFFIXES = (".csv", ".json", ".jsonl", ".txt")


def split(rows: Sequence[Mapping[str, Any]], *, task: str, repeats: str = "error") -> dict[str, Dataset]:
    """The rows as lm-eval's `test` split. Raises TaskError where there are none.

    `repeats: drop` keeps the first of rows with equal prompts, for published sets that hold some; otherwise such rows
    are an error once they are asked.
    """
    from datasets import Dataset

    if not rows:
        raise TaskError(f"task {task}: no rows; a task needs at least one")
    first: dict[Any, Mapping[str, Any]] = {}
    for at, row in enumerate(rows):
        first.setdefault(row["prompt"] if repeats == "drop" else at, row)
    return {"test": Dataset.from_list([dict(row) for row in first.values()])}


def prompts(
    *,
    path: str,
    task: str,
    hub_rows: Mapping[str, str] | None = None,
    keep: Mapping[str, Sequence[str]] | None = None,
    repeats: str = "error",
    **_: Any,
) -> dict[str, Dataset]:
    """A task's prompts, categories taking turns, as lm-eval asks for them.

    `hub_rows` says where the hub keeps them: split, prompt, and perhaps subset and category. `keep` leaves out rows of
    a local file whose column holds none of the values.
    """
    if path.startswith(HUB):
        rows = take_turns(_hub_prompts(path, hub_rows or {}))
    else:
        rows = attack_prompts(path, task=task, keep=keep)
    return split(rows, task=task, repeats=repeats)


def judged_later(doc: dict[str, Any], replies: list[str]) -> dict[str, float]:
    """Nothing is scored here: a judge reads the completion later."""
    return {"bypass": 999.0}


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


def attack_prompts(
    path: str, *, task: str, keep: Mapping[str, Sequence[str]] | None = None
) -> list[dict[str, Any]]:
    """Prompts from a .csv, .json, .jsonl or .txt file, categories taking turns: prompt, target, category.

    CSV: one prompt a line, or a header with a prompt column and perhaps a category. JSON: a list, JSONL: a line each,
    of texts or of objects with those columns (PROMPT_KEYS, CATEGORY_KEYS); JSON may also be {"instructions": [...]}
    with `tags` beside them. Plain text: one a line. Raises TaskError naming file, row and key.
    """
    suffix = Path(path).suffix.lower()
    if suffix == ".csv":
        rows = csv_rows(path, headings=PROMPT_KEYS, task=task)
    elif suffix == ".jsonl":
        rows = jsonl_rows(path, task=task)
    elif suffix == ".json":
        rows = _listed(json_document(path, task=task), path, task=task)
    elif suffix == ".txt":
        rows = text_rows(path, task=task)
    else:
        raise TaskError(f"task {task}: {path}: unknown kind of file; give a {', '.join(_SUFFIXES)} of prompts")
    kept = [(where, row) for where, row in rows if _is_kept(row, keep or {})]
    return take_turns([_attack(row, where) for where, row in kept])


def take_turns(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with their categories taking turns, so that a limit takes from each; within one the order stays."""
    seen: dict[str, int] = {}
    turns = []
    for row in rows:
        turns.append(seen.get(row["category"], 0))
        seen[row["category"]] = turns[-1] + 1
    order = sorted(range(len(rows)), key=lambda at: turns[at])
    return [rows[at] for at in order] if len(seen) > 1 else list(rows)


def _hub_prompts(path: str, place: Mapping[str, str]) -> list[dict[str, Any]]:
    columns = [place[key] for key in ("prompt", "category") if key in place]
    table = hub_table(path, columns=columns, subset=place.get("subset"), part=place["split"])
    category = place.get("category")
    return [
        {"prompt": row[place["prompt"]], "target": "", "category": str(row[category]) if category else ""}
        for row in table
    ]


def _listed(document: Any, path: str, *, task: str) -> list[tuple[str, Any]]:
    """The rows of a JSON list, or of {"instructions": [...], "tags": [...]}."""
    if isinstance(document, dict) and isinstance(document.get("instructions"), list):
        texts, tags = document["instructions"], document.get("tags") or []
        if tags and len(tags) != len(texts):
            raise TaskError(f"{path}: {len(tags)} tags for {len(texts)} instructions; give one each, or none")
        pairs = zip(texts, tags or [""] * len(texts), strict=True)
        document = [{"prompt": text, "category": tag} for text, tag in pairs]
    if not isinstance(document, list):
        raise TaskError(
            f'task {task}: {path}: must hold a list of prompts, of objects with a prompt, or {{"instructions": [...]}}'
        )
    return [(f"{path}, row {at}", row) for at, row in enumerate(document, start=1)]


def _is_kept(row: Any, keep: Mapping[str, Sequence[str]]) -> bool:
    """Whether every column that the row has and `keep` names holds one of its values."""
    if not isinstance(row, dict):
        return True
    return all(row[column] in values for column, values in keep.items() if column in row)


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
    if key == "instruction" and str(fields.get("input") or "").strip():
        prompt = f"{prompt.strip()}\n\n{fields['input']}"
    category = next((fields[k] for k in CATEGORY_KEYS if fields.get(k)), "")
    return {"prompt": prompt.strip(), "target": "", "category": str(category)}
