"""Hostile text as GitHub Markdown that shows it and does nothing: no markup, HTML, link, mention or reference."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from harness.hostile import one_line, visible

LIMIT = 60_000
"""Characters; GitHub takes 65,536 in a comment."""
_STEPS = (1000, 100, 50, 25, 12, 6, 3, 1)
_MARKUP = re.compile(r"([\\`*_\[\]|~$])")
_OPENS = re.compile(r"^([#+\-=])|^(\d+)([.)])(?=\s|$)")
"""What makes a line a heading, a list or a rule where it begins a line."""
_BREAK = "&#8203;"
"""A zero-width space: GitHub looks for mentions and links in the rendered text, where a backslash is gone."""
_LINKS = re.compile(r"(?i)@(?=\w)|#(?=\d)|\bgh-(?=\d)|:(?=//)|\bwww(?=\.)|\b(?:mailto|xmpp):|:(?=[a-z+\-][\w+\-]*:)")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def plain(text: str, *, most: int = 300) -> str:
    """`text` in one line that Markdown shows as it is, cut openly after `most` characters. Fits a table's cell."""
    shown = one_line(text[: most * 2])
    if len(text) > most * 2 or len(shown) > most:
        shown, more = shown[:most], max(len(text), len(shown)) - most
        return f"{_escaped(shown)}… ({more:,} characters more)"
    return _escaped(shown)


def block(text: str, *, most: int = 4000) -> str:
    """`text` as a fenced block of code that it cannot close, cut openly after `most` characters."""
    shown = visible(text[:most])
    if len(text) > most:
        shown += f"\n… ({len(text) - most:,} characters more)"
    runs = (len(run) for run in re.findall(r"`+", shown))
    fence = "`" * max(3, max(runs, default=0) + 1)
    return f"{fence}\n{shown}\n{fence}"


def rows(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A table; heads and cells are Markdown already."""
    marks = ["---", *["---:"] * (len(heads) - 1)]
    return "\n".join(f"| {' | '.join(line)} |" for line in (heads, marks, *lines))


def listed(lines: Sequence[str], most: int) -> str:
    """Lines of Markdown as a list, cut openly after `most`."""
    rest = len(lines) - most
    return "\n".join(f"- {line}" for line in [*lines[:most], *([f"… and {rest:,} more"] if rest > 0 else [])])


def brackets(numbers: str) -> str:
    """Our own numbers, their brackets no link."""
    return numbers.replace("[", r"\[").replace("]", r"\]")


def _escaped(text: str) -> str:
    text = re.sub("[&<>]", lambda found: _ENTITIES[found.group()], _MARKUP.sub(r"\\\1", text))
    text = _LINKS.sub(lambda found: found.group() + _BREAK, text)
    return _OPENS.sub(lambda found: f"\\{found[1]}" if found[1] else f"{found[2]}\\{found[3]}", text)


def fitting(page: Callable[[int], str], *, limit: int) -> str:
    """`page(most)` with as many entries of each kind as fit into `limit` characters; one of each where none fits."""
    made = ""
    for most in _STEPS:
        made = page(most)
        if len(made) <= limit:
            break
    return made
