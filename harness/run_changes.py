"""What is not the same in several runs: config keys, model and data, tasks, package versions, machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeGuard

import yaml

from harness.config_tree import tree_of
from harness.run_comparison_records import ChangedValue, RunInput

ABSENT = "–"
_MISSING = object()
_NAMES = ("name", "task", "source")
"""Keys that name an element of a list, the first that is set."""


def changed_values(runs: Sequence[RunInput]) -> tuple[ChangedValue, ...]:
    """Every value that differs, by kind and in order of first appearance.

    Raises ConfigError where a run's config is no YAML.
    """
    manifests = [run.sources.manifest for run in runs]
    configs = [tree_of(m.config_text, where=f"config of {m.name}") for m in manifests]
    tasks = [{c.name: f"version {c.version}, {c.digest}" for c in run.sources.table.tasks} for run in runs]
    machines = [
        {"hardware": m.hardware, "harness": f"{m.harness_version} {m.git_commit}".strip()} for m in manifests
    ]
    return (
        *_differing("config", configs),
        *_differing("model and data", [dict(run.facts) for run in runs]),
        *_differing("tasks", tasks),
        *_differing("packages", [dict(m.packages) for m in manifests]),
        *_differing("machine", machines),
    )


def _differing(kind: str, trees: Sequence[object]) -> Iterator[ChangedValue]:
    for name, values in _places(trees, ""):
        row = tuple(map(_text, values))
        if len(set(row)) > 1:
            yield ChangedValue.model_validate({"kind": kind, "name": name, "values": row})


def _places(trees: Sequence[object], path: str) -> Iterator[tuple[str, list[object]]]:
    """(`training.steps`, its value in every tree), going down only where every tree has keys there."""
    found = [_keyed(tree) for tree in trees]
    mappings = [one for one in found if one is not None]
    if len(mappings) < len(trees):
        yield path, list(trees)
        return
    for key in dict.fromkeys(key for tree in mappings for key in tree):
        below = [tree.get(key, _MISSING) for tree in mappings]
        name = path if isinstance(key, tuple) else f"{path}.{key}" if path else str(key)
        yield from _places(below, name)


def _keyed(tree: object) -> Mapping[object, object] | None:
    """A mapping; also a list of mappings, by what names each or else by (what it says, its number among those that say
    the same); None for anything else."""
    if isinstance(tree, dict):
        return tree
    if not isinstance(tree, list) or not _all_mappings(tree):
        return None
    names = [next((str(one[key]) for key in _NAMES if one.get(key) is not None), "") for one in tree]
    if "" not in names and len(set(names)) == len(names):
        return dict(zip(names, tree, strict=True))
    texts = [_text(one) for one in tree]
    return {(text, texts[:at].count(text)): one for at, (text, one) in enumerate(zip(texts, tree, strict=True))}


def _all_mappings(tree: list[object]) -> TypeGuard[list[dict[str, object]]]:
    return all(isinstance(one, dict) for one in tree)


def _text(value: object) -> str:
    """As YAML on one line, without what is null: a default that is not set."""
    if value is _MISSING:
        return ABSENT
    if isinstance(value, str):
        return value
    flow = yaml.safe_dump(_set(value), default_flow_style=True, allow_unicode=True, sort_keys=False, width=2**30)
    return flow.removesuffix("\n").removesuffix("\n...")


def _set(value: object) -> object:
    if isinstance(value, dict):
        return {key: _set(one) for key, one in value.items() if one is not None}
    return [_set(one) for one in value] if isinstance(value, list) else value
