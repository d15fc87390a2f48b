"""What every checkpoint of a run did on every prompt, and a run's outcomes laid against another's. Holds no text that
a model or a prompt said, so that a run can serve as a baseline where its store is not.
"""

from __future__ import annotations

from harness.baseline_records import BaselineRun
from harness.record import Record
from harness.records import Comparison, TaskCard
from harness.specs import GenerationSettings


class JudgeIdentity(Record):
    """A judge as it was: other settings or other bytes are another instrument."""

    name: str
    settings: str
    """Canonical JSON."""
    digest: str
    """sha256 of the judge's file and of what else its verdicts hang on."""


class VariantOutcomes(Record):
    """One variant on one task."""

    variant: str
    outcomes: tuple[tuple[float | None, ...], ...]
    """A row for each seed, in the order of the task's prompts: from 0 to 1, None where unscored."""


class TaskOutcomes(Record):
    """One task: how it was asked and scored, and what came out."""

    card: TaskCard
    rows: str
    """sha256 over the task's folder and its rows; other rows may share prompts."""
    judge: JudgeIdentity | None
    """None where a metric scores it."""
    generated: bool
    """Whether answers were generated; else they are choices by log-likelihood."""
    prompts: tuple[str, ...]
    """Keys of the prompts (prompt_outcomes.py)."""
    leaked: int | None
    """Prompts that occur in the data or among the classifier's; None where nothing looked."""
    variants: tuple[VariantOutcomes, ...]

    def of(self, variant: str) -> VariantOutcomes | None:
        """A variant's outcomes; None where the run has no such variant."""
        return next((one for one in self.variants if one.variant == variant), None)


class RunOutcomes(Record):
    """outcomes.json of a run."""

    run: BaselineRun
    score_key: str
    score_digest: str
    """sha256 over the score stage's files: whether this file and the manifest are of one run."""
    base: str
    """The base model in words: where it lay, and its revision."""
    base_digest: str
    """sha256 over its weights, config and tokenizer."""
    generation: GenerationSettings
    """Of the base; variants differ from it by their system prompt alone."""
    system_prompts: tuple[tuple[str, str], ...]
    """(variant, its strategy's own system prompt)."""
    tasks: tuple[TaskOutcomes, ...]

    @property
    def variants(self) -> tuple[str, ...]:
        """The names of its variants, in order of appearance."""
        return tuple(dict.fromkeys(one.variant for task in self.tasks for one in task.variants))

    def task(self, name: str) -> TaskOutcomes | None:
        """A task by its name; None where the run does not ask it."""
        return next((task for task in self.tasks if task.card.name == name), None)


class GivenBaseline(Record):
    """A baseline as a command line gives it; baseline.json of a run that was judged against one."""

    outcomes: RunOutcomes
    variant: str | None = None
    """The one variant that every judged variant is measured against; None: that of the same name."""


class Against(Record):
    """A judged variant on a task, beside the baseline's."""

    variant: str
    task: str
    reference: str
    """The baseline's variant."""
    comparison: Comparison | None = None
    """On the prompts that both runs scored; None where they are not comparable, or share none."""
    scored: int = 0
    unscored: int = 0
    """The baseline's samples on this task."""
    seeds: int = 1
    """The baseline's."""
    prompts: int = 0
    """The baseline's prompts on this task."""
    leaked: int | None = 0
    """Of them, those that occur in the baseline's data; None where nothing looked."""
    gap: str = ""
    """Why the two cannot be compared; empty where they can."""
    settle: str = ""
    """What would make them comparable."""
    notes: tuple[str, ...] = ()
    """What to know of a comparison that can be made."""


class BaselineTable(Record):
    """All that a policy's rules with `reference: baseline` look at."""

    run: BaselineRun
    pairs: tuple[Against, ...]

    def of(self, variant: str, task: str) -> Against | None:
        """A judged variant on a task; None where no rule asks for it."""
        return next((pair for pair in self.pairs if (pair.variant, pair.task) == (variant, task)), None)
