"""Wrappers: texts that a prompt is put into, one YAML each beside this file; its name is the wrapper's.

They are attacks on refusals alone: about the form of the answer, with no know-how in them. To add one, add a file.
"""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import ValidationError

from harness import yaml_text
from harness.errors import TaskError, did_you_mean
from harness.task_specs import NO_WRAPPER, Wrapper

FOLDER = Path(__file__).resolve().parent


def names() -> tuple[str, ...]:
    """Names of all wrappers, in order."""
    return tuple(sorted(file.stem for file in FOLDER.glob("*.yaml")))


def load(name: str) -> Wrapper:
    """The wrapper called `name`. Raises TaskError for an unknown name or a malformed file."""
    if name not in names():
        known = (NO_WRAPPER, *names())
        raise TaskError(f"wrappers: unknown wrapper {name!r}{did_you_mean(name, known)}; known: {', '.join(known)}")
    return read(FOLDER / f"{name}.yaml")


def read(file: Path) -> Wrapper:
    """A wrapper from its file. Raises TaskError naming file and key."""
    try:
        tree = yaml_text.load(file.read_text(encoding="utf-8"))
        if not isinstance(tree, dict):
            raise TaskError(f"{file}: must be a mapping with title, text and source")
        return Wrapper.model_validate({**tree, "name": file.stem})
    except yaml.YAMLError as error:
        raise TaskError(f"{file}: {yaml_text.why(error)}") from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        raise TaskError(f"{file}: {f'{key}: ' if key else ''}{message}") from None
