"""Small decisions of the page: how many tiles a row has, which names stay whole, what a run's time was."""

from __future__ import annotations

import re

from harness.records import Manifest
from harness.report_ranking import duration

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


def made_words(manifest: Manifest) -> str:
    """`in 10 s; its stages took 1.8 h, 178 of 179 made before`."""
    took = f"in {duration(manifest.seconds)}"
    if not manifest.stages:
        return took
    total = duration(sum(stage.seconds for stage in manifest.stages))
    before = sum(stage.reused for stage in manifest.stages)
    made = f", {before:,} of {len(manifest.stages):,} made before" if before else ", all made in this run"
    return f"{took}; its stages took {total}{made}"
