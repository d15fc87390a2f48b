"""Finds the folders tasks/, reports/ and configs/, in a wheel (inside the package) or in a checkout (beside it)."""

from __future__ import annotations

from pathlib import Path

from harness.errors import WorldError

PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """The folder `name` (tasks, reports or configs).

    Raises WorldError where the installation lacks it.
    """
    for candidate in (PACKAGE / name, PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise WorldError(f"the installation lacks its {name}/ folder; reinstall the package")
