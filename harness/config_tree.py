"""A config's tree: read from YAML, laid over the file that it extends, changed by --set. Nothing is checked here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from harness import yaml_text
from harness.errors import ConfigError

EXTENDS = "extends"
"""Key of the file, relative to the config's own folder, that a config is laid over."""


def read_tree(path: Path) -> dict[str, Any]:
    """The tree of a file, laid over that of the file it extends.

    Raises ConfigError for a file that cannot be read, is no mapping, or extends itself.
    """
    return _extended(path, below=())


def _extended(path: Path, *, below: tuple[Path, ...]) -> dict[str, Any]:
    """`below`: the files that extend this one."""
    if path.resolve() in below:
        raise ConfigError(f"{path}: {EXTENDS}: the file extends itself")
    tree = _read(path)
    named = tree.pop(EXTENDS, None)
    if named is None:
        return tree
    if not isinstance(named, str):
        raise ConfigError(f"{path}: {EXTENDS}: name one file, relative to this one")
    return overlaid(_extended(path.parent / named, below=(*below, path.resolve())), tree)


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; `harness ls configs` lists those that ship") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read as UTF-8 text ({error})") from None
    return tree_of(text, where=str(path))


def tree_of(text: str, *, where: str) -> dict[str, Any]:
    """The tree of a YAML text. Raises ConfigError, calling the text `where`."""
    try:
        tree = yaml_text.load(text)
    except yaml.YAMLError as error:
        line = yaml_text.line_of(error)
        raise ConfigError(f"{where}{f':{line}' if line else ''}: {yaml_text.why(error)}") from None
    if not isinstance(tree, dict):
        raise ConfigError(f"{where}: a config is a mapping of sections (name, base, dataset, variants, ...)")
    return tree


def apply_override(tree: dict[str, Any], override: str) -> None:
    """Change the tree as `--set key.key=value` says. Raises ConfigError where it cannot be done."""
    dotted, sign, text = override.partition("=")
    if not sign or not dotted:
        raise ConfigError(f"--set {override}: write it as key.key=value")
    node: Any = tree
    *parents, last = _keys(tree, dotted.split("."))
    for key in parents:
        node = node.setdefault(key, {})
        if not isinstance(node, dict):
            raise ConfigError(f"--set {override}: {key} is not a section")
    try:
        node[last] = yaml_text.load(text)
    except yaml_text.TwiceError as error:
        raise ConfigError(f"--set {override}: {yaml_text.why(error)}") from None
    except yaml.YAMLError:
        raise ConfigError(f"--set {override}: {text!r} is not a YAML value") from None


def _keys(tree: Any, parts: list[str]) -> list[str]:
    """The keys that the parts of a dotted key mean: a key of the tree that has dots itself is found first."""
    keys: list[str] = []
    while parts:
        known = tree if isinstance(tree, dict) else {}
        count = next((n for n in range(len(parts), 0, -1) if ".".join(parts[:n]) in known), 1)
        keys.append(".".join(parts[:count]))
        tree, parts = known.get(keys[-1]), parts[count:]
    return keys


def overlaid(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """`below` with the values of `above`; mappings are overlaid in turn, everything else is replaced."""
    both = [k for k, v in above.items() if isinstance(v, dict) and isinstance(below.get(k), dict)]
    return {**below, **above, **{key: overlaid(below[key], above[key]) for key in both}}
