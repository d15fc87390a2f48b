"""The report as flat tables for spreadsheets and data frames: a row a sample, a row a score or comparison."""

from __future__ import annotations

from typing import Literal

from harness.records import Comparison, Score, ScoreTable
from harness.report_sample_records import BrowserCell, BrowserPrompt, SampleSet
from harness.specs import Record

LEFT_OUT = "[left out: redacted, no plain refusal to a harmful request]"
"""Stands in the columns `completion` and `evidence` of what `--redact` leaves out."""
TARGET_LEFT_OUT = "[left out: redacted, reference answer to a harmful request]"
"""Stands in the column `target` there, whatever the completion is."""


class SampleRow(Record):
    """One checkpoint's answer to one prompt."""

    variant: str
    seed: int | None
    """None for the base."""
    task: str
    sample: str
    category: str
    outcome: str
    """Of the judge or metric that scores the task; `unscored` where there is none."""
    counted: bool | None
    """Whether it counts as the task's outcome; None if unscored."""
    verdicts: str
    """`judge: outcome` of every judge, with `; ` between."""
    evidence: str
    """`judge: evidence or reason` of every judge that gave one, with `; ` between."""
    finish: str
    tokens: int
    prompt: str
    sent: str
    """What was sent, where a wrapper made it differ from the prompt."""
    target: str
    """The reference answer; TARGET_LEFT_OUT where redacted."""
    completion: str
    """The chosen answer of a choice; LEFT_OUT where redacted."""
    redacted: bool
    """Whether the completion is left out; the column `target` says for itself."""


class ScoreRow(Record):
    """One score, or one comparison of two variants. Shares and differences lie in -1..1."""

    kind: Literal["score", "category", "comparison"]
    variant: str
    reference: str = ""
    """Of a comparison: what is subtracted."""
    seed: int | None = None
    """None pools the seeds."""
    task: str
    category: str = ""
    value: float | None
    """A share, or a difference of shares."""
    low: float | None
    high: float | None
    scored: int | None = None
    unscored: int | None = None
    truncated: int | None = None
    p_value: float | None = None
    rose: int | None = None
    fell: int | None = None
    prompts: int | None = None
    margin: float | None = None
    non_inferiority: str = ""


def sample_rows(samples: SampleSet, *, redact: bool) -> tuple[SampleRow, ...]:
    """Every sample, by checkpoint and then in the report's order of prompts."""
    return tuple(
        _sample(prompt, cell, checkpoint=checkpoint, redact=redact)
        for at, checkpoint in enumerate(samples.checkpoints)
        for prompt in samples.prompts
        if (cell := prompt.cells[at]) is not None
    )


def score_rows(table: ScoreTable) -> tuple[ScoreRow, ...]:
    """Scores, scores by category, comparisons, in the table's order."""
    categories = tuple(
        ScoreRow(kind="category", variant=c.variant, task=c.task, category=c.category, value=c.value, low=c.low,
                 high=c.high, scored=c.scored, unscored=c.unscored)
        for c in table.categories
    )  # fmt: skip
    return (*map(_score, table.scores), *categories, *map(_comparison, table.comparisons))


def _sample(
    prompt: BrowserPrompt, cell: BrowserCell, *, checkpoint: tuple[str, int | None], redact: bool
) -> SampleRow:
    left_out = redact and cell.covered
    return SampleRow(
        variant=checkpoint[0],
        seed=checkpoint[1],
        task=prompt.task,
        sample=prompt.sample_id,
        category=prompt.category,
        outcome=cell.outcome,
        counted=cell.counted,
        verdicts="; ".join(f"{judge}: {outcome}" for judge, outcome, _ in cell.judges),
        evidence=LEFT_OUT if left_out else "; ".join(f"{judge}: {text}" for judge, _, text in cell.judges if text),
        finish=cell.finish,
        tokens=cell.tokens,
        prompt=prompt.prompt,
        sent=prompt.sent,
        target=TARGET_LEFT_OUT if redact and prompt.target_covered else prompt.target,
        completion=LEFT_OUT if left_out else cell.completion,
        redacted=left_out,
    )


def _score(score: Score) -> ScoreRow:
    return ScoreRow(
        kind="score", variant=score.variant, seed=score.seed, task=score.task, value=score.value, low=score.low,
        high=score.high, scored=score.scored, unscored=score.unscored, truncated=score.truncated,
    )  # fmt: skip


def _comparison(found: Comparison) -> ScoreRow:
    return ScoreRow(
        kind="comparison", variant=found.variant, reference=found.reference, task=found.task, value=found.difference,
        low=found.low, high=found.high, p_value=found.p_value, rose=found.rose, fell=found.fell,
        prompts=found.prompts, margin=found.margin, non_inferiority=found.non_inferiority or "",
    )  # fmt: skip
