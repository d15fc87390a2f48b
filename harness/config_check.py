"""A part of a config's tree → a record, or one line that names the file, the key and what would be right."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from harness.errors import ConfigError, did_you_mean
from harness.record import Record

R = TypeVar("R", bound=Record)


def checked(model: type[R], tree: Any, *, where: str, at: str) -> R:
    """The record of a tree that lies at the key `at` of the file `where`. Raises ConfigError."""
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        raise ConfigError(f"{where}: {_in_words(error, model, at)}") from None


def _in_words(error: ValidationError, model: type[Record], at: str) -> str:
    first = error.errors()[0]
    more = sum(not _follows(other["type"], other["loc"], first["loc"]) for other in error.errors()[1:])
    location = ".".join([p for p in (at, *(str(p) for p in first["loc"])) if p])
    if first["type"] == "extra_forbidden":
        key = str(first["loc"][-1])
        known = _fields_at(model, first["loc"][:-1])
        text = f"{location}: unknown key{did_you_mean(key, known)}; known: {', '.join(sorted(known))}"
    elif first["type"] in ("model_type", "model_attributes_type"):
        keys = ", ".join(_fields_at(model, first["loc"]))
        text = f"{location}: is a section; write it with its keys ({keys}), {{}} for all defaults (got {_got(first)})"
    elif first["type"] == "missing":
        text = f"{location}: is required"
    else:
        text = first["msg"].removeprefix("Value error, ")
        if location:
            text = f"{location}: {text} (got {_got(first)})"
    return text + (f" (and {more} more)" if more > 0 else "")


def _follows(kind: str, location: tuple[int | str, ...], first: tuple[int | str, ...]) -> bool:
    """Whether it only says that a list is too short without the entry that is wrong."""
    return kind == "too_short" and first[: len(location)] == location


def _got(first: ErrorDetails) -> str:
    return repr(str(first["input"])[:80])


def _fields_at(model: type[Record], location: tuple[int | str, ...]) -> list[str]:
    """Names of the fields of the record that lies at `location` inside `model`."""
    fields = model.model_fields
    for part in location:
        if isinstance(part, str) and part in fields:
            inner = record_in(fields[part].annotation)
            if inner is None:
                break
            fields = inner.model_fields
    return list(fields)


def record_in(annotation: Any) -> type[Record] | None:
    """The record that a field of this annotation holds; None where it holds none."""
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        found = record_in(inner)
        if found is not None:
            return found
    return None
