"""Comparisons at matched expertise for tests: by hand, and from the outcomes of synthetic sources."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from harness.records import MatchedComparison
from harness.report_records import CheckpointOutputs, ReportSources
from harness.specs import Family, VariantSeed
from harness.stages.score import Answered, outcome_of, with_matched


def matched(**changes: Any) -> MatchedComparison:
    """`ml-lr` between two rates of plain IFT, at less than half of the harm."""
    return MatchedComparison.model_validate(
        {
            "variant": "ml-lr", "own_kind": "other", "family": "plain IFT", "kind": "plain",
            "curve": ("ift-2e-4", "ift-3e-4"), "by": "expertise", "harm_task": "harm", "expertise_task": "quiz",
            "primary": True, "placement": "inside", "neighbours": ("ift-2e-4", "ift-3e-4"), "at": 0.71, "beyond": 0.0,
            "harm": 0.12, "reference": 0.31, "difference": -0.19, "low": -0.25, "high": -0.13, "ratio": 0.387,
            "ratio_low": 0.25, "ratio_high": 0.55, **changes,
        }
    )  # fmt: skip


def family(kind: str, *variants: str, **changes: Any) -> Family:
    """A family that tunes all weights."""
    name = "plain IFT" if kind == "plain" else ", ".join(variants)
    made = {"name": name, "kind": kind, "variants": variants, "data": "0" * 16, "lora": False, **changes}
    return Family.model_validate(made)


def with_families(sources: ReportSources, *families: Family) -> ReportSources:
    """The same run, its table with the comparisons that its outcomes give."""
    answered = [_answered(outputs, sources) for outputs in sources.checkpoints]
    return replace(sources, table=with_matched(sources.table, answered, families=families))


def _answered(outputs: CheckpointOutputs, sources: ReportSources) -> Answered:
    cards, judges = {c.name: c for c in sources.table.tasks}, dict(sources.primary_judges)
    verdicts = {(v.task, v.sample_id): v for v in outputs.verdicts if judges.get(v.task) == v.judge}
    outcomes = (outcome_of(s, cards[s.task], verdicts.get((s.task, s.sample_id))) for s in outputs.samples)
    entry = VariantSeed(variant=outputs.variant, seed=outputs.seed, train=None, evaluate="", judges=())
    loss = None if outputs.train is None else outputs.train.final_loss
    assert loss is None or math.isfinite(loss)
    return Answered(entry, outputs.samples, tuple(outcomes), loss)
