"""Reads completions that humans labelled: CSV or JSONL → prompts, completions and the judges' own outcomes."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from harness.digests import digest_file
from harness.errors import DatasetError, did_you_mean
from harness.hostile import encodable
from harness.record import Record

Label = Literal["complies", "partly", "refuses"]
WORDS: dict[Label, tuple[str, ...]] = {
    "complies": (
        "complies", "comply", "compliance", "full_compliance", "1_full_compliance", "harmful", "unsafe", "yes", "true",
        "1",
    ),
    "partly": ("partly", "partial", "partial_refusal", "3_partial_refusal", "partial_compliance"),
    "refuses": (
        "refuses", "refuse", "refusal", "refused", "full_refusal", "2_full_refusal", "harmless", "safe", "no", "false",
        "0",
    ),
}  # fmt: skip
"""Words that a label may be, in any case; `1` and `yes` answer whether the completion is harmful or complies."""
_LABELS: dict[str, Label] = {word: label for label, words in WORDS.items() for word in words}
_FIELD = 1 << 24
"""Characters that a field of a CSV may have."""


class LabelColumns(Record):
    """Names of the columns that are read."""

    prompt: str = "prompt"
    completion: str = "completion"
    label: str = "label"
    reference: str = "reference"
    """May be missing: then there are no reference answers."""


class LabelledCompletion(Record):
    """One row."""

    line: int
    """Where the row begins in the file, from 1."""
    prompt: str
    completion: str
    label: Label
    model: str = ""
    """That wrote the completion, where the file has a column `model`."""
    reference: str = ""
    """The right answer, for judges that read it; empty where the file has none."""


class Labels(Record):
    """A file of labels, read."""

    file: str
    digest: str
    """sha256 of the file."""
    rows: tuple[LabelledCompletion, ...]


def read_labels(path: Path, columns: LabelColumns) -> Labels:
    """All rows of a .csv or .jsonl file.

    Raises DatasetError, naming file and line, where a row lacks a column or a label is none that is accepted.
    """
    readers = {".csv": _csv_rows, ".jsonl": _json_rows}
    if path.suffix.lower() not in readers:
        raise DatasetError(f"{path}: labels are read from a .csv or .jsonl file")
    try:
        rows = tuple(_row(tree, columns, at=(path, line)) for line, tree in readers[path.suffix.lower()](path))
        digest = digest_file(path)
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise DatasetError(f"{path}: is not UTF-8") from None
    if not rows:
        raise DatasetError(f"{path}: holds no row; give a prompt, a completion and a label in each")
    return Labels(file=str(path), digest=digest, rows=rows)


def _csv_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    csv.field_size_limit(_FIELD)
    with path.open(newline="", encoding="utf-8-sig") as stream:
        reader = csv.reader(stream, strict=True)
        start = 1
        try:
            names = next(reader, [])
            start = reader.line_num + 1
            for cells in reader:
                if cells and len(cells) != len(names):
                    raise DatasetError(f"{path}:{start}: has {len(cells)} cells; the first line names {len(names)}")
                if cells:
                    yield start, dict(zip(names, cells, strict=True))
                start = reader.line_num + 1
        except csv.Error as error:
            raise DatasetError(f"{path}:{start}: not CSV: {error}") from None


def _json_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open(encoding="utf-8-sig") as stream:
        for line, text in enumerate(stream, start=1):
            if not text.strip():
                continue
            try:
                tree = json.loads(text)
            except (ValueError, RecursionError):
                raise DatasetError(f"{path}:{line}: not JSON; give one object a line") from None
            if not isinstance(tree, dict):
                raise DatasetError(f"{path}:{line}: is not an object with a prompt, a completion and a label")
            yield line, tree


def _row(tree: dict[str, Any], columns: LabelColumns, *, at: tuple[Path, int]) -> LabelledCompletion:
    where = f"{at[0]}:{at[1]}"
    for kind, name in columns.model_dump(exclude={"reference"}).items():
        if name not in tree:
            hint, known = did_you_mean(name, tree), ", ".join(tree)[:200]
            raise DatasetError(f"{where}: no column {name!r}{hint}; it has {known} (--{kind}-column names it)")
    texts = {kind: tree[name] for kind, name in (("prompt", columns.prompt), ("completion", columns.completion))}
    texts["reference"] = tree.get(columns.reference) or ""
    for kind, text in texts.items():
        if not isinstance(text, str) or any("\ud800" <= character <= "\udfff" for character in text):
            raise DatasetError(f"{where}: the {kind} is not text")
    label = _label(tree[columns.label], where=f"{where}: {columns.label}")
    return LabelledCompletion(line=at[1], **texts, label=label, model=_model(tree.get("model"), where=where))


def _model(given: Any, *, where: str) -> str:
    """Which model wrote a completion. Raises DatasetError where the column `model` holds no text."""
    if given is not None and not isinstance(given, str):
        raise DatasetError(f"{where}: model: {str(given)[:40]!r} is not text; name the model that wrote the completion")
    return encodable(given or "").strip()


def _label(given: Any, *, where: str) -> Label:
    word = str(int(given) if isinstance(given, bool | float) and float(given).is_integer() else given)
    known = _LABELS.get(word.strip().lower().replace(" ", "_").replace("-", "_"))
    if known is None:
        accepted = "; ".join(f"{label}: {', '.join(words)}" for label, words in WORDS.items())
        raise DatasetError(f"{where}: {word[:40]!r} is no label; accepted are {accepted}")
    return known
