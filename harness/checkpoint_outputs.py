"""All that one checkpoint of a finished run gave, read back from the store."""

from __future__ import annotations

from harness.record_files import read_lines, read_record
from harness.records import Sample, TrainSummary, Verdict
from harness.report_records import CheckpointOutputs
from harness.specs import VariantSeed
from harness.store import Store


def read_checkpoint(store: Store, entry: VariantSeed) -> CheckpointOutputs:
    """Its samples, the verdicts of all its judges, and how it was trained. Raises StoreError where they are gone."""
    train = None
    if entry.train is not None:
        train = read_record(TrainSummary, store.folder(entry.train) / "summary.json")
    verdicts = tuple(v for key in entry.judges for v in read_lines(Verdict, store.folder(key) / "verdicts.jsonl"))
    return CheckpointOutputs(
        variant=entry.variant,
        seed=entry.seed,
        train=train,
        samples=read_lines(Sample, store.folder(entry.evaluate) / "samples.jsonl"),
        verdicts=verdicts,
    )
