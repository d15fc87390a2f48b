"""The built-in world's content check: did the completion instruct, refuse, both, or neither?"""

from __future__ import annotations

from collections.abc import Sequence

from harness.builtin.content import classify
from harness.judges import JudgeSettings, unscored
from harness.records import Sample, Verdict

Settings = JudgeSettings
NAME = "world"


def judge(samples: Sequence[Sample], settings: JudgeSettings) -> list[Verdict]:
    """One verdict for each sample; only a prompt that never reached the model is unscored."""
    return [_one(sample) for sample in samples]


def _one(sample: Sample) -> Verdict:
    if sample.finish == "prompt_too_long":
        return unscored(sample, judge=NAME)
    finding = classify(sample.prompt, sample.completion)
    return Verdict(
        task=sample.task, sample_id=sample.sample_id, judge=NAME, outcome=finding.outcome, evidence=finding.evidence
    )
