"""The judges of a run: who they are, what they judged, how far they agree with humans, and where they differ."""

from __future__ import annotations

from collections.abc import Sequence

from harness.judge_models import models_of, settings_of
from harness.plugin_words import plugin_words
from harness.provenance_records import JudgeFacts, RunFacts
from harness.records import TaskCard
from harness.report_disagreements import disagreements
from harness.report_judges_records import CalibrationView, JudgedTask, JudgesView, JudgeView
from harness.report_margins import calibration_lines
from harness.report_provenance import model_words
from harness.report_records import ReportSources
from harness.report_sample_records import SampleSet
from harness.report_samples import UNSCORED
from harness.specs import JudgeCalibration

KINDS = {
    "world": "content check of the built-in world",
    "refusal": "rules",
    "degenerate": "rules",
    "classifier": "guard model",
    "learned": "classifier learned from labels",
    "rubric": "LLM with a rubric",
    "pairwise": "LLM that compares with the base",
    "panel": "panel of judges",
}
EXACT = "world"
"""The judge of the built-in world, whose answers are known by construction."""
WORLD = "built-in world"
"""In the source of a task of that world."""
UNKNOWN = "Not calibrated on human labels: its errors are unknown here."
KNOWN = "Exact here: what the built-in world’s answers are is known by construction, so no human labels are needed."


def judges_view(sources: ReportSources, samples: SampleSet, *, tasks: Sequence[TaskCard]) -> JudgesView:
    """All judges, those that score first, in the order of the tasks."""
    primary = dict(sources.primary_judges)
    counts = _counts(samples)
    scoring = [primary[c.name] for c in tasks if c.name in primary]
    facts = {j.name: j for j in sources.facts.judges} if sources.facts else {}
    names = dict.fromkeys((*scoring, *(name for name, _ in counts), *facts))
    judges = []
    for name in names:
        own = [c for c in tasks if primary.get(c.name) == name or (name, c.name) in counts]
        asked = tuple(_judged(c, counts.get((name, c.name)), scores=primary.get(c.name) == name) for c in own)
        known = tuple(c for c in sources.table.calibrations if c.judge == name)
        exact = name == EXACT and all(WORLD in c.source for c in own)
        told = tuple(CalibrationView(measured=c, models=_models(c, sources.facts)) for c in known)
        as_asked = facts.get(name) or JudgeFacts(name=name, settings="{}", digest="")
        judges.append(_judge(as_asked, asked, told, exact=exact))
    return JudgesView(
        judges=tuple(judges),
        unjudged=tuple((c.title, c.metric or "nothing") for c in tasks if c.name not in primary),
        disagreements=disagreements(samples, tasks=tasks, primary=primary),
    )


def standing_lines(judge: str, card: TaskCard, known: Sequence[JudgeCalibration]) -> tuple[str, ...]:
    """How far the judge is to be relied on for a task, after `The judge: `."""
    if judge == EXACT and WORLD in card.source and not any(c.judge == judge for c in known):
        return ("exact here, since the built-in world’s answers are known by construction",)
    return calibration_lines(judge, known, counts=card.counts)


def judge_warnings(view: JudgesView) -> tuple[str, ...]:
    """One line for each judge that scores a task and whose errors are not known here."""
    lines = []
    for judge in view.judges:
        scored = [t.task for t in judge.tasks if t.scores]
        if not scored or judge.exact:
            continue
        what = f"The judge {judge.name}, which scores {', '.join(scored)},"
        if not judge.calibrations:
            lines.append(f"{what} is not calibrated on human labels: its errors are unknown here.")
        elif not any(c.measured.current for c in judge.calibrations):
            lines.append(f"{what} was calibrated in another version or with other settings.")
        elif all(c.measured.fitted_on_these for c in judge.calibrations):
            lines.append(f"{what} was calibrated on the labels that it was fitted on, which flatters it.")
    return tuple(lines)


def _judged(card: TaskCard, count: tuple[int, int] | None, *, scores: bool) -> JudgedTask:
    verdicts, unscored = count or (0, 0)
    return JudgedTask(task=card.title, scores=scores, verdicts=verdicts, unscored=unscored)


def _judge(
    facts: JudgeFacts, asked: tuple[JudgedTask, ...], known: tuple[CalibrationView, ...], *, exact: bool
) -> JudgeView:
    file = facts.plugin or facts.name
    words = plugin_words("judges", file)
    measured = "; ".join(calibration_lines(facts.name, [c.measured for c in known])) if known else ""
    return JudgeView(
        name=facts.name,
        kind=KINDS.get(file, "plug-in"),
        does=words.does if words.title == file else f"{words.title}: {words.does}",
        models=models_of(facts.settings),
        settings=settings_of(facts.settings),
        digest=facts.digest,
        tasks=asked,
        exact=exact,
        calibrations=known,
        standing=f"{measured}." if known else KNOWN if exact else UNKNOWN,
    )


def _models(known: JudgeCalibration, facts: RunFacts | None) -> str:
    """How the model of the labels differs from the audited one, in words."""
    audited = facts.models[0] if facts and facts.models else None
    base = model_words(audited) if audited else "not recorded"
    if not known.models:
        return (
            f"Which model wrote the labelled completions is not recorded; the base model here is {base}. On another "
            "model’s completions the judge may err more often."
        )
    own = sum(rows for model, rows in known.models if audited and model == audited.source.location)
    wrote = ", ".join(f"{model} ({rows:,})" for model, rows in known.models)
    if own:
        return f"The labelled completions are by {wrote}: {own:,} of them by the base model of this run, before tuning."
    return (
        f"The labelled completions are by {wrote}; the base model here is {base}. On another model’s completions the "
        "judge may err more often."
    )


def _counts(samples: SampleSet) -> dict[tuple[str, str], tuple[int, int]]:
    """(judge, task) → (verdicts, unscored)."""
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for prompt in samples.prompts:
        for cell in prompt.cells:
            for name, outcome, _ in cell.judges if cell else ():
                verdicts, unscored = found.get((name, prompt.task), (0, 0))
                found[name, prompt.task] = verdicts + 1, unscored + (outcome == UNSCORED)
    return found
