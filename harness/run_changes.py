"""What is not the same in several runs: config keys, model and data, tasks, package versions, machine."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from harness.config_tree import tree_of
from harness.run_comparison_records import ChangedValue, RunInput

ABSENT = "–"
_MISSING = object()


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
    """(`training.steps`, its value in every tree), going down only where every tree has a mapping."""
    mappings = [tree for tree in trees if isinstance(tree, dict)]
    if len(mappings) < len(trees):
        yield path, list(trees)
        return
    for key in dict.fromkeys(key for tree in mappings for key in tree):
        below = [tree.get(key, _MISSING) for tree in mappings]
        yield from _places(below, f"{path}.{key}" if path else str(key))


def _text(value: object) -> str:
    if value is _MISSING:
        return ABSENT
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
