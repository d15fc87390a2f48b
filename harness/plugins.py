"""Strategies, judges, backends and formats: a plug-in is a file, its name is the file's name.

They are listed and described without importing them, and loaded one at a time. To add one, add a file.
"""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from types import ModuleType

from harness.errors import HarnessError, PluginError, did_you_mean
from harness.resources import PACKAGE

KINDS = {
    "strategies": ("Settings", "train_spec"),
    "judges": ("Settings", "judge"),
    "backends": ("open_backend",),
    "formats": ("files",),
}
"""Folder in the package → the names that each of its files must define."""


def names(kind: str) -> tuple[str, ...]:
    """Names of the plug-ins of a kind (a key of KINDS), in order; imports none of them.

    Files that open with an underscore are shared code, not plug-ins. Raises PluginError for an unknown kind.
    """
    return tuple(sorted(f.stem for f in _folder(kind).glob("*.py") if not f.stem.startswith("_")))


def summary(kind: str, name: str) -> str:
    """First line of a plug-in's docstring, read without importing it. Raises as `docstring`."""
    return docstring(kind, name).splitlines()[0]


def docstring(kind: str, name: str) -> str:
    """A plug-in's docstring, read without importing it.

    Raises PluginError where the name is unknown, or the file is not Python or has no docstring.
    """
    file = path(kind, name)
    try:
        text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    except (OSError, SyntaxError, ValueError) as error:
        raise PluginError(f"{file}: cannot be read as Python: {error}") from None
    if not text:
        raise PluginError(
            f"{file}: opens with no docstring; its first line is what `harness ls {kind}` prints"
        )
    return text


def load(kind: str, name: str) -> ModuleType:
    """Import one plug-in and check that it defines what its kind must.

    Raises PluginError where the name is unknown, or the file fails to import or lacks a name.
    """
    file = path(kind, name)
    try:
        module = importlib.import_module(f"harness.{kind}.{name}")
    except HarnessError:
        raise
    except Exception as error:
        raise PluginError(f"{file}: fails to import: {type(error).__name__}: {error}") from error
    lacking = [needed for needed in KINDS[kind] if not hasattr(module, needed)]
    if lacking:
        raise PluginError(f"{file}: defines no {' and no '.join(lacking)}; see harness/{kind}/__init__.py")
    return module


def path(kind: str, name: str) -> Path:
    """The file of a plug-in. Raises PluginError for an unknown kind or name, with the nearest known one."""
    known = names(kind)
    if name not in known:
        hint = did_you_mean(name, known)
        raise PluginError(f"unknown plug-in {name!r} among {kind}{hint}; known: {', '.join(known)}")
    return _folder(kind) / f"{name}.py"


def _folder(kind: str) -> Path:
    if kind not in KINDS:
        raise PluginError(
            f"unknown kind of plug-in {kind!r}{did_you_mean(kind, KINDS)}; known: {', '.join(KINDS)}"
        )
    return PACKAGE / kind
