"""PubMedQA's expert-labelled questions, answered from the abstract by yes, no or maybe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness import task_rows
from harness.errors import TaskError
from harness.task_files import HUB, hub_table, json_document

ANSWERS = ("yes", "no", "maybe")
LABELLED, TEST = "ori_pqal.json", "test_ground_truth.json"


def load(*, path: str, task: str, hub_rows: dict[str, Any], **_: Any) -> Any:
    """The test questions of a folder, all of a file's, or all labelled ones of the hub, as lm-eval asks for them."""
    if path.startswith(HUB):
        table = hub_table(path, columns=hub_rows["columns"], subset=hub_rows["subset"], part=hub_rows["split"])
        rows = [
            _row(row["question"], row["context"]["contexts"], row["final_decision"], f"{path}, row {at}")
            for at, row in enumerate(table, start=1)
        ]
    else:
        rows = _local(Path(path), task=task)
    return task_rows.split(rows, task=task)


def _local(place: Path, *, task: str) -> list[dict[str, Any]]:
    file = place / LABELLED if place.is_dir() else place
    labelled = json_document(str(file), task=task)
    wanted = json_document(str(place / TEST), task=task) if place.is_dir() else labelled
    if not isinstance(labelled, dict) or not isinstance(wanted, dict):
        raise TaskError(f"{file}: must map PubMed ids to questions, as {LABELLED} does")
    absent = next((id_ for id_ in wanted if id_ not in labelled), None)
    if absent:
        raise TaskError(f"{place / TEST}: {absent!r} is not in {LABELLED}; take both from one release")
    return [_of(labelled[id_], f"{file}, {id_}") for id_ in wanted]


def _of(row: Any, where: str) -> dict[str, Any]:
    missing = [key for key in ("QUESTION", "CONTEXTS", "final_decision") if key not in row]
    if missing:
        raise TaskError(f"{where}: lacks {missing[0]!r}")
    return _row(row["QUESTION"], row["CONTEXTS"], row["final_decision"], where)


def _row(question: str, contexts: list[str], decision: str, where: str) -> dict[str, Any]:
    if decision not in ANSWERS:
        raise TaskError(f"{where}: the decision is {decision!r}; it must be {', '.join(ANSWERS)}")
    text = "\n".join(contexts)
    return {
        "prompt": f"Abstract: {text}\n\nQuestion: {question}\n\nAnswer with yes, no or maybe.",
        "target": decision,
        "choices": list(ANSWERS),
        "gold": ANSWERS.index(decision),
        "category": "",
    }
