"""Which formats there are, and which one a model is for."""

from __future__ import annotations

import json
import re
from pathlib import Path

from harness.errors import ConfigError, ModelError
from harness.guards.granite import GRANITE_GUARDIAN
from harness.guards.harmbench import HARMBENCH
from harness.guards.llama_guard import LLAMA_GUARD_3, LLAMA_GUARD_4
from harness.guards.shieldgemma import SHIELDGEMMA
from harness.guards.wildguard import WILDGUARD

FORMATS = {
    f.name: f for f in (LLAMA_GUARD_3, LLAMA_GUARD_4, HARMBENCH, WILDGUARD, SHIELDGEMMA, GRANITE_GUARDIAN)
}
HEAD = "head"
"""The name of a sequence-classification head among the formats; it has no prompt."""
_NAMES = {
    "llama_guard_3": r"llama-?guard-?3-8b",
    "llama_guard_4": r"llama-?guard-?4",
    "harmbench": r"harmbench.*cls(?!.*multimodal)",
    "wildguard": r"wild-?guard",
    "shieldgemma": r"shieldgemma(?!-?2-4b)",
    "granite_guardian": r"granite-guardian-3\.[012]",
}
"""What of a model's name tells its format; models for images, Llama Guard 3 1B and newer Granite Guardians are asked
in other forms."""


def detect(model: str, folder: Path) -> str:
    """The format of a model, by the architecture in its config.json or else by its name.

    `model` is what the settings call it, a hub id or a path. Raises ModelError where `folder` holds no readable
    config.json, ConfigError where none or several formats fit.
    """
    file = folder / "config.json"
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
        architectures = [str(name) for name in config.get("architectures") or ()]
    except (OSError, ValueError, AttributeError) as error:
        raise ModelError(f"{file}: is not a readable config.json") from error
    if any(name.endswith("ForSequenceClassification") for name in architectures):
        return HEAD
    names = (Path(model).name, str(config.get("_name_or_path") or ""))
    found = {name for name, pattern in _NAMES.items() if any(re.search(pattern, n, re.I) for n in names)}
    if len(found) != 1:
        raise ConfigError(
            f"judge classifier: the format of {model} is not clear from its name or config.json; give `format`, one "
            f"of {', '.join([*FORMATS, HEAD])}"
        )
    return found.pop()
