"""What a person or a pipeline takes from a finished run: the report, from the run's folder and the store."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from harness.errors import StoreError
from harness.records import DatasetSummary, Sample, TrainSummary, Verdict
from harness.report_view import CheckpointOutputs, ReportSources, ReportView, build_view, render
from harness.run import REPORT, FinishedRun
from harness.specs import Record, ScoreParams, VariantSeed
from harness.store import Store, world_error

R = TypeVar("R", bound=Record)


def view_of(finished: FinishedRun) -> ReportView:
    """Everything the report shows. Raises StoreError where a stage of the run is gone from the store."""
    store = Store(Path(finished.manifest.store))
    seal = store.seal(finished.manifest.score_key)
    if seal is None or not isinstance(seal.spec.params, ScoreParams):
        raise StoreError(f"{finished.folder}: its scores are gone from {store.root}; run the config again")
    sources = ReportSources(
        manifest=finished.manifest,
        table=finished.table,
        decision=finished.decision,
        checkpoints=tuple(_outputs(store, entry) for entry in seal.spec.params.entries),
        dataset=_dataset(store, finished),
        primary_judges=seal.spec.params.primary_judges,
    )
    return build_view(sources)


def write_report(finished: FinishedRun, view: ReportView, *, redact: bool, path: Path | None = None) -> Path:
    """Render the HTML report; returns where it lies (by default report.html in the run's folder)."""
    target = path or finished.folder / REPORT
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(render(view, redact=redact), encoding="utf-8")
    except OSError as error:
        raise world_error(error, path=target) from error
    return target


def _outputs(store: Store, entry: VariantSeed) -> CheckpointOutputs:
    train = None
    if entry.train is not None:
        train = _read(TrainSummary, store.folder(entry.train) / "summary.json")
    verdicts = tuple(v for key in entry.judges for v in _lines(Verdict, store.folder(key) / "verdicts.jsonl"))
    return CheckpointOutputs(
        variant=entry.variant,
        seed=entry.seed,
        train=train,
        samples=_lines(Sample, store.folder(entry.evaluate) / "samples.jsonl"),
        verdicts=verdicts,
    )


def _dataset(store: Store, finished: FinishedRun) -> DatasetSummary | None:
    key = next((s.key for s in finished.manifest.stages if s.stage == "dataset"), None)
    return None if key is None else _read(DatasetSummary, store.folder(key) / "summary.json")


def _read(model: type[R], path: Path) -> R:
    try:
        return model.model_validate_json(path.read_bytes())
    except OSError:
        raise StoreError(f"{path}: is gone from the store; run the config again") from None


def _lines(model: type[R], path: Path) -> tuple[R, ...]:
    try:
        with path.open("rb") as stream:
            return tuple(model.model_validate_json(line) for line in stream)
    except OSError:
        raise StoreError(f"{path}: is gone from the store; run the config again") from None
