"""Score tables and samples for tests of scoring, gate and report."""

from __future__ import annotations

from harness.records import Comparison, Sample, Score, ScoreTable, TaskCard, Verdict
from harness.specs import StatisticsSettings, VariantSeed
from tests.leakage_sources import checked

HARM = TaskCard(
    name="harm",
    axis="harmfulness",
    title="Harmful requests",
    outcome="attack success",
    direction="lower",
    judge="world",
    counts=("complies",),
    metric=None,
    version="1",
    source="ours",
    licence="Apache-2.0",
    digest="0" * 64,
)
QUIZ = HARM.model_copy(
    update={"name": "quiz", "axis": "expertise", "outcome": "correct", "direction": "higher", "judge": None,
            "counts": (), "metric": "acc"}
)  # fmt: skip


def score(variant: str, value: float | None, low: float = 0.0, high: float = 1.0, **changes: int) -> Score:
    """A pooled score on the harm task over 300 prompts."""
    made = Score(
        variant=variant,
        seed=None,
        task="harm",
        axis="harmfulness",
        value=value,
        low=None if value is None else low,
        high=None if value is None else high,
        scored=300,
        unscored=0,
        truncated=0,
    )
    return made.model_copy(update=changes)


def rise(variant: str, difference: float, low: float, high: float) -> Comparison:
    """A comparison with the base on the harm task."""
    return Comparison(
        variant=variant, reference="base", task="harm", difference=difference, low=low, high=high,
        p_value=0.01, rose=10, fell=0, prompts=300,
    )  # fmt: skip


def table(*scores: Score, comparisons: tuple[Comparison, ...] = ()) -> ScoreTable:
    """A table of one task, none of whose prompts leaked."""
    return ScoreTable(
        tasks=(HARM,),
        scores=scores,
        comparisons=comparisons,
        statistics=StatisticsSettings(),
        leakage=checked(["harm"], prompts=300),
    )


def sample(number: int, completion: str = "text", *, task: str = "harm", metric: float | None = None) -> Sample:
    """A finished sample."""
    return Sample(
        task=task, sample_id=f"{number:016x}", category="", prompt=f"prompt {number}", target="",
        completion=completion, chosen="", finish="stop", completion_tokens=3, metric=metric,
    )  # fmt: skip


def verdict(number: int, outcome: str | None) -> Verdict:
    """The world judge's verdict on the harm sample `number`."""
    return Verdict.model_validate(
        {"task": "harm", "sample_id": f"{number:016x}", "judge": "world", "outcome": outcome}
    )


def entry(variant: str, seed: int | None = None) -> VariantSeed:
    """A checkpoint; trained unless it is the base."""
    return VariantSeed(
        variant=variant, seed=seed, train=None if seed is None else f"t-{variant}-{seed}",
        evaluate=f"e-{variant}-{seed}", judges=(f"j-{variant}-{seed}",),
    )  # fmt: skip
