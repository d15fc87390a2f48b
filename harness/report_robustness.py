"""AnalysisOutputs → RobustnessView: the map of robust modules, the classifier, the search, in numbers and plain words.

The words that depend on numbers are here and in report_robustness_words.py; measures and their maps in
report_measures.py.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import chain

from harness import charts
from harness import report_robustness_words as say
from harness import report_search_words as search_say
from harness.analysis_records import ModuleSet, SearchOutcome, SearchStep
from harness.chart_records import StepChart, Trial
from harness.modules import patterns_of
from harness.report_measures import CENT, NATS, Measure, decimals, figure, heat_map, measures_of, proxy_measure
from harness.report_robustness_records import (
    AnalysisOutputs,
    ProbeView,
    RobustnessView,
    SearchOutputs,
    SearchView,
    SetRow,
    StepRow,
    VariantUse,
)
from harness.report_words import plural

WIDE, NARROW = (860, 250), (370, 260)
"""Sizes of the search's drawing for wide and for narrow screens."""
LISTED = 6
"""Patterns of a change that the table of steps spells out."""

Robust = Mapping[str, Sequence[Collection[str]]]
"""Variant → the modules of its group `robust`, by seed."""


def robustness_views(
    analyses: Sequence[AnalysisOutputs], *, robust: Robust | None = None, marks: Mapping[str, int] | None = None
) -> tuple[RobustnessView, ...]:
    """A view for each analysis; `robust` tells what the variants took, `marks` their marks in the report."""
    return tuple(_view(analysis, robust or {}, marks or {}) for analysis in analyses)


def main_measure(analysis: AnalysisOutputs, outcome: SearchOutcome) -> Measure:
    """The measure nearest to what a search went by: of its proxy, in context where its order was."""
    context = outcome.settings.joint == "update" and outcome.settings.order == "context"
    return proxy_measure(analysis.robustness, outcome.settings.proxy, context=context)


def _view(analysis: AnalysisOutputs, robust: Robust, marks: Mapping[str, int]) -> RobustnessView:
    robustness = analysis.robustness
    searches = tuple(_search_view(analysis, search, robust, marks) for search in analysis.searches)
    shown = {main_measure(analysis, search.outcome).key for search in analysis.searches}
    alone = analysis.searches[0].outcome.chosen.modules if len(analysis.searches) == 1 else ()
    return RobustnessView(
        title=say.title(analysis),
        lines=say.analysis_lines(analysis),
        warnings=say.analysis_warnings(analysis),
        probes=tuple(ProbeView(name=say.PROBES[p.name], form=say.FORMS[p.form], quality=p) for p in robustness.probes),
        searches=searches,
        maps=tuple(heat_map(robustness, m, chosen=alone) for m in measures_of(robustness) if m.key not in shown),
        patterns=say.paper_patterns(robustness),
    )


def _search_view(
    analysis: AnalysisOutputs, search: SearchOutputs, robust: Robust, marks: Mapping[str, int]
) -> SearchView:
    outcome = search.outcome
    chart = _charts(outcome)
    return SearchView(
        title=search_say.search_title(outcome.settings),
        headline=search_say.headline(outcome, probe=analysis.robustness.probes[0]),
        lines=search_say.search_lines(outcome, analysis.robustness),
        warnings=search_say.search_warnings(outcome),
        variants=tuple(
            VariantUse(name=name, mark=marks.get(name, 0), words=search_say.use_words(robust.get(name, ()), outcome))
            for name in search.variants
        ),
        map=heat_map(analysis.robustness, main_measure(analysis, outcome), chosen=outcome.chosen.modules, full=True),
        chosen=patterns_of(outcome.chosen.modules, outcome.every),
        unit=unit_of(outcome),
        wide=chart[0] if chart else None,
        narrow=chart[1] if chart else None,
        chart_words=search_say.chart_words(outcome),
        actions=search_say.actions(outcome),
        steps=_steps(outcome),
        sets=_sets(outcome, analysis.robustness.perturbation.seeds),
        facts=search_say.facts(outcome, path=analysis.robustness.path),
    )


def unit_of(outcome: SearchOutcome) -> str:
    """Of the drifts that the report shows for a search."""
    return CENT if outcome.settings.proxy == "margin" else NATS


def _shown(outcome: SearchOutcome, drift: float) -> float:
    return drift * 100 if outcome.settings.proxy == "margin" else drift


def _charts(outcome: SearchOutcome) -> list[StepChart]:
    if not outcome.steps:
        return []
    trials = [
        Trial(
            number=step.number,
            drift=_shown(outcome, step.drift),
            action=step.action,
            within=step.within,
            kept=step.kept,
            title=search_say.step_words(outcome, step),
        )
        for step in outcome.steps
    ]
    budget, whole = _shown(outcome, outcome.budget), _shown(outcome, outcome.whole.drift)
    unit = unit_of(outcome)
    return [charts.step_chart(trials, budget=budget, whole=whole, unit=unit, size=size) for size in (WIDE, NARROW)]


def _steps(outcome: SearchOutcome) -> tuple[StepRow, ...]:
    """Each step against the best set until then."""
    best: set[str] = set()
    places = _places(outcome)
    rows = []
    for step in outcome.steps:
        modules = set(step.modules)
        rows.append(
            StepRow(
                number=step.number,
                action=step.action,
                modules=len(step.modules),
                added=_change(modules - best, outcome),
                removed=_change(best - modules, outcome),
                drift=figure(_shown(outcome, step.drift), places),
                gain=_gain(step),
                outcome=search_say.step_outcome(outcome, step),
                kept=step.kept,
            )
        )
        if step.kept:
            best = modules
    return tuple(rows)


def _change(modules: Collection[str], outcome: SearchOutcome) -> str:
    """`q, k.0-3, up.5 and 2 more (14 modules)`."""
    if not modules:
        return ""
    patterns = patterns_of(modules, outcome.every)
    text = ", ".join(patterns[:LISTED])
    if len(patterns) > LISTED:
        text += f" and {len(patterns) - LISTED} more"
    return text if len(modules) == 1 else f"{text} ({plural(len(modules), 'module')})"


def _sets(outcome: SearchOutcome, seeds: Sequence[int]) -> tuple[SetRow, ...]:
    """The set, its controls and its stability over the perturbation seeds."""
    rows = [_set(outcome, "Mods_Robust", outcome.chosen), _set(outcome, "everything", outcome.whole)]
    alone = zip(seeds, outcome.by_seed, strict=False)
    rows += [_set(outcome, f"found under perturbation seed {seed} alone", one) for seed, one in alone]
    complement = ", ".join(patterns_of(outcome.complement, outcome.every))
    rows.append(_control("control: complement, most sensitive first", len(outcome.complement), complement))
    drawn = "drawn anew for each training seed"
    rows.append(_control("control: random", len(outcome.chosen.modules), drawn))
    return tuple(rows)


def _control(name: str, modules: int, patterns: str) -> SetRow:
    return SetRow(name=name, modules=modules, patterns=patterns, share="–", drift="–", gain="–")


def _set(outcome: SearchOutcome, name: str, one: ModuleSet) -> SetRow:
    size = outcome.whole.parameters
    return SetRow(
        name=name,
        modules=len(one.modules),
        patterns=", ".join(patterns_of(one.modules, outcome.every)),
        share=f"{one.parameters / size * 100:.1f} %" if size else "–",
        drift=figure(_shown(outcome, one.drift), _places(outcome)),
        gain=_gain(one),
    )


def _gain(one: ModuleSet | SearchStep) -> str:
    return "–" if one.gain is None else figure(one.gain, 3)


def _places(outcome: SearchOutcome) -> int:
    drifts = chain((outcome.whole.drift, outcome.budget), (step.drift for step in outcome.steps))
    return decimals(max(abs(_shown(outcome, drift)) for drift in drifts))
