"""What the report shows of Module Robustness Analysis and the search: AnalysisOutputs → RobustnessView."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness.analysis_records import ProbeQuality, Robustness, SearchOutcome
from harness.analysis_specs import AnalyzeParams
from harness.chart_records import StepChart
from harness.specs import Record, TrainParams


@dataclass(frozen=True)
class SearchOutputs:
    """One search over an analysis."""

    key: str
    """Of its stage."""
    outcome: SearchOutcome
    variants: tuple[str, ...]
    """Those that take a set of modules from it; none where the analysis was made alone."""


@dataclass(frozen=True)
class AnalysisOutputs:
    """One analysis, and every search that was made over it."""

    key: str
    """Of its stage."""
    params: AnalyzeParams
    robustness: Robustness
    update: TrainParams | None
    """The short IFT whose change of weights was the perturbation; None for noise."""
    searches: tuple[SearchOutputs, ...]


class HeatCell(Record):
    """One module's reading."""

    module: str
    text: str
    beside: str
    """A second reading, below the first; mostly empty."""
    shade: int
    """0..9 on the map's own linear scale."""
    chosen: bool
    title: str
    """Everything that was measured, in words."""


class HeatRow(Record):
    """One module type over the layers; None where a layer has no such module."""

    kind: str
    cells: tuple[HeatCell | None, ...]


class HeatMap(Record):
    """One measure, type by layer."""

    name: str
    unit: str
    words: str
    """What the numbers say and when they are dark."""
    layers: tuple[str, ...]
    rows: tuple[HeatRow, ...]
    beside: tuple[HeatCell, ...]
    """embed, norm, head where they were measured, and everything at once."""
    low: str
    """Reading at the light end of the scale, and at the dark one."""
    high: str
    marked: bool
    """Whether chosen modules are marked."""


class ProbeView(Record):
    """A classifier on prompts that it was not fitted on."""

    name: str
    form: str
    quality: ProbeQuality


class PatternView(Record):
    """A pattern that the paper reports, and what this analysis shows of it."""

    claim: str
    here: str
    verdict: Literal["as in the paper", "the other way round", "not settled", "cannot be told"]


class StepRow(Record):
    """One joint perturbation of a search."""

    number: int
    action: str
    modules: int
    added: str
    """Patterns, against the best set until then."""
    removed: str
    drift: str
    gain: str
    outcome: str
    kept: bool


class SetRow(Record):
    """A set of modules in the table of sets."""

    name: str
    modules: int
    patterns: str
    share: str
    """Of the parameters that the perturbation reaches."""
    drift: str
    """`–` for a set that was not measured."""
    gain: str


class VariantUse(Record):
    """What a variant took from a search."""

    name: str
    mark: int
    words: str


class SearchView(Record):
    """One search."""

    title: str
    headline: str
    lines: tuple[str, ...]
    warnings: tuple[str, ...]
    variants: tuple[VariantUse, ...]
    map: HeatMap
    chosen: tuple[str, ...]
    """Patterns."""
    unit: str
    wide: StepChart | None
    """None where the search could measure nothing."""
    narrow: StepChart | None
    chart_words: str
    actions: tuple[tuple[str, str], ...]
    """What was done in the search, with words."""
    steps: tuple[StepRow, ...]
    sets: tuple[SetRow, ...]
    facts: tuple[tuple[str, str], ...]


class RobustnessView(Record):
    """One analysis with its searches."""

    title: str
    lines: tuple[str, ...]
    """What was done and measured, in plain words."""
    warnings: tuple[str, ...]
    probes: tuple[ProbeView, ...]
    searches: tuple[SearchView, ...]
    maps: tuple[HeatMap, ...]
    """The measures that no search's own map shows."""
    patterns: tuple[PatternView, ...]
