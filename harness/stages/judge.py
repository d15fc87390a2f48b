"""Stage judge: one judge over the samples of the tasks it is asked about, beside the base's where it compares. Writes
verdicts.jsonl."""

from __future__ import annotations

import json

from harness import plugins
from harness.errors import StageError
from harness.judges import open_judge
from harness.judging import settings_of
from harness.record_files import read_lines
from harness.records import Sample, Verdict
from harness.specs import JudgeParams
from harness.stages import Progress, StageContext

CHUNK = 1000
REFERENCE = "reference"
"""Name of the input with the base's samples."""


def run(params: JudgeParams, context: StageContext) -> None:
    """Judge every sample of `params.tasks`.

    Raises ConfigError for settings that the judge does not take, StageError if it answers another number of samples,
    and what the judge raises.
    """
    module = plugins.load("judges", params.file)
    settings = settings_of(params.file, json.loads(params.given or params.settings), where="judging.settings")
    samples = _samples(params, context, "evaluate")
    reference = _samples(params, context, REFERENCE) if context.has(REFERENCE) else []
    verdicts: list[Verdict] = []
    with open_judge(module, settings, scratch=context.shared, reference=reference) as ask:
        for start in range(0, len(samples), CHUNK):
            chunk = samples[start : start + CHUNK]
            verdicts += ask(chunk)
            context.progress(Progress(start + len(chunk), len(samples), "judging"))
    if [v.sample_id for v in verdicts] != [s.sample_id for s in samples]:
        counts = f"{len(verdicts)} of {len(samples)} samples"
        raise StageError(f"judge {params.judge} answered {counts}, or in another order")
    if params.plugin is not None:
        verdicts = [v.model_copy(update={"judge": params.judge}) for v in verdicts]
    with (context.folder / "verdicts.jsonl").open("w", encoding="utf-8") as out:
        out.writelines(_line(v) + "\n" for v in verdicts)


def _samples(params: JudgeParams, context: StageContext, name: str) -> list[Sample]:
    every = read_lines(Sample, context.input(name) / "samples.jsonl")
    return [sample for sample in every if sample.task in params.tasks]


def _line(verdict: Verdict) -> str:
    """As JSON; most judges give no value of their own."""
    return verdict.model_dump_json(exclude={"value"} if verdict.value is None else None)
