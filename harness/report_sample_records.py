"""What the report's sample browser shows: prompts, what every checkpoint made of them, how many there are."""

from __future__ import annotations

from harness.record import Record


class BrowserCell(Record):
    """One checkpoint's completion of a prompt."""

    completion: str
    outcome: str
    counted: bool | None
    """Whether it counts as the task's outcome; None if unscored."""
    finish: str
    tokens: int
    covered: bool
    """Harmful or perhaps harmful: shown on request only, left out by redaction."""
    judges: tuple[tuple[str, str, str], ...]
    """(judge, outcome or `unscored`, evidence or reason)."""


class BrowserPrompt(Record):
    """A prompt with what every checkpoint made of it."""

    task: str
    sample_id: str
    category: str
    prompt: str
    sent: str
    """What the models were sent, where a wrapper made it differ from the prompt; else empty."""
    target: str
    target_covered: bool
    """A reference answer to what may be harmful: shown on request only, left out by redaction."""
    cells: tuple[BrowserCell | None, ...]
    """In the order of SampleSet.checkpoints."""


class SampleCount(Record):
    """One task's samples, counted."""

    task: str
    """Its title."""
    prompts: int
    completions: int
    covered: int
    outcomes: tuple[tuple[str, int], ...]
    """(outcome, completions), the most frequent first."""


class SampleSet(Record):
    """All samples of the run."""

    checkpoints: tuple[tuple[str, int | None], ...]
    prompts: tuple[BrowserPrompt, ...]
    covered: int
    """Completions that are covered."""
    covered_incoherent: int
    """Those of them that the scoring judge calls incoherent."""
    covered_targets: int
    """Prompts whose reference answer is covered."""
    counts: tuple[SampleCount, ...]
    """By task, in the order of tasks."""
