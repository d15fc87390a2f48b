"""Outcomes by prompt, so that two runs can be compared on the prompts that both asked. Source: ours.

A prompt is the same where its words, what it was wrapped into and its reference answer are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np

from harness import statistics
from harness.records import Sample, TaskCard
from harness.report_records import CheckpointOutputs
from harness.report_words import plural
from harness.stages.score import outcome_of

Answers = dict[str, list[float]]
"""Key of a prompt → its outcomes under a variant's seeds, in their order; NaN where unscored."""


def prompt_key(sample: Sample) -> str:
    """The sample's id, and 8 hex digits over what was sent and the reference answer."""
    rest = hashlib.sha256(f"{sample.sent}\0{sample.target}".encode("utf-8", "surrogatepass")).hexdigest()
    return f"{sample.sample_id}-{rest[:8]}"


def answers_of(group: Sequence[CheckpointOutputs], card: TaskCard, *, judge: str | None) -> Answers:
    """The outcomes of one variant's seeds on a task, by the verdicts of `judge` where one scores it."""
    answers: Answers = {}
    for at, outputs in enumerate(group):
        verdicts = {v.sample_id: v for v in outputs.verdicts if (v.task, v.judge) == (card.name, judge)}
        for sample in outputs.samples:
            if sample.task == card.name:
                row = answers.setdefault(prompt_key(sample), [float("nan")] * len(group))
                row[at] = outcome_of(sample, card, verdicts.get(sample.sample_id))
    return answers


def on_shared(
    ours: Mapping[str, Sequence[float]], theirs: Mapping[str, Sequence[float]]
) -> tuple[statistics.Array, statistics.Array]:
    """The outcomes of both, each of shape (seeds, shared prompts), in the order of `ours`; empty where none is."""
    shared = [prompt for prompt in ours if prompt in theirs]
    left, right = ([side[prompt] for prompt in shared] for side in (ours, theirs))
    return np.array(left, dtype=np.float64).T, np.array(right, dtype=np.float64).T


def changed_card(ours: TaskCard, theirs: TaskCard, *, there: str) -> str:
    """Why two runs' scores of a task are not of one kind; empty where they are. `there` names the other run."""
    for name, mine, other in (
        ("counts", ours.counts, theirs.counts), ("outcome", ours.outcome, theirs.outcome),
        ("metric", ours.metric, theirs.metric), ("direction", ours.direction, theirs.direction),
    ):  # fmt: skip
        if mine != other:
            return f"the task’s {name} changed: {mine}, {other} {there}"
    return ""


def shared_words(ours: Mapping[str, Sequence[float]], theirs: Mapping[str, Sequence[float]]) -> str:
    """How many prompts are shared, where not all are; else empty."""
    shared = len(ours.keys() & theirs.keys())
    if shared == max(len(ours), len(theirs)):
        return ""
    return f"on {plural(shared, 'shared prompt')} of {len(ours):,} and {len(theirs):,}"
