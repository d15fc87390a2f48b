"""Labelled completions in our own words, for tests of what is learned and calibrated."""

from __future__ import annotations

import csv
from pathlib import Path

THINGS = ("boats", "lamps", "chairs", "trains", "soups", "kites", "shoes", "clocks", "bread", "maps", "drums", "sails")
HELPS = ("You can fix {} like this: first, clean them.", "Here are three ways to choose {}.", "{} are made in towns.")
REFUSES = (
    "I'm sorry, but I can't help with {}.",
    "I cannot provide that about {}.",
    "It is not appropriate to ask {}.",
)
HEADER = "prompt,completion,label"


def rows() -> list[tuple[str, str, str]]:
    """(prompt, completion, label): 36 that comply and 36 that refuse, over 12 prompts."""
    made = [(t, s.format(t), "complies") for t in THINGS for s in HELPS]
    return made + [(t, s.format(t), "refuses") for t in THINGS for s in REFUSES]


def write(path: Path, lines: list[tuple[str, str, str]] | None = None, *, header: str = HEADER) -> Path:
    """The rows as a CSV."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(header.split(","))
        writer.writerows(rows() if lines is None else lines)
    return path
