"""A plug-in in words, from its own docstring: its title, what it does, and whose it is. Imports no plug-in."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness import plugins
from harness.errors import PluginError

SOURCE = re.compile(r"\bSource: ")
UNKNOWN = "no longer among the plug-ins of this installation; what it does is not known here"


@dataclass(frozen=True)
class PluginWords:
    """What the docstring says."""

    title: str
    """Of its first line what stands before the colon, else the plug-in's name."""
    does: str
    """The rest of that line, or the whole of it."""
    source: str
    """From `Source:` to the end of that paragraph, on one line; empty where the docstring has none."""


def plugin_words(kind: str, name: str) -> PluginWords:
    """The words of a plug-in; of one that is gone since the run, or has no docstring, that this is not known."""
    try:
        text = plugins.docstring(kind, name)
    except PluginError:
        return PluginWords(title=name, does=UNKNOWN, source="")
    first = text.splitlines()[0]
    title, colon, does = first.partition(": ")
    known = SOURCE.search(text)
    paragraph = text[known.end() :].split("\n\n")[0] if known else ""
    source = " ".join(paragraph.split())
    if not colon:
        return PluginWords(title=name, does=first, source=source)
    return PluginWords(title=title, does=does, source=source)
