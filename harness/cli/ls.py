"""`harness ls KIND`: what there is to choose from."""

from __future__ import annotations

import shutil
import sys
import textwrap
from typing import Annotated

import typer

from harness.errors import InputError, did_you_mean

KINDS = ("strategies", "judges", "backends", "formats", "tasks", "wrappers", "configs", "policies")

NARROW = 20
"""Columns of a phrase below which it is left to the terminal to break."""


def ls(
    kind: Annotated[
        str, typer.Argument(help="strategies, judges, backends, formats, tasks, wrappers, configs or policies.")
    ],
) -> None:
    """List strategies, judges, backends, formats, tasks, wrappers, configs or policies, one a line with a phrase.

    Example: harness ls strategies
    """
    if kind not in KINDS:
        raise InputError(f"ls: unknown kind {kind!r}{did_you_mean(kind, KINDS)}; known: {', '.join(KINDS)}")
    lines = rows(kind)
    width = max((len(name) for name, _ in lines), default=0)
    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for name, phrase in lines:
        typer.echo(folded(f"{name:{width}}  {phrase}".rstrip(), columns=columns, indent=width + 2))


def folded(line: str, *, columns: int | None, indent: int) -> str:
    """The line in as many as a terminal of so many columns needs, the further ones indented; None leaves it whole."""
    if columns is None or columns - indent < NARROW:
        return line
    return textwrap.fill(line, columns, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False)


def rows(kind: str) -> tuple[tuple[str, str], ...]:
    """(name, phrase) of everything of a kind; imports no plug-in.

    Raises TaskError or PluginError where a file of that kind is malformed.
    """
    if kind == "tasks":
        from harness.tasks import list_tasks

        return tuple(
            (card.name, f"[{card.axis}] {card.title}; counts {card.outcome}") for card in list_tasks()
        )
    if kind == "wrappers":
        from harness import wrappers

        return tuple((name, wrappers.load(name).title) for name in wrappers.names())
    if kind == "configs":
        from harness import resources

        # A name that begins with `_` is a part that others extend; policies/ holds gates, not runs.
        found = resources.folder("configs").rglob("*.yaml")
        files = sorted(f for f in found if not f.name.startswith("_") and f.parent.name != "policies")
        return tuple((str(file), _opening(file.read_text(encoding="utf-8"))) for file in files)
    if kind == "policies":
        from harness import resources

        files = sorted((resources.folder("configs") / "policies").glob("*.yaml"))
        return tuple((file.stem, _opening(file.read_text(encoding="utf-8"))) for file in files)
    from harness import plugins

    return tuple((name, plugins.summary(kind, name)) for name in plugins.names(kind))


def _opening(text: str) -> str:
    """A config's second comment line, which says what it is; the first is the command that runs it."""
    comments = [line.lstrip("# ").strip() for line in text.splitlines() if line.startswith("#")]
    return comments[1] if len(comments) > 1 else ""
