"""A judge's settings, as JSON, in words: the models behind it, and the other settings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

_MODEL = ("model", "revision", "base_url")
"""Settings that say which model is asked."""


def models_of(settings: str) -> tuple[str, ...]:
    """Every model that a judge asks, its members' included, as `owner/name, commit 0123…`."""
    return tuple(dict.fromkeys(_models(json.loads(settings))))


def settings_of(settings: str) -> tuple[tuple[str, str], ...]:
    """(key, value) of every setting that holds something, but for its models; of members as `member 1: key`."""
    return tuple(_flat(json.loads(settings), ""))


def _models(tree: Any) -> Iterator[str]:
    if isinstance(tree, dict):
        if isinstance(tree.get("model"), str):
            parts = [tree["model"]]
            parts += [f"commit {tree['revision']}"] if tree.get("revision") else []
            parts += [f"at {tree['base_url']}"] if tree.get("base_url") else []
            yield ", ".join(parts)
        for value in tree.values():
            yield from _models(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _models(value)


def _flat(tree: dict[str, Any], at: str) -> Iterator[tuple[str, str]]:
    for key, value in tree.items():
        if value is None or value == [] or (key in _MODEL and not at):
            continue
        if key == "members" and isinstance(value, list):
            for number, member in enumerate(value, start=1):
                own = member.get("settings") or {k: v for k, v in member.items() if k not in ("judge", "settings")}
                yield f"member {number}", str(member.get("judge", "?"))
                yield from _flat(own, f"member {number}: ")
            continue
        yield f"{at}{key.replace('_', ' ')}", value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
