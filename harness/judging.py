"""A judge as it is asked: its settings checked, and a digest of all that its verdicts hang on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from harness import plugins, tasks
from harness.digests import digest_file
from harness.errors import ConfigError, did_you_mean
from harness.judges import JudgeSettings


def settings_of(judge: str, given: Mapping[str, Any], *, where: str) -> JudgeSettings:
    """The judge's own settings from what was given.

    Raises PluginError for an unknown judge, ConfigError (opening with `where`) for settings that it does not take.
    """
    model: type[JudgeSettings] = plugins.load("judges", judge).Settings
    try:
        return model.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
    known = sorted(model.model_fields)
    key = ".".join(str(part) for part in first["loc"])
    takes = f"it takes {', '.join(known)}" if known else "it takes no settings"
    if first["type"] == "extra_forbidden":
        said = f"unknown setting{did_you_mean(key, known)}"
    elif first["type"] == "missing":
        said = "is required"
    else:
        said = first["msg"].removeprefix("Value error, ")
    raise ConfigError(f"{where}: judge {judge}: {key}: {said}; {takes}")


def source_digest(judge: str, settings: JudgeSettings) -> str:
    """sha256 of the judge's file; with it those of the built-in world, where it reads that, and of what it names.

    A judge names further files (shared code, a model) by an optional `files(settings) -> tuple[Path, ...]`, which may
    raise ConfigError where one of them is bad.
    """
    path = plugins.path("judges", judge)
    parts = [digest_file(path)]
    if "harness.builtin" in path.read_text(encoding="utf-8"):
        parts.append(tasks.builtin_digest())
    named = getattr(plugins.load("judges", judge), "files", None)
    if named is not None:
        parts += [digest_file(file) for file in named(settings)]
    return "+".join(parts)
