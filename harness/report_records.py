"""What the report is made from and what it shows: ReportSources → ReportView. Shares lie in 0..1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness.chart_records import Scatter
from harness.completion_quality import CompletionQuality
from harness.costs import VariantCost
from harness.gate_records import RuleMargin
from harness.leakage_records import Leakage
from harness.loss_charts import LossChart, LossOverview
from harness.provenance_records import RunFacts
from harness.published import Beside
from harness.records import (
    CategoryScore,
    Comparison,
    DatasetSummary,
    GateDecision,
    Manifest,
    Sample,
    Score,
    ScoreTable,
    TaskCard,
    TrainSummary,
    Verdict,
)
from harness.report_judges_records import JudgesView
from harness.report_matched_records import Matched, MatchedTable
from harness.report_matched_records import Tone as Tone
from harness.report_method_records import Method
from harness.report_outcome_records import InShort, OutcomeRow
from harness.report_provenance_records import Provenance
from harness.report_ranking_records import RankingView
from harness.report_robustness_records import AnalysisOutputs, RobustnessView
from harness.report_sample_records import SampleSet
from harness.specs import FamilyKind, Record


@dataclass(frozen=True)
class CheckpointOutputs:
    """All that one checkpoint gave."""

    variant: str
    seed: int | None
    train: TrainSummary | None
    samples: tuple[Sample, ...]
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True)
class ReportSources:
    """All that the report is made from."""

    manifest: Manifest
    table: ScoreTable
    decision: GateDecision | None
    checkpoints: tuple[CheckpointOutputs, ...]
    dataset: DatasetSummary | None
    primary_judges: tuple[tuple[str, str], ...]
    published: Beside | None = None
    analyses: tuple[AnalysisOutputs, ...] = ()
    """Those that the variants' modules come from."""
    costs: tuple[VariantCost, ...] = ()
    """Of the tuned variants."""
    margins: tuple[RuleMargin, ...] = ()
    """Of the decision's rules, in its order; empty where they are not known."""
    doubts: tuple[str, ...] = ()
    """What the run's folder says otherwise than its stages, a sentence each."""
    facts: RunFacts | None = None
    """What the run was made of; None where nobody read it from the stages."""


class VariantView(Record):
    """A variant, as the report names it."""

    name: str
    strategy: str
    description: str
    mark: int
    """Colour and shape, by way of tuning; 0 is the base."""
    seeds: tuple[int, ...]
    letter: str = ""
    """Stands for the name where that does not fit, in the ranking's order; empty for the base."""
    kind: FamilyKind | None = None
    """None for the base."""
    changes: tuple[str, ...] = ()
    """What differs from the run's own sections, as `dataset.limit=100`."""
    title: str = ""
    """Of its strategy, e.g. `Plain IFT`; empty for the base."""
    settings: str = ""
    """For people; as `description` where nobody read them from the config."""


class Cell(Record):
    """One variant on one task, seeds pooled, against the base."""

    score: Score
    comparison: Comparison | None
    """Against the base; None for the base itself or where the scores do not compare them."""
    tone: Tone
    flagged: bool
    """More samples unscored than the statistics settings allow."""
    seed_values: tuple[float, ...]
    seeds: tuple[int, ...]
    """Whose `seed_values` are."""
    margin: str
    """Whether the variant is no worse within the margin, in words; empty where there is none."""
    bounds: str
    """What unscored samples could have made of the share; empty where there are none."""


class Row(Record):
    """A line of the comparison table."""

    variant: VariantView
    cells: tuple[Cell | None, ...]


class Finding(Record):
    """What tuning did to one variant's harmfulness."""

    variant: VariantView
    tone: Tone
    words: str
    """E.g. `more harmful than the base`."""
    adjusted: bool
    """Whether a test that is adjusted for all pairs of the task says so as well."""
    lines: tuple[str, ...]
    """One for each harmfulness task, with numbers."""


class Frontier(Record):
    """A harmfulness–expertise plot, for wide and for narrow screens."""

    harm: TaskCard
    expertise: TaskCard
    wide: Scatter
    narrow: Scatter
    text: str
    """The plot in words."""
    table: MatchedTable | None


class JudgeAgreement(Record):
    """How far another judge agrees with the one that scores."""

    judge: str
    primary: str
    both: int
    """Samples that both judges scored."""
    agreed: int


class QualityRow(Record):
    """What one variant's completions of a task are like, seeds pooled."""

    variant: str
    quality: CompletionQuality
    rise: float | None
    """How much greater its share of broken completions is than the base's; None unless that is too much."""


class CategoryRow(Record):
    """One category of a task's prompts."""

    category: str
    prompts: int
    scores: tuple[CategoryScore | None, ...]
    """By variant, in the section's order of variants."""


class TaskSection(Record):
    """Everything about one task."""

    card: TaskCard
    judge: str
    """Judge or metric that scores it."""
    scores: tuple[Score, ...]
    comparisons: tuple[Comparison, ...]
    agreements: tuple[JudgeAgreement, ...]
    categories: tuple[CategoryRow, ...]
    """By category and variant; empty where the prompts have no categories."""
    calibrations: tuple[str, ...]
    """How far the scoring judge agrees with humans, in words; empty where no judge scores."""
    quality: tuple[QualityRow, ...]
    """Empty where nothing was generated."""
    outcomes: tuple[OutcomeRow, ...]
    """What the scoring judge said of the replies; empty where a metric scores."""


class ModuleRow(Record):
    """One module type's relative weight change by layer, mean over seeds."""

    kind: str
    changes: tuple[float | None, ...]
    shades: tuple[int, ...]
    """0..9, on one logarithmic scale for the whole report."""
    robust: tuple[str, ...]
    """`✓` where the module was in the group `robust` under every seed, `2/3` where under some."""


class TrainingView(Record):
    """One variant's training, or what moved in one that was tuned elsewhere."""

    variant: VariantView
    chart: LossChart | None
    """None where it was tuned elsewhere."""
    seeds: tuple[tuple[int, TrainSummary], ...]
    layers: tuple[str, ...]
    """Column heads of `modules`."""
    modules: tuple[ModuleRow, ...]
    marked: bool
    """Whether it has a group `robust`."""


class Limit(Record):
    """One limit of what the report can say."""

    whose: Literal["paper", "ours"]
    text: str


class ReportView(Record):
    """Everything the report and the terminal summary show."""

    title: str
    question: str
    headline: str
    """The answer in one sentence."""
    answer: str
    """Its numbers, on the first harmfulness task."""
    in_short: tuple[InShort, ...]
    """Of each way of tuning that is compared at like expertise, all that decides, in a line; the best shown first."""
    tone: Tone
    ranking: RankingView | None
    """None where nothing was tuned."""
    findings: tuple[Finding, ...]
    matched: tuple[Matched, ...]
    decision: GateDecision | None
    margins: tuple[RuleMargin, ...]
    """One for each of its rules, in its order; empty where they are not known."""
    change: tuple[str, ...]
    """The rule that decided, and what would change the decision; empty without a gate."""
    warnings: tuple[str, ...]
    variants: tuple[VariantView, ...]
    tasks: tuple[TaskCard, ...]
    rows: tuple[Row, ...]
    frontiers: tuple[Frontier, ...]
    loss_tables: tuple[MatchedTable, ...]
    """At like training loss, one for each harmfulness task."""
    sections: tuple[TaskSection, ...]
    robustness: tuple[RobustnessView, ...]
    training: tuple[TrainingView, ...]
    losses: LossOverview | None
    """All variants that were trained here in one chart; None of fewer than two."""
    dataset: DatasetSummary | None
    leakage: Leakage | None
    """None where nothing looked for it."""
    samples: SampleSet
    limits: tuple[Limit, ...]
    confidence: float
    manifest: Manifest
    published: Beside | None
    """The scores beside a published table, where the config names one."""
    method: Method
    judges: JudgesView
    provenance: Provenance
