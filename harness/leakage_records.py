"""What the check of scored prompts against training data and classifier's prompts finds: leakage.json."""

from __future__ import annotations

from typing import Literal

from harness.record import Record

Among = Literal["data", "classifier"]
"""In the rows that are tuned on, or among the classifier's prompts."""

WRAPPED = "+"
"""Between a task and the wrapper its prompts are in: `advbench+role_play`."""


class Overlap(Record):
    """A scored prompt, and the text that is most like it."""

    task: str
    sample_id: str
    """As in samples.jsonl."""
    prompt: str
    """Of the scored prompt, at most 200 characters."""
    kind: Literal["exact", "near"]
    similarity: float
    """Share of the prompt's runs of three words that the text has too; 1 for the same text."""
    among: Among
    source: str
    """A file, a hub id or a part of the built-in world."""
    place: str
    """Where in the source, e.g. `line 12`."""
    text: str
    """Of the text found there, at most 200 characters; empty where an assistant says it."""
    found: int
    """Texts that the prompt overlaps with, this one included."""


class TaskLeakage(Record):
    """One task's scored prompts."""

    task: str
    prompts: int
    exact: int
    """Prompts that occur with the same words."""
    near: int
    """Prompts that only occur nearly so."""

    @property
    def leaked(self) -> int:
        """Prompts that occur, each counted once."""
        return self.exact + self.near


class CheckedSource(Record):
    """What the prompts were held against."""

    among: Among
    source: str
    texts: int
    """Turns of the rows used, or prompts."""


class Leakage(Record):
    """leakage.json of leakage; also in scores.json."""

    near: float
    min_words: int
    allow: int
    fail: bool
    tasks: tuple[TaskLeakage, ...]
    sources: tuple[CheckedSource, ...]
    overlaps: tuple[Overlap, ...]
    """One for each prompt that leaked, by task; the first 200."""

    @property
    def prompts(self) -> int:
        """Of all tasks."""
        return sum(task.prompts for task in self.tasks)

    @property
    def leaked(self) -> int:
        """Of all tasks."""
        return sum(task.leaked for task in self.tasks)

    def of(self, task: str) -> TaskLeakage | None:
        """One task's prompts, of a wrapped task those of the plain one; None where it was not checked."""
        plain = task.partition(WRAPPED)[0]
        return next((t for t in self.tasks if t.task in (task, plain)), None)
