"""The analysis in plain words: what was perturbed how, what came out, and what it cannot mean."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from harness.analysis_records import ModuleRobustness, ProbeQuality, Robustness
from harness.analysis_specs import PerturbationSettings
from harness.modules import FUSED
from harness.report_measures import drift_words
from harness.report_robustness_records import AnalysisOutputs, PatternView
from harness.report_words import percent, plural
from harness.specs import TrainParams

PROBES = {
    "security": "Security: the proxy",
    "other form": "Security, the other form",
    "out of distribution": "Security, other sources",
    "control": "Control: ends in a question mark?",
}
FORMS = {"logistic": "logistic regression", "linear": "linear and sigmoid"}
ALIKE = 0.8
"""A control that drifts by this share of the security classifier's drift is called alike [ours]."""


def title(analysis: AnalysisOutputs) -> str:
    """An analysis, told from others of the run."""
    perturbation, probe = analysis.robustness.perturbation, analysis.params.probe
    if perturbation.kind == "noise":
        kind = "noise"
    else:
        kind = "a short IFT’s update" + ("" if analysis.update is None else f" ({_length(analysis.update)})")
    form = "" if probe.form == "logistic" else f", read by {FORMS[probe.form]}"
    layer = "" if probe.layer is None else f", read after layer {probe.layer}"
    return f"Perturbed by {kind}{_scaled(perturbation)}{form}{layer}"


def analysis_lines(analysis: AnalysisOutputs) -> tuple[str, ...]:
    """What was perturbed, what was measured, and what held-out prompts say of the instruments."""
    robustness = analysis.robustness
    lines = [_perturbed(robustness, analysis.update), _measured(robustness)]
    if robustness.refusals:
        left = f"; {plural(robustness.not_refused, 'held-out harmful prompt')} that it does not refuse are left out"
        lines.append(
            f"The refusal measure scores the openings of {plural(robustness.refusals, 'refusal')} by the base"
            f"{left if robustness.not_refused else ''}."
        )
    return (*lines, *_options(robustness, floor=analysis.params.probe.floor))


def analysis_warnings(analysis: AnalysisOutputs) -> tuple[str, ...]:
    """What makes the drift mean less than it seems."""
    robustness, floor = analysis.robustness, analysis.params.probe.floor
    lines = [_elsewhere_warning(p, floor) for p in robustness.probes if p.name == "out of distribution"]
    lines += [_source_warning(p, floor) for p in robustness.probes]
    return tuple(line for line in (*lines, _control_warning(robustness)) if line)


def paper_patterns(robustness: Robustness) -> tuple[PatternView, ...]:
    """The patterns that the paper reports of single modules' drift by margin, as found here over the seeds [ours]."""
    return (_depth(robustness), _types(robustness), _together(robustness))


def _perturbed(robustness: Robustness, update: TrainParams | None) -> str:
    perturbation = robustness.perturbation
    seeds = plural(len(perturbation.seeds), "seed")
    each = f"Each of the {plural(len(robustness.modules), 'module')} of the layers (one matrix of one layer)"
    if perturbation.kind == "noise":
        how = f"got Gaussian noise{_scaled(perturbation)}, drawn with {seeds}"
    else:
        short = "a short plain IFT" + ("" if update is None else f" ({_length(update)})")
        how = f"got what {short} of the base did to it{_scaled(perturbation)}, with {seeds}"
    return f"{each} {how}, one module at a time, everything else as in the base."


def _scaled(perturbation: PerturbationSettings) -> str:
    scale = perturbation.scale
    if perturbation.match == "weight":
        return f", scaled to change its weights by {scale * 100:g}\u00a0% in norm"
    if perturbation.match == "output":
        return f", scaled to change its output by {scale * 100:g}\u00a0% in norm"
    if perturbation.kind == "noise":
        return f" of {scale * 100:g}\u00a0% of its weights’ root mean square"
    return "" if scale == 1 else f", times {scale:g}"


def _length(update: TrainParams) -> str:
    loop = update.loop
    length = f"{loop.steps} steps" if loop.steps is not None else f"{loop.epochs:g} epochs"
    adapter = "" if update.lora is None else f", LoRA rank {update.lora.rank}"
    return f"{length} at a learning rate of {update.spec.learning_rate:g}{adapter}"


def _measured(robustness: Robustness) -> str:
    probe = robustness.probes[0]
    text = (
        "Drift is the share of its mean margin on harmful prompts that a frozen classifier of harmful against benign "
        f"prompts loses; it was fitted on {plural(probe.fitted, 'prompt')} and is right on {percent(probe.accuracy)} "
        f"of {plural(probe.held_out, 'other')}."
    )
    if robustness.checked_tasks:
        text += f" None of these prompts is scored ({', '.join(robustness.checked_tasks)})."
    return text


def _options(robustness: Robustness, *, floor: float) -> list[str]:
    whole, base = robustness.whole.mean, robustness.base
    lines = []
    if whole.retrained_accuracy is not None and whole.retrained_harmful is not None:
        there = whole.retrained_accuracy >= floor
        lines.append(
            f"A classifier fitted anew on the states under the whole perturbation is right on "
            f"{percent(whole.retrained_accuracy)} of the prompts held out; its margin is down by "
            f"{drift_words(whole.retrained_harmful)}, the frozen one’s by {drift_words(whole.harmful)}: the feature "
            + ("can still be read, so part of the drift is a move and not a loss." if there else "is lost in part.")
        )
    if whole.refuses is not None and base.refuses is not None:
        lines.append(
            f"Answers generated to harmful prompts: the base refuses {percent(base.refuses)}, the base with "
            f"everything perturbed {percent(whole.refuses)}."
        )
    return lines


def _elsewhere_warning(probe: ProbeQuality, floor: float) -> str:
    if probe.accuracy >= floor:
        return ""
    return (
        f"On prompts of other sources the classifier is right on {percent(probe.accuracy)} alone (its floor at home is "
        f"{floor * 100:g}\u00a0%). It may have learnt how its own prompts look rather than what is harmful; a drift "
        "then says how that look moves, which may be mere distribution shift."
    )


def _source_warning(probe: ProbeQuality, floor: float) -> str:
    low = [s for s in probe.sources if s.accuracy < floor]
    if not low or probe.accuracy < floor:
        return ""
    listed = ", ".join(f"{percent(s.accuracy)} of {s.label} prompts of {s.source}" for s in low)
    return f"{PROBES[probe.name]}: the classifier is right on {listed}, though on {percent(probe.accuracy)} of all."


def _control_warning(robustness: Robustness) -> str:
    control, security = robustness.whole.mean.control, robustness.whole.mean.harmful
    if control is None or control < ALIKE * security or control <= 0:
        return ""
    more = sum((row.mean.control or 0.0) >= row.mean.harmful for row in robustness.modules)
    return (
        f"The control classifier, of a feature that is not security, loses {drift_words(control)} of its margin under "
        f"the whole perturbation and the security classifier {drift_words(security)}; at {more} of "
        f"{plural(len(robustness.modules), 'module')} it drifts at least as much. Such a drift is no sign of security "
        "in particular: it may be mere distribution shift of the hidden states."
    )


def _layer(row: ModuleRobustness) -> int:
    return int(row.module.partition(".")[2])


def _kind(row: ModuleRobustness) -> str:
    return row.module.partition(".")[0]


def _depth(robustness: Robustness) -> PatternView:
    claim = "Earlier layers are more sensitive than later ones"
    layers = {_layer(row) for row in robustness.modules}
    middle = (min(layers) + max(layers) + 1) / 2
    early = [row for row in robustness.modules if _layer(row) < middle]
    late = [row for row in robustness.modules if _layer(row) >= middle]
    if not late:
        return PatternView(claim=claim, here="this model has one layer", verdict="cannot be told")
    return _compared(claim, ("the earlier half", early), ("the later", late))


def _types(robustness: Robustness) -> PatternView:
    claim = "Q and K are more sensitive than other types"
    asked = [row for row in robustness.modules if _kind(row) in ("q", "k")]
    rest = [row for row in robustness.modules if _kind(row) not in ("q", "k")]
    if not asked:
        here = f"this model keeps {', '.join(FUSED['qkv'])} in one matrix"
        return PatternView(claim=claim, here=here, verdict="cannot be told")
    return _compared(claim, ("Q and K", asked), ("the others", rest))


Named = tuple[str, Sequence[ModuleRobustness]]


def _compared(claim: str, first: Named, second: Named) -> PatternView:
    """Whether the first group's mean drift is the greater under every perturbation seed."""
    means = [_means(rows) for _, rows in (first, second)]
    shown = [drift_words(fmean(mean)) for mean in means]
    here = f"{first[0]} {shown[0]}, {second[0]} {shown[1]}, mean of a module alone"
    return _pattern(claim, here, [a - b for a, b in zip(*means, strict=True)])


def _together(robustness: Robustness) -> PatternView:
    """Whether everything at once drifts more than the sum of the single ones."""
    wholes = [drift.harmful for drift in robustness.whole.by_seed]
    rows = (*robustness.modules, *robustness.outside)
    singles = [sum(row.by_seed[at].harmful for row in rows) for at in range(len(wholes))]
    shown = [drift_words(fmean(drifts)) for drifts in (singles, wholes)]
    here = f"one by one they add up to {shown[0]}, all at once they come to {shown[1]}"
    claim = "Modules that are robust one by one can be sensitive together"
    return _pattern(claim, here, [whole - single for whole, single in zip(wholes, singles, strict=True)])


def _pattern(claim: str, here: str, differences: Sequence[float]) -> PatternView:
    if all(d > 0 for d in differences):
        return PatternView(claim=claim, here=here, verdict="as in the paper")
    if all(d < 0 for d in differences):
        return PatternView(claim=claim, here=here, verdict="the other way round")
    return PatternView(claim=claim, here=here, verdict="not settled")


def _means(rows: Sequence[ModuleRobustness]) -> list[float]:
    """Mean drift of these modules by perturbation seed."""
    seeds = range(len(rows[0].by_seed)) if rows else range(0)
    return [fmean(row.by_seed[at].harmful for row in rows) for at in seeds]
