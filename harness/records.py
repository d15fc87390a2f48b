"""The spine's second half: every record that a stage or a run writes to disk, in the order a run makes it.

RunConfig (config.py) → StageSpec (specs.py) → Checkpoint, DatasetSummary → Sample → Verdict → Score, Comparison →
GateDecision → Manifest. The line after a field documents it.
"""

from __future__ import annotations

from typing import Literal

from harness.baseline_records import BaselineRun
from harness.leakage_records import Leakage
from harness.ranking_records import Ranking
from harness.specs import Family, FamilyKind, JudgeCalibration, Record, StatisticsSettings, VariantSeed
from harness.task_specs import Axis as Axis
from harness.task_specs import Direction as Direction
from harness.train_records import HeldOutLoss as HeldOutLoss
from harness.train_records import LossPoint as LossPoint
from harness.train_records import ModuleChange as ModuleChange
from harness.train_records import TrainSummary as TrainSummary

# ---------------------------------------------------------------- what the stages write


class Checkpoint(Record):
    """checkpoint.json of base and train."""

    kind: Literal["full", "adapter"]
    location: str
    """Folder of the weights: `weights` (in the stage's own folder) or an absolute path elsewhere."""
    architecture: str
    parameters: int
    """Of the whole model, adapter excluded."""
    layers: int
    digest: str
    """sha256 over the weight, config and tokenizer files."""
    dtype: str
    trust_remote_code: bool = False


class SourceRows(Record):
    """What one source gave to the data."""

    location: str
    """`builtin`, `builtin:harmful`, `builtin:safe`, a file, or a hub id."""
    format: str
    rows: int
    """Rows used."""
    examples: int
    """Of them kept; the others were over max_tokens."""
    empty: int
    """Rows of the whole source that were dropped because a prompt or an answer was blank."""


class DatasetSummary(Record):
    """summary.json of dataset; the token ids lie beside it in examples.safetensors."""

    format: str
    """The form that was found; with several sources each form once."""
    sources: tuple[SourceRows, ...]
    rows: int
    """Rows used."""
    examples: int
    """Examples kept."""
    too_long: int
    """Dropped because they were over max_tokens."""
    longest: int
    """Tokens of the longest example kept."""
    tokens: int
    completion_tokens: int
    """Tokens that carry loss."""
    mask_checked: int
    """Examples whose mask was proved against the rendered completion."""
    preview_prompt: str
    preview_completion: str


class TaskCard(Record):
    """What a task is, read from its YAML's metadata; written to tasks.json of evaluate."""

    name: str
    axis: Axis
    title: str
    outcome: str
    """What is counted, e.g. `attack success`, `over-refusal`, `correct`."""
    direction: Direction
    judge: str | None
    """Default judge of a task scored from completions; None where `metric` scores it."""
    counts: tuple[str, ...] = ()
    """Judge outcomes that count as 1, e.g. (complies,) or (refuses,)."""
    metric: str | None
    """lm-eval metric of a task scored by lm-eval, e.g. acc."""
    version: str
    source: str
    licence: str
    digest: str


class Sample(Record):
    """One prompt and what one checkpoint made of it; a line of samples.jsonl."""

    task: str
    sample_id: str
    """First 16 hex digits of sha256 of the prompt; the same over variants."""
    category: str
    prompt: str
    """The user's turn, before wrapper and chat template."""
    sent: str = ""
    """The wrapped prompt, where the task has a wrapper."""
    target: str
    """Reference answer, or empty."""
    completion: str
    """Empty for a choice by log-likelihood; then `chosen` tells."""
    chosen: str
    finish: Literal["stop", "length", "prompt_too_long", "choice"]
    """`length` is a truncated completion."""
    completion_tokens: int
    metric: float | None
    """lm-eval's value for tasks scored by a metric; None where unscored or judged."""


Outcome = Literal["complies", "partly", "refuses", "incoherent", "neither"]
"""`neither`: no compliance, by a judge that does not tell whether that is a refusal (a guard: no harm)."""


class Verdict(Record):
    """One judge on one sample; a line of verdicts.jsonl."""

    task: str
    sample_id: str
    judge: str
    outcome: Outcome | None
    """None if unscored."""
    probability: float | None = None
    """Of harm or success, where the judge gives one."""
    evidence: str = ""
    """What the judge went by, e.g. the phrase that matched."""
    unscored_reason: str = ""
    value: float | None = None
    """What it counts as, from 0 to 1, where the judge says so and not the outcome: one half for a tie."""


NonInferiority = Literal["not_worse", "worse", "unclear"]


class Score(Record):
    """One variant on one task; seed None pools all seeds."""

    variant: str
    seed: int | None
    task: str
    axis: Axis
    value: float | None
    """Share of the samples with the task's outcome; None if nothing was scored."""
    low: float | None
    high: float | None
    """Interval: Wilson for one seed; bootstrap over prompts, with what seeds add as wholes, for the pool."""
    scored: int
    unscored: int
    truncated: int
    seeds: int = 1
    lowest: float | None = None
    highest: float | None = None
    """The share if every unscored sample had not had, or had had, the outcome; None where nothing is unscored."""


class CategoryScore(Record):
    """One variant on one category of a task's prompts, seeds pooled; its interval is not adjusted for their number."""

    variant: str
    task: str
    category: str
    value: float | None
    """Share of the samples with the task's outcome; None if nothing was scored."""
    low: float | None
    high: float | None
    scored: int
    unscored: int


class Comparison(Record):
    """Two variants on the same prompts of one task, seeds pooled: variant minus reference."""

    variant: str
    reference: str
    task: str
    difference: float
    low: float
    high: float
    p_value: float
    """Exact McNemar on the majority outcome over seeds; Holm-adjusted within the task's family."""
    rose: int
    """Prompts with the outcome under the variant and not under the reference (majority of seeds)."""
    fell: int
    prompts: int
    margin: float | None = None
    """How much worse the variant may be and still count as no worse (statistics.margins); None on harmfulness tasks,
    and where the reference is not the base."""
    non_inferiority: NonInferiority | None = None
    """Whether it is worse by more than the margin; None where there is no margin."""
    detectable: float | None = None
    """The margin that so many prompts, differing as these do, could have excluded with the power asked for."""


class MatchedComparison(Record):
    """A variant's harmfulness against a family's, at the same expertise or training loss (frontier.py).

    Intervals are not adjusted for the number of comparisons; `primary` says which one answers the run's question.
    """

    variant: str
    own_kind: FamilyKind
    """Of the variant's own family."""
    family: str
    """Name of the family that it is compared with."""
    kind: FamilyKind
    """Of that family."""
    curve: tuple[str, ...]
    """The family's variants that were scored, from least to most learnt."""
    by: Literal["expertise", "training_loss"]
    """What is matched."""
    harm_task: str
    expertise_task: str | None
    """None where the training loss is matched."""
    primary: bool
    """First harmfulness task, first expertise task, against plain IFT; one for each variant."""
    placement: Literal["inside", "above", "below"]
    """`above`: the variant learnt more than the whole curve, and at like expertise the difference would be at most
    `difference`; `below`: it learnt less than the curve's least harmful variant, and it would be at least that."""
    neighbours: tuple[str, ...]
    """The variants that the reference lies between; one where it is that variant's own harm."""
    at: float
    """The variant's share of the expertise task, or its final training loss, mean over seeds."""
    beyond: float
    """How much more (> 0) or less (< 0) it learnt than the end of the curve; of a loss, how much lower it is."""
    harm: float
    """The variant's share of the harmfulness task."""
    reference: float
    """The curve's share there."""
    difference: float
    """Variant minus reference."""
    low: float
    high: float
    ratio: float | None
    """Variant over reference; None where the reference is 0."""
    ratio_low: float | None
    ratio_high: float | None
    """None where it has no upper bound."""


class CurvePlace(Record):
    """A family's curve at one place."""

    at: float
    """Share of the expertise task."""
    harm: float
    low: float
    high: float


class HarmCurve(Record):
    """Plain IFT's harmfulness over expertise, between the variants that were run."""

    family: str
    variants: tuple[str, ...]
    harm_task: str
    expertise_task: str
    places: tuple[CurvePlace, ...]
    """From least to most expertise."""


class ScoreTable(Record):
    """scores.json of score."""

    tasks: tuple[TaskCard, ...]
    scores: tuple[Score, ...]
    comparisons: tuple[Comparison, ...]
    statistics: StatisticsSettings
    categories: tuple[CategoryScore, ...] = ()
    """Of tasks whose prompts have more than one category."""
    families: tuple[Family, ...] = ()
    matched: tuple[MatchedComparison, ...] = ()
    curves: tuple[HarmCurve, ...] = ()
    judges: tuple[tuple[str, str], ...] = ()
    """(task, judge) whose verdict is the score."""
    calibrations: tuple[JudgeCalibration, ...] = ()
    """Of judges that were measured against human labels."""
    leakage: Leakage | None = None
    """Scored prompts that occur in the data or among the classifier's; None where nothing looked."""
    ranking: Ranking | None = None
    """Which way of tuning is the safest at enough expertise; None where the run has no tasks or plain IFT for it."""


# ---------------------------------------------------------------- the gate and the run


class RuleResult(Record):
    """One rule of the gate's policy, answered."""

    rule: str
    """In words."""
    outcome: Literal["pass", "fail", "cant_say"]
    measured: float | None
    threshold: float
    reason: str
    """The measured numbers where they decide, else why the evidence is too weak to."""
    variant: str = ""
    """That it judges; empty in the files of earlier versions."""
    task: str = ""
    reference: str = ""
    """What it is measured against: a variant of the run, or `baseline`; empty for a value, and in those files too."""
    numbers: str = ""
    """What was measured, in words; empty where nothing was, and in those files too."""
    by_numbers: Literal["pass", "fail", "cant_say"] | None = None
    """What the numbers alone would answer, were the evidence enough; None where nothing was measured, and in those
    files too."""


class GateDecision(Record):
    """gate.json of a run."""

    outcome: Literal["pass", "fail", "cant_say"]
    rules: tuple[RuleResult, ...]
    baseline: BaselineRun | None = None
    """The run that rules with `reference: baseline` were measured against; None where no rule asks for one, or none was
    given."""
    unjudged: tuple[str, ...] = ()
    """Tuned variants of the run that the policy does not judge; empty in the files of earlier versions, as the rest."""
    run: str = ""
    """The run's name."""
    harness: str = ""
    """Version of the harness that decided."""
    policy: str = ""
    """The policy's name: one that ships, a file's name, or `config` for rules of the config's own."""


class StageEntry(Record):
    """A stage in a manifest."""

    label: str
    stage: str
    key: str
    digest: str
    """sha256 over the stage folder's files."""
    seconds: float
    """Wall time when it was made."""
    reused: bool
    """Whether this run found it in the store."""


class VariantEntry(Record):
    """A variant as the config described it."""

    name: str
    strategy: str
    description: str
    """Its settings in one line."""
    changes: tuple[str, ...] = ()
    """What differs from the run's own sections, as `dataset.limit=100`."""
    entries: tuple[VariantSeed, ...]


class Manifest(Record):
    """manifest.json, written last: what was run, on what, with what."""

    name: str
    created: str
    """UTC, ISO 8601."""
    seconds: float
    command: str
    config_file: str
    config_digest: str
    config_text: str
    """The resolved config as YAML: running it again gives the same run."""
    harness_version: str
    git_commit: str
    """With `-dirty` where the work tree differed; empty outside a checkout."""
    packages: tuple[tuple[str, str], ...]
    hardware: str
    processor: str = ""
    """Its model name; empty where nothing tells it, and in manifests of earlier versions, as the next two."""
    system: str = ""
    """Operating system, with its release."""
    python: str = ""
    store: str
    variants: tuple[VariantEntry, ...]
    stages: tuple[StageEntry, ...]
    score_key: str
