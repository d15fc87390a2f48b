"""Small decisions of the page: how many tiles a row has, which names stay whole."""

from __future__ import annotations

import re

MOST = 4
"""Tiles in a row of the widest page."""
_SHORT = 15
"""Characters that find room in a narrow column."""
_DIGEST = re.compile(r"\b[0-9a-f]{40,64}\b")


def columns(tiles: int) -> int:
    """Tiles in a row, at most MOST: the fewest empty places in the last row, and rather more in a row."""
    if tiles <= MOST:
        return max(2, tiles)
    return min((MOST, MOST - 1), key=lambda wide: -tiles % wide)


def short(name: str) -> str:
    """The class that keeps a short name on one line; a long one may break, or a phone would scroll sideways."""
    return "short" if len(name) <= _SHORT else ""


def cut_digests(text: str) -> str:
    """Long hexadecimal digests by their first 12 digits: enough to tell two apart."""
    return _DIGEST.sub(lambda found: f"{found.group()[:12]}…", text)
