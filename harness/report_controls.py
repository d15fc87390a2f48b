"""Which controls a run has and which it lacks, and what that leaves unshown. Source: ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.provenance_records import RunFacts
from harness.records import MatchedComparison, ScoreTable
from harness.report_judges_records import JudgesView
from harness.report_method_records import ControlLine
from harness.report_records import VariantView
from harness.report_words import plural

SEEDS = 3
"""Trainings of a variant from which their spread can be told at all."""


def control_lines(
    variants: Sequence[VariantView], judges: JudgesView, *, table: ScoreTable, facts: RunFacts | None
) -> tuple[ControlLine, ...]:
    """Controls that the run has, then those that it lacks; what does not apply to it is left out."""
    tuned = [v for v in variants if v.seeds]
    lines = [
        *_plain(tuned, table, facts),
        *_matched(tuned, table.matched),
        *_modules(tuned, facts),
        *_seeds(tuned, table),
        *_refusing(table),
        *_leakage(table),
        *_calibrated(judges),
    ]
    return (*(line for line in lines if line.present), *(line for line in lines if not line.present))


def _plain(tuned: Sequence[VariantView], table: ScoreTable, facts: RunFacts | None) -> Iterator[ControlLine]:
    if not tuned or all(v.strategy == "checkpoint" for v in tuned):
        return
    name = "Plain IFT at several learning rates"
    plain = [v.name for v in tuned if v.kind == "plain"]
    known = {v.name: v.learning_rate for v in facts.variants} if facts else {}
    curves = [f.variants for f in table.families if f.kind == "plain"] or [tuple(plain)]
    rates = max((len({known.get(variant) or variant for variant in curve}) for curve in curves), default=0)
    if not plain:
        text = "No variant is plain IFT, so it is not shown what tuning without a mitigation does to this model."
        yield ControlLine(name=name, present=False, text=text)
    elif rates < 2:
        text = (
            "Plain IFT was tuned at one learning rate alone, so it is not shown whether a lower rate would not do as "
            "well as a mitigation."
        )
        yield ControlLine(name=name, present=False, text=text)
    else:
        text = f"Tuned at {rates} rates, all else alike: a lower rate alone also does less harm."
        yield ControlLine(name=name, present=True, text=text)


def _matched(tuned: Sequence[VariantView], matched: Sequence[MatchedComparison]) -> Iterator[ControlLine]:
    others = [v.name for v in tuned if v.kind == "other" and v.strategy != "checkpoint"]
    if not others:
        return
    name = "Like expertise"
    made = [m for m in matched if m.by == "expertise" and m.kind == "plain" and m.primary and m.variant in others]
    if not made:
        text = (
            "No mitigation is compared with plain IFT at like expertise, so less harm may only mean that less was "
            "learnt."
        )
        yield ControlLine(name=name, present=False, text=text)
        return
    inside = sum(m.placement == "inside" for m in made)
    text = f"{plural(len(made), 'mitigation')} held against plain IFT’s harm at the expertise that each has"
    if inside < len(made):
        text += f"; {len(made) - inside} of them learnt more or less than plain IFT’s whole curve, which shows less"
    yield ControlLine(name=name, present=True, text=f"{text}.")


def _modules(tuned: Sequence[VariantView], facts: RunFacts | None) -> Iterator[ControlLine]:
    chosen = {v.modules for v in facts.variants} if facts else set()
    if "found" not in chosen and not chosen & {"random", "complement"}:
        return
    told = (
        ("random", "Random modules", "As many modules drawn at random were tuned likewise.",
         "No random set of modules was tuned, so it is not shown that the set found matters."),
        ("complement", "The other modules", "As many of the modules that the search left out were tuned likewise.",
         "The modules that the search left out were not tuned likewise, so it is not shown that the robust ones are "
         "the better choice."),
    )  # fmt: skip
    for key, name, has, lacks in told:
        yield ControlLine(name=name, present=key in chosen, text=has if key in chosen else lacks)


def _seeds(tuned: Sequence[VariantView], table: ScoreTable) -> Iterator[ControlLine]:
    if not tuned:
        return
    fewest = min(len(v.seeds) for v in tuned)
    if fewest >= SEEDS:
        text = f"Every variant was tuned with at least {plural(fewest, 'seed')}, and intervals hold their spread."
    else:
        text = (
            f"Some variant has {plural(fewest, 'seed')}: how far another training with the same settings would differ "
            "is hardly shown."
        )
    yield ControlLine(name="Several seeds", present=fewest >= SEEDS, text=text)


def _refusing(table: ScoreTable) -> Iterator[ControlLine]:
    found = [c.title for c in table.tasks if c.axis == "usability" and "refuses" in c.counts]
    text = (
        f"{', '.join(found)}: a model that refuses everything would show there."
        if found
        else "No task counts refusals of harmless requests, so a model that refuses everything would pass for safe."
    )
    yield ControlLine(name="Over-refusal", present=bool(found), text=text)


def _leakage(table: ScoreTable) -> Iterator[ControlLine]:
    text = (
        "Scored prompts were looked for in the data and among the classifier’s prompts."
        if table.leakage is not None
        else "Nobody looked for scored prompts in the data, so a score may measure memory."
    )
    yield ControlLine(name="Leakage", present=table.leakage is not None, text=text)


def _calibrated(view: JudgesView) -> Iterator[ControlLine]:
    scoring = [judge for judge in view.judges if any(task.scores for task in judge.tasks)]
    if not scoring:
        return
    unknown = [judge.name for judge in scoring if not judge.exact and not judge.calibrations]
    exact = all(judge.exact for judge in scoring)
    text = (
        f"Not calibrated on human labels: {', '.join(unknown)}. Its errors are unknown here."
        if unknown
        else "The answers that the judge scores are known by construction."
        if exact
        else "Every judge that scores was held against human labels, or scores what is known by construction."
    )
    yield ControlLine(name="Judges’ errors known", present=not unknown, text=text)
