"""What the report shows of its judges."""

from __future__ import annotations

from harness.record import Record
from harness.specs import JudgeCalibration


class JudgedTask(Record):
    """A judge's verdicts on one task, all checkpoints together."""

    task: str
    """Its title."""
    scores: bool
    """Whether its verdict is the score; else it was asked beside the judge that scores."""
    verdicts: int
    unscored: int


class CalibrationView(Record):
    """A judge against human labels."""

    measured: JudgeCalibration
    models: str
    """How the models that wrote the labelled completions differ from the audited one, in words."""


class JudgeView(Record):
    """One judge of the run."""

    name: str
    kind: str
    """E.g. `rules`, `guard model`, `panel`."""
    does: str
    """One line, from its docstring."""
    models: tuple[str, ...]
    """That it asks, with revision or address."""
    settings: tuple[tuple[str, str], ...]
    digest: str
    """sha256 of its file and of all that its verdicts hang on, joined by `+`; empty where not recorded."""
    tasks: tuple[JudgedTask, ...]
    exact: bool
    """Whether the answers that it scores are known by construction."""
    calibrations: tuple[CalibrationView, ...]
    """Against human labels; empty where it was not calibrated."""
    standing: str
    """How far its verdicts can be trusted, in one sentence."""


class Split(Record):
    """How often two outcomes stood against each other."""

    first: str
    second: str
    count: int


class DisagreementSample(Record):
    """A completion that judges read differently."""

    link: str
    """Fragment of the sample browser's view of it."""
    sample_id: str
    variant: str
    seed: int | None
    outcomes: tuple[tuple[str, str], ...]
    """(judge, outcome)."""
    prompt: str
    """Its opening."""
    completion: str
    """Its opening; empty where it is covered, however the report is written."""
    covered: bool
    more: int = 0
    """Further completions of the prompt, by other checkpoints, on which they differ."""


class Disagreement(Record):
    """Two judges of one task, or a panel's members among themselves."""

    task: str
    """Its title."""
    first: str
    """The judge that scores, or the panel."""
    second: str
    """The other judge; empty for a panel's members."""
    both: int
    """Completions that both scored."""
    differ: int
    prompts: int
    """Of those that they differ on."""
    splits: tuple[Split, ...]
    """The most frequent first; empty for a panel's members."""


class DisagreementView(Record):
    """A disagreement with the first completion of each of its first prompts."""

    counts: Disagreement
    samples: tuple[DisagreementSample, ...]


class JudgesView(Record):
    """The judges of a run."""

    judges: tuple[JudgeView, ...]
    unjudged: tuple[tuple[str, str], ...]
    """(title, metric) of tasks that no judge scores."""
    disagreements: tuple[DisagreementView, ...]
