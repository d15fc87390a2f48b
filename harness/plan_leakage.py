"""Plans the leakage check: every prompt that a run scores against every text that it tunes or fits on."""

from __future__ import annotations

from collections.abc import Sequence

from harness.analysis_specs import AnalyzeParams
from harness.plan_builder import PlanBuilder
from harness.specs import DatasetParams, LeakageParams, LeakageSettings, TaskRef

LEAKAGE = "leakage"
"""How the scores call it."""


def add_leakage(build: PlanBuilder, settings: LeakageSettings, *, base: str, refs: Sequence[TaskRef]) -> str:
    """Plan the check of `refs`, wrappers aside, against the data and the analyses planned so far; returns its key."""
    params = [spec.params for spec in build.stages.values()]
    analyses = [p for p in params if isinstance(p, AnalyzeParams)]
    check = LeakageParams(
        tasks=tuple(dict.fromkeys(ref.plain for ref in refs)),
        datasets=tuple(p for p in params if isinstance(p, DatasetParams)),
        prompts=tuple(dict.fromkeys(source for a in analyses for source in (*a.prompts, *a.out_of_distribution))),
        settings=settings,
    )
    return build.add(check, label="leakage check", inputs=(("base", base),))
