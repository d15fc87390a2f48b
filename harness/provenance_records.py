"""Where everything in a run is from, read from its stages as they were asked: models, data, tasks, judges."""

from __future__ import annotations

from typing import Literal

from harness.record import Record
from harness.records import Checkpoint, SourceRows
from harness.specs import DatasetSource, GenerationSettings, ModelSource


class ModelFacts(Record):
    """A model that the run started from, read or asked."""

    role: str
    """`base model`, `unaligned sibling`, or the variant and seed of a checkpoint tuned elsewhere."""
    source: ModelSource
    checkpoint: Checkpoint | None
    """What was found there; None where the store no longer has it."""


class DataFacts(Record):
    """One source of data that something was tuned on."""

    role: str
    """`benign IFT data` or `safety data`, numbered where the run has several mixtures."""
    source: DatasetSource
    rows: SourceRows | None
    """How many of its rows were used; None where the store no longer has it."""


class TaskFacts(Record):
    """Where a task's rows are from."""

    name: str
    kind: Literal["builtin", "path", "hub", "lm_eval"]
    location: str
    """`builtin`, an absolute file or folder, a hub id, or lm-eval's name."""
    revision: str | None
    """Commit of a hub dataset."""
    digest: str
    """sha256 over the task's folder and its rows, or what names them."""
    subset: str | None
    limit: int | None


class JudgeFacts(Record):
    """A judge as it was asked."""

    name: str
    """What the config calls it."""
    plugin: str | None = None
    """Its file, where the config gave it another name."""
    settings: str
    """As JSON."""
    digest: str
    """sha256 of its file and of all that its verdicts hang on, joined by `+`."""


class VariantFacts(Record):
    """A variant's settings, for people."""

    name: str
    settings: str
    """In words, e.g. `learning rate 2e-4, 300 steps, all weights`."""
    learning_rate: float | None
    modules: Literal["found", "random", "complement", "named"] | None
    """Which modules it treats apart; None where its strategy treats all alike, or chooses otherwise."""


class RunFacts(Record):
    """What a run was made of."""

    models: tuple[ModelFacts, ...]
    """The base model first."""
    data: tuple[DataFacts, ...]
    tasks: tuple[TaskFacts, ...]
    judges: tuple[JudgeFacts, ...]
    variants: tuple[VariantFacts, ...]
    generation: GenerationSettings
    """How completions were made."""
    pins: tuple[str, ...]
    """`key=commit` for `--set`: hub revisions that the config leaves open."""
    loose: tuple[str, ...]
    """Hub sources that no `--set` can pin, as `owner/name@commit`."""
