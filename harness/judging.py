"""A judge as it is asked: its settings checked, and a digest of all that its verdicts hang on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from harness import plugins, tasks
from harness.digests import digest_file, digest_folder
from harness.errors import ConfigError, did_you_mean
from harness.judges import JudgeSettings, decisive_of, files_of


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


def settings_text(judge: str, settings: JudgeSettings, *, decisive: bool) -> str:
    """The settings as canonical JSON; with `decisive` those at their defaults that cannot change a verdict."""
    told = decisive_of(plugins.load("judges", judge), settings) if decisive else settings
    return json.dumps(told.model_dump(mode="json"), sort_keys=True)


def source_digest(judge: str, settings: JudgeSettings) -> str:
    """sha256 of the judge's file and of what else its verdicts hang on, the built-in world where one of them reads it.

    A judge names further files and folders (shared code, a model) by `files(settings)`, which may raise ConfigError.
    Raises ConfigError for one that cannot be read.
    """
    named = (plugins.path("judges", judge), *files_of(plugins.load("judges", judge), settings))
    try:
        digests = [digest_folder(path) if path.is_dir() else digest_file(path) for path in named]
    except OSError as error:
        raise ConfigError(f"judging.settings.{judge}: {error.filename}: {error.strerror}") from None
    if any(_reads_world(path) for path in named):
        digests.append(tasks.builtin_digest())
    return "+".join(digests)


def _reads_world(path: Path) -> bool:
    return path.suffix == ".py" and "harness.builtin" in path.read_text(encoding="utf-8")
