"""What a person or a pipeline takes from a finished run: the report, from the run's folder and the store."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harness.analysis_records import Robustness, SearchOutcome
from harness.analysis_specs import SearchParams
from harness.baselines import baseline_table
from harness.checkpoint_outputs import read_checkpoint
from harness.costs import CostSources, VariantCost, variant_costs
from harness.errors import StoreError
from harness.gate_agreement import decision_differences
from harness.gate_margins import explain
from harness.gate_records import RuleMargin
from harness.provenance import run_facts
from harness.published import Beside, beside
from harness.record_files import read_record
from harness.records import DatasetSummary, GateDecision
from harness.report_robustness_records import AnalysisOutputs, SearchOutputs
from harness.report_view import CheckpointOutputs, ReportSources, ReportView, build_view, render
from harness.run import GATE, REPORT, FinishedRun, config_of, decided
from harness.specs import ScoreParams, StageSpec, TrainParams, VariantSeed
from harness.store import Seal, Store, world_error


def view_of(finished: FinishedRun) -> ReportView:
    """Everything the report shows. Raises StoreError where a stage of the run is gone from the store."""
    return build_view(sources_of(finished))


def sources_of(finished: FinishedRun) -> ReportSources:
    """All that the report is made from. Raises StoreError where a stage of the run is gone from the store."""
    store = Store(Path(finished.manifest.store))
    seal = store.seal(finished.manifest.score_key)
    if seal is None or not isinstance(seal.spec.params, ScoreParams):
        raise StoreError(f"{finished.folder}: its scores are gone from {store.root}; run the config again")
    checkpoints = tuple(read_checkpoint(store, entry) for entry in seal.spec.params.entries)
    gate = gate_of(finished)
    return ReportSources(
        manifest=finished.manifest,
        table=finished.table,
        decision=gate.decision,
        checkpoints=checkpoints,
        dataset=_dataset(store, finished),
        primary_judges=seal.spec.params.primary_judges,
        published=_published(finished, seal.spec.params.primary_judges),
        analyses=read_analyses(store, _users(seal.spec.params.entries)),
        costs=_costs(store, finished, entries=seal.spec.params.entries, checkpoints=checkpoints),
        margins=gate.margins,
        doubts=gate.doubts,
        facts=run_facts(store, [s.key for s in finished.manifest.stages], config_of(finished)),
    )


def read_analyses(store: Store, users: Iterable[tuple[str, tuple[str, ...]]]) -> tuple[AnalysisOutputs, ...]:
    """The analyses under (key of a search, variants that use it), each with its searches, in the order given.

    Raises StoreError where a stage is gone from the store or damaged.
    """
    searches: dict[str, list[SearchOutputs]] = {}
    specs: dict[str, StageSpec] = {}
    for key, variants in users:
        spec = _spec(store, key)
        analyze = next(i.key for i in spec.inputs if i.name == "analyze")
        outcome = read_record(SearchOutcome, store.folder(key) / "search.json")
        searches.setdefault(analyze, []).append(SearchOutputs(key=key, outcome=outcome, variants=variants))
        specs.setdefault(analyze, spec)
    return tuple(_analysis(store, analyze, specs[analyze], tuple(found)) for analyze, found in searches.items())


@dataclass(frozen=True)
class ShownGate:
    """The gate as a report shows it: decided again, so that what a file says cannot change it."""

    decision: GateDecision | None
    """None where the config has no gate."""
    margins: tuple[RuleMargin, ...] = ()
    """One for each rule."""
    doubts: tuple[str, ...] = ()
    """What gate.json says otherwise, a sentence each."""


def gate_of(finished: FinishedRun) -> ShownGate:
    """The answer by the config's own policy on the stored scores, against the baseline that the run keeps.

    Raises ConfigError where the config that the manifest keeps is not of this version.
    """
    policy = config_of(finished).gate
    if policy is None:
        return ShownGate(None, doubts=_doubts(finished.decision, None))
    against = baseline_table(finished, policy, None)
    decision = decided(finished.manifest.name, finished.table, policy, against)
    margins = explain(finished.table, policy, against)
    return ShownGate(decision, margins, _doubts(finished.decision, decision))


def _doubts(said: GateDecision | None, now: GateDecision | None) -> tuple[str, ...]:
    lines = decision_differences(said, now, words=False)
    return tuple(f"{GATE} is not what the stored scores give, which this report shows: {line}." for line in lines)


def write_report(finished: FinishedRun, view: ReportView, *, redact: bool, path: Path | None = None) -> Path:
    """Render the HTML report; returns where it lies (by default report.html in the run's folder)."""
    target = path or finished.folder / REPORT
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(render(view, redact=redact), encoding="utf-8")
    except OSError as error:
        raise world_error(error, path=target) from error
    return target


def _users(entries: Iterable[VariantSeed]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """(key of a search, variants that take modules from it), in order of appearance."""
    users: dict[str, dict[str, None]] = {}
    for entry in entries:
        if entry.search is not None:
            users.setdefault(entry.search, {})[entry.variant] = None
    return tuple((key, tuple(names)) for key, names in users.items())


def _analysis(store: Store, key: str, search: StageSpec, searches: tuple[SearchOutputs, ...]) -> AnalysisOutputs:
    if not isinstance(search.params, SearchParams):
        raise StoreError(f"{store.folder(search.key)}: is no search; run the config again")
    updates = (_spec(store, i.key).params for i in search.inputs if i.name.startswith("update-"))
    return AnalysisOutputs(
        key=key,
        params=search.params.analyze,
        robustness=read_record(Robustness, store.folder(key) / "robustness.json"),
        update=next((params for params in updates if isinstance(params, TrainParams)), None),
        searches=searches,
    )


def _costs(
    store: Store, finished: FinishedRun, *, entries: tuple[VariantSeed, ...], checkpoints: Iterable[CheckpointOutputs]
) -> tuple[VariantCost, ...]:
    stages = finished.manifest.stages
    datasets = [s.key for s in stages if s.stage == "dataset"]
    sources = CostSources(
        entries=entries,
        seals=tuple(_seal(store, s.key) for s in stages),
        trained=tuple(
            (e.train, c.train) for e, c in zip(entries, checkpoints, strict=True) if e.train is not None and c.train
        ),
        datasets=tuple((key, read_record(DatasetSummary, store.folder(key) / "summary.json")) for key in datasets),
    )
    return variant_costs(sources)


def _spec(store: Store, key: str) -> StageSpec:
    return _seal(store, key).spec


def _seal(store: Store, key: str) -> Seal:
    seal = store.seal(key)
    if seal is None:
        raise StoreError(f"{store.folder(key)}: is gone from the store; run the config again")
    return seal


def _dataset(store: Store, finished: FinishedRun) -> DatasetSummary | None:
    key = next((s.key for s in finished.manifest.stages if s.stage == "dataset"), None)
    return None if key is None else read_record(DatasetSummary, store.folder(key) / "summary.json")


def _published(finished: FinishedRun, judges: tuple[tuple[str, str], ...]) -> Beside | None:
    config = config_of(finished)
    if config.published is None:
        return None
    return beside(config.published, model=config.base.model, scores=finished.table.scores, judges=judges)
