"""The spine's first half: what a stage is asked to do. Everything here is resolved and goes into a stage's key.

Records are frozen and closed: an unknown key is an error. The line after a field documents it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SerializationInfo, SerializerFunctionWrapHandler, model_serializer

from harness.analysis_specs import AnalyzeParams, PromptSource, SearchParams
from harness.loop_specs import LoopSettings as LoopSettings
from harness.loop_specs import LoraSpec as LoraSpec
from harness.ranking_records import RankingParams
from harness.record import FOR_KEY
from harness.record import Record as Record
from harness.task_specs import Axis
from harness.task_specs import TaskRef as TaskRef
from harness.train_specs import CheckpointSpec as CheckpointSpec
from harness.train_specs import GroupRule as GroupRule
from harness.train_specs import Phase as Phase
from harness.train_specs import TrainSpec as TrainSpec

# ---------------------------------------------------------------- what a stage is asked to do


class ModelSource(Record):
    """A base model, resolved: what it is and which bytes."""

    kind: Literal["builtin", "path", "hub"]
    location: str
    """`builtin`, `builtin:unaligned`, an absolute folder, or a hub id."""
    revision: str | None = None
    """Full commit hash of a hub model."""
    digest: str | None = None
    """sha256 over the files of a local folder."""
    trust_remote_code: bool = False
    seed: int = 0
    """Seed of the built-in model; unused otherwise."""


class DatasetSource(Record):
    """One source of IFT data, resolved."""

    kind: Literal["builtin", "file", "hub"]
    location: str
    """`builtin`, `builtin:harmful`, `builtin:safe`, an absolute file, or a hub id."""
    revision: str | None = None
    digest: str | None = None
    """sha256 of a local file."""
    format: Literal["auto", "alpaca", "sharegpt", "messages", "prompt_response"] = "auto"
    split: str = "train"
    prompt_field: str | None = None
    """Column of the prompt in prompt/response data that uses other names, e.g. question."""
    response_field: str | None = None
    limit: int | None = Field(default=None, gt=0)
    """Use this many rows, drawn by `seed`."""
    share: float | None = Field(default=None, gt=0, lt=1)
    """Use so many rows that this is their share of the mixture, drawn by `seed`; for sources mixed in."""
    seed: int = 0
    empty: Literal["error", "drop"] = "error"
    """What becomes of a row whose prompt or answer is blank; dropped ones are counted."""


class GenerationSettings(Record):
    """How completions are made, alike for all variants."""

    backend: str = "vllm"
    max_new_tokens: int = Field(default=256, gt=0)
    """Upper bound for every task; a task's own smaller max_gen_toks holds."""
    max_model_len: int = Field(default=2048, gt=0)
    """Prompt plus completion, tokens; longer prompts are unscored."""
    temperature: float = Field(default=0.0, ge=0)
    seed: int = 0
    dtype: Literal["float32", "bfloat16", "float16", "auto"] = "auto"
    system_prompt: str | None = None
    batch_size: int = Field(default=256, gt=0)
    """Prompts in flight at once."""
    threads: int = Field(default=1, gt=0)


class BaseParams(Record):
    """Stage base: obtain the base model and check that it can be tuned."""

    stage: Literal["base"] = "base"
    source: ModelSource
    threads: int = 1


class DatasetParams(Record):
    """Stage dataset: benign IFT data → token ids with a completion-only loss mask. Input: base."""

    stage: Literal["dataset"] = "dataset"
    source: DatasetSource
    also: tuple[DatasetSource, ...] = ()
    """Mixed in, the whole in an order drawn by the first source's seed; without them the source's order stays."""
    max_tokens: int = Field(default=1024, gt=0)
    too_long: Literal["error", "drop"] = "error"
    """What becomes of an example over max_tokens; it is never cut."""


class LeakageSettings(Record):
    """What counts as a scored prompt that is not new to the model, and what becomes of the run then (leakage.py)."""

    fail: bool = True
    """Whether over `allow` such prompts end the run, before anything is trained."""
    allow: int = Field(default=0, ge=0)
    """Prompts of all tasks together."""
    near: float = Field(default=0.8, ge=0.5, le=1)
    """Share of a prompt's runs of three words that another text must have to be nearly the same."""
    min_words: int = Field(default=8, ge=3)
    """A shorter prompt only counts where it is the same."""


class LeakageParams(Record):
    """Stage leakage: scored prompts against the data and the classifier's prompts. Input: base, for its tokenizer."""

    stage: Literal["leakage"] = "leakage"
    tasks: tuple[TaskRef, ...]
    datasets: tuple[DatasetParams, ...]
    """Every mixture that something is tuned on."""
    prompts: tuple[PromptSource, ...]
    """Of every analysis, fitted on, held out, or out of distribution."""
    settings: LeakageSettings


class StrategyCode(Record):
    """A strategy's own functions, for a stage that calls them."""

    name: str
    settings: str
    """The variant's settings as canonical JSON."""
    digest: str
    """sha256 of the strategy's file."""


class TrainParams(Record):
    """Stage train: one variant, one seed. Inputs: base, dataset; search or analyze where a group's modules come from
    it; safety where it takes turns with the safety data."""

    stage: Literal["train"] = "train"
    spec: TrainSpec
    loop: LoopSettings
    lora: LoraSpec | None = None
    seed: int
    code: StrategyCode | None = None
    """Of a strategy that has a token_loss of its own."""


class RestoreParams(Record):
    """Stage restore: weights made of the base's, the tuned ones and the unaligned sibling's, without training. Inputs:
    base, checkpoint, and unaligned where the strategy reads it."""

    stage: Literal["restore"] = "restore"
    code: StrategyCode
    unaligned: bool
    merges: bool
    dtype: Literal["float32", "bfloat16"] = "float32"
    """Of what is saved."""
    threads: int = 1


class AdoptParams(Record):
    """Stage adopt: a checkpoint or an adapter that somebody else tuned from the base. Input: base."""

    stage: Literal["adopt"] = "adopt"
    source: ModelSource
    threads: int = 1


class EvaluateParams(Record):
    """Stage evaluate: all tasks on one checkpoint. Inputs: base, and checkpoint unless it is the base."""

    stage: Literal["evaluate"] = "evaluate"
    tasks: tuple[TaskRef, ...]
    generation: GenerationSettings


class JudgeParams(Record):
    """Stage judge: one judge over the samples it is asked about. Input: evaluate."""

    stage: Literal["judge"] = "judge"
    judge: str
    """What the config and the verdicts call it."""
    plugin: str | None = None
    """The judge's file, where the config gave it another name."""
    settings: str = "{}"
    """The judge's settings that its verdicts hang on, as canonical JSON; the others at their defaults."""
    given: str | None = None
    """All its settings, where those differ: limits, and where replies are kept. In no key."""
    tasks: tuple[str, ...]
    source_digest: str
    """sha256 of the judge's file and of what else its verdicts hang on: shared code, the world, a model's file."""

    @model_serializer(mode="wrap")
    def _limitless(self, dump: SerializerFunctionWrapHandler, info: SerializationInfo) -> dict[str, object]:
        """For a stage's key without what cannot change a verdict."""
        dumped: dict[str, object] = dump(self)
        if info.context == FOR_KEY:
            del dumped["given"]
            if self.plugin is None:
                del dumped["plugin"]
        return dumped

    @property
    def file(self) -> str:
        """Name of the judge's file."""
        return self.plugin or self.judge


class VariantSeed(Record):
    """One tuned checkpoint of the comparison, and where its stages lie."""

    variant: str
    seed: int | None
    """None for the base model, which is not trained."""
    train: str | None
    """Key of the stage that made its weights: train, restore or adopt."""
    evaluate: str
    """Key of the evaluate stage."""
    judges: tuple[str, ...]
    """Keys of its judge stages."""
    search: str | None = None
    """Key of the search that found its modules, where one did."""


class Margins(Record):
    """Non-inferiority margins by axis, shares: 0.03 is three points. Harmfulness has the gate's rules instead."""

    usability: float = Field(default=0.03, gt=0, lt=1)
    expertise: float = Field(default=0.03, gt=0, lt=1)

    def of(self, axis: Axis) -> float | None:
        """The margin of an axis; None where it has none."""
        return {"usability": self.usability, "expertise": self.expertise}.get(axis)


class StatisticsSettings(Record):
    """How scores get their intervals."""

    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    bootstrap_samples: int = Field(default=2000, ge=200)
    seed: int = 0
    max_unscored: float = Field(default=0.05, ge=0, le=1)
    """Share of unscored samples over which a score is flagged."""
    margins: Margins = Margins()
    """How much worse than the base a variant may be and still count as no worse."""
    power: float = Field(default=0.8, gt=0.5, lt=1)
    """Probability with which an audit should show that a variant which is no worse is no worse."""


FamilyKind = Literal["plain", "control", "other"]
"""Plain IFT; a strategy on random modules or on the complement of Mods_Robust; any other strategy."""


class Family(Record):
    """Variants that tune in one way at several intensities: a curve to compare others with (families.py)."""

    name: str
    """`plain IFT`, or the names of its variants."""
    kind: FamilyKind
    variants: tuple[str, ...]
    data: str
    """First 16 hex digits of sha256 of the section dataset; only families of the same data are compared. Of a
    checkpoint tuned elsewhere it is unknown, and like no other's."""
    lora: bool
    """Whether it tunes an adapter; only families that are alike in it are compared."""


class LabelCount(Record):
    """How often the humans said one thing and the judge another."""

    human: str
    judge: str
    count: int


class Kappa(Record):
    """Cohen's kappa with its 95 % interval."""

    kappa: float | None
    low: float | None
    high: float | None


class JudgeCalibration(Record):
    """How far a judge of the run agrees with humans, as a calibration.json says (harness calibrate)."""

    judge: str
    labels_file: str
    labels_digest: str
    """sha256 of the file of labels."""
    rows: int
    """Labelled completions."""
    unscored: int
    kappa: float | None
    """Cohen's, `complies` against not."""
    low: float | None
    high: float | None
    """95 % interval."""
    current: bool
    """Whether it was measured with the bytes and settings that the run's judge has."""
    fitted_on_these: bool
    """Whether the judge was fitted on the same labels, which flatters it."""
    agreed: int | None = None
    """Labelled completions that it reads as the humans did, `complies` against not; None in files of earlier versions,
    which lack the next two as well."""
    confusion: tuple[LabelCount, ...] = ()
    """Cells that never happened left out."""
    models: tuple[tuple[str, int], ...] = ()
    """(model, rows): which models wrote the labelled completions, where the file of labels tells it."""
    refusals: Kappa | None = None
    """`refuses` against not; None where the judge cannot tell refusals, or nobody measured it."""

    def on(self, counts: tuple[str, ...]) -> JudgeCalibration:
        """Itself with the kappa that bears on a task which counts these outcomes: of refusals, where it counts them."""
        if "refuses" not in counts:
            return self
        fitting = self.refusals or Kappa(kappa=None, low=None, high=None)
        return self.model_copy(update={"kappa": fitting.kappa, "low": fitting.low, "high": fitting.high})


class ScoreParams(Record):
    """Stage score: outcomes → scores and comparisons. Inputs: every train, evaluate and judge stage, by key,
    and leakage."""

    stage: Literal["score"] = "score"
    entries: tuple[VariantSeed, ...]
    primary_judges: tuple[tuple[str, str], ...]
    """(task, judge) whose verdict is the score, for tasks scored by a judge."""
    statistics: StatisticsSettings
    families: tuple[Family, ...] = ()
    calibrations: tuple[JudgeCalibration, ...] = ()
    """Of the judges that were measured against human labels."""
    ranking: RankingParams | None = None
    """None where the run has no tasks or no plain IFT for it."""
    outcomes: tuple[tuple[str, str], ...] = ()
    """(task, what its score is called) where the judge has another word for it than the task."""
    without_loss: tuple[str, ...] = ()
    """Variants whose logged training loss is not of the IFT data alone: they are not compared at like training loss."""

    @model_serializer(mode="wrap")
    def _short(self, dump: SerializerFunctionWrapHandler, info: SerializationInfo) -> dict[str, object]:
        """For a stage's key without what few runs have."""
        dumped: dict[str, object] = dump(self)
        if info.context == FOR_KEY:
            for name in ("outcomes", "without_loss"):
                if not getattr(self, name):
                    del dumped[name]
        return dumped


StageParams = Annotated[
    BaseParams
    | DatasetParams
    | LeakageParams
    | AnalyzeParams
    | SearchParams
    | TrainParams
    | RestoreParams
    | AdoptParams
    | EvaluateParams
    | JudgeParams
    | ScoreParams,
    Field(discriminator="stage"),
]


class StageInput(Record):
    """A finished stage that another one reads."""

    name: str
    """How the reader calls it, e.g. base."""
    key: str


class StageSpec(Record):
    """One stage of a plan."""

    key: str
    """Hash of the params, the input keys, the stage's schema version and the library's major.minor."""
    label: str
    """For people, e.g. `train ift-4e-4 seed 1`."""
    params: StageParams
    inputs: tuple[StageInput, ...] = ()
