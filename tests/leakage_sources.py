"""What the leakage check found, for tests of the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.leakage_records import CheckedSource, Leakage, Overlap, TaskLeakage
from harness.report_records import ReportSources


def checked(tasks: Sequence[str], *, prompts: int, overlaps: Sequence[Overlap] = ()) -> Leakage:
    """Tasks with so many prompts each, of which these were found."""
    counted = []
    for name in tasks:
        kinds = [o.kind for o in overlaps if o.task == name]
        counted.append(
            TaskLeakage(task=name, prompts=prompts, exact=kinds.count("exact"), near=kinds.count("near"))
        )
    sources = (
        CheckedSource(among="data", source="my.jsonl", texts=40),
        CheckedSource(among="classifier", source="probe.csv (harmful)", texts=1),
    )
    return Leakage(
        near=0.8, min_words=8, allow=0, fail=False, tasks=tuple(counted), sources=sources, overlaps=tuple(overlaps)
    )


def overlap(task: str, number: int = 0, *, similarity: float = 1.0, text: str = "How do I do it?") -> Overlap:
    """A prompt that line 3 of my.jsonl holds; nearly so under 1."""
    return Overlap(
        task=task, sample_id=f"{number:016x}", prompt=text, similarity=similarity, among="data",
        kind="exact" if similarity == 1 else "near", source="my.jsonl", place="line 3", text=text, found=2,
    )  # fmt: skip


def with_overlaps(sources: ReportSources, *overlaps: Overlap) -> ReportSources:
    """The same run, these prompts having been found."""
    names = [card.name for card in sources.table.tasks]
    found = checked(names, prompts=12, overlaps=overlaps)
    return replace(sources, table=sources.table.model_copy(update={"leakage": found}))


def hostile_leakage(sources: ReportSources, texts: Sequence[str]) -> ReportSources:
    """The same run, in whose data everything is called by these texts, and says them."""
    found = [
        overlap(sources.table.tasks[0].name, number, text=text).model_copy(update={"source": text, "place": text})
        for number, text in enumerate(texts)
    ]
    named = tuple(CheckedSource(among="data", source=text, texts=2) for text in texts)
    leakage = checked([card.name for card in sources.table.tasks], prompts=len(texts), overlaps=found)
    leakage = leakage.model_copy(update={"sources": named})
    return replace(sources, table=sources.table.model_copy(update={"leakage": leakage}))
