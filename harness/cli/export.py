"""`harness export RUN`: placeholder."""

from __future__ import annotations


def export() -> None:
    """Write.

    Example: harness export
    """
