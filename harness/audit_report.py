"""The report as one record with a JSON Schema, for programs: AuditReport. It holds nothing that a model said."""

from __future__ import annotations

import json
from typing import Literal

from harness.costs import VariantCost
from harness.gate_records import RuleMargin
from harness.records import DatasetSummary, GateDecision, Manifest, ScoreTable
from harness.report_judges_records import Disagreement, JudgeView
from harness.report_method_records import Method
from harness.report_outcome_records import InShort, TaskOutcomes
from harness.report_provenance_records import Provenance
from harness.report_records import ReportSources, ReportView, Tone
from harness.specs import Record


class AuditReport(Record):
    """report.json: what a run found and what it was made of. Shares lie in 0..1, times are seconds."""

    format: Literal["benign-ift-harness/audit-report"]
    format_version: Literal[1]
    """Raised where a field changes its meaning or goes."""
    headline: str
    """The answer in one sentence."""
    answer: str
    """Its numbers on the first harmfulness task; empty where unscored."""
    tone: Tone
    in_short: tuple[InShort, ...] = ()
    """Each way of tuning that is compared at like expertise, in a line."""
    outcomes: tuple[TaskOutcomes, ...] = ()
    """How the scoring judge read the replies, for each task that a judge scores."""
    ranking: str
    """Which way of tuning, in one sentence; its numbers are in `scores.ranking`. Empty where nothing was tuned."""
    warnings: tuple[str, ...]
    """What to know when reading it: unscored samples, leakage, too few prompts."""
    gate: GateDecision | None
    """None where the config has no gate."""
    gate_margins: tuple[RuleMargin, ...] = ()
    """How near each of its rules was, and what would settle a can't say, in its order; empty where not known."""
    scores: ScoreTable
    """Scores, comparisons, matched comparisons, leakage, ranking."""
    method: Method | None = None
    """What was done, whose method it is, and the controls; None in files of earlier versions, as the next two."""
    judges: tuple[JudgeView, ...] = ()
    """Who judged what, and how far they agree with humans."""
    disagreements: tuple[Disagreement, ...] = ()
    """How often judges of the same completions differ, without the completions."""
    provenance: Provenance | None = None
    """Models, data, tasks, machine, and how to make the run again."""
    costs: tuple[VariantCost, ...]
    """Of the tuned variants."""
    dataset: DatasetSummary | None
    """None where nothing was tuned."""
    manifest: Manifest


def audit_report(sources: ReportSources, view: ReportView) -> AuditReport:
    """A finished run as one record."""
    return AuditReport(
        format="benign-ift-harness/audit-report",
        format_version=1,
        headline=view.headline,
        answer=view.answer,
        tone=view.tone,
        in_short=view.in_short,
        outcomes=tuple(TaskOutcomes(task=s.card.name, rows=s.outcomes) for s in view.sections if s.outcomes),
        ranking=view.ranking.sentence if view.ranking else "",
        warnings=view.warnings,
        gate=sources.decision,
        gate_margins=sources.margins,
        scores=sources.table,
        method=view.method,
        judges=view.judges.judges,
        disagreements=tuple(d.counts for d in view.judges.disagreements),
        provenance=view.provenance,
        costs=sources.costs,
        dataset=sources.dataset,
        manifest=sources.manifest,
    )


def schema_text() -> str:
    """The JSON Schema (draft 2020-12) of report.json."""
    tree = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    tree |= AuditReport.model_json_schema(mode="serialization")
    return json.dumps(tree, indent=1, ensure_ascii=True) + "\n"
