"""The search in plain words: how sets were tested, which came out best at what cost, and how firm it is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from statistics import fmean

from harness.analysis_records import ProbeQuality, Robustness, SearchOutcome, SearchStep
from harness.analysis_specs import SearchSettings
from harness.report_measures import drift_words
from harness.report_words import percent, plural

STABLE = 0.5
"""Mean overlap of the seeds' sets under which the set is called unstable [ours]."""
ORDERS = {
    "context": "those first whose absence from the whole perturbation spares least drift",
    "drift": "least single drift first",
    "gain": "most learning gain for its single drift first",
}
PROXIES = {"margin": "the classifier’s margin", "refusal": "log-probability of the base’s refusals"}
JOINTS = {
    "update": "its part of the perturbation, applied all at once",
    "tune": "tuned alone, and read at the same learning gain",
}
ACTIONS = {
    "single": "single: one unit alone",
    "grow": "grow: the first units of the order",
    "repair": "repair: one unit dropped",
    "bisect": "bisect",
    "extend": "extend: more added",
}
PATTERNS = {"modules": "single modules", "types": "whole types", "layers": "whole layers"}


def search_title(settings: SearchSettings) -> str:
    """A search, told from others over the same analysis."""
    share = f"{settings.budget * 100:g}\u00a0% of the whole"
    budget = share if settings.budget_of == "whole" else f"{settings.budget:g}"
    cap = "" if settings.cap is None else f", at most {plural(settings.cap, 'module')}"
    how = f"in the order “{settings.order}”" if settings.joint == "update" else "each set tuned"
    return f"Budget {budget}, by {PROXIES[settings.proxy]}, {PATTERNS[settings.pattern]}, {how}{cap}"


def headline(outcome: SearchOutcome, *, probe: ProbeQuality) -> str:
    """The set, its joint cost, and how good the instrument is."""
    chosen, whole = outcome.chosen, outcome.whole
    total = plural(len(outcome.every), "module")
    sure = f"The classifier is right on {percent(probe.accuracy)} of the prompts held out."
    if not chosen.modules:
        return f"Mods_Robust is empty: none of {total} keeps within the budget of {_budget(outcome)}. {sure}"
    size = f"{len(chosen.modules) - len(_outside(outcome))} of {total} of the layers"
    size += "".join(f", {name}" for name in _outside(outcome))
    if whole.parameters:
        size += f" ({percent(chosen.parameters / whole.parameters)} of the parameters)"
    return f"Mods_Robust: {size}. {_cost(outcome)}. {sure}"


def search_lines(outcome: SearchOutcome, robustness: Robustness) -> tuple[str, ...]:
    """How the set came about and how firm it is."""
    chosen, settings = outcome.chosen, outcome.settings
    lines = [_tested(outcome)]
    if settings.proxy == "refusal":
        lines.append(
            "Drift in this search is not the classifier’s: it is the loss of log-probability, a token, of the base’s "
            "own refusals."
        )
    if chosen.modules:
        if settings.joint == "update":
            lines.append(
                f"One by one its modules’ drifts add up to {amount(outcome, _single(outcome, robustness))}; all at "
                f"once they come to {amount(outcome, chosen.drift)}. Robustness does not add up, which is why sets are "
                "tested as a whole."
            )
        lines.append(_by_type(outcome))
    if outcome.overlap is not None:
        lines.append(
            f"Searched under each perturbation seed alone, the sets have {_sizes(outcome)} modules and overlap by "
            f"{outcome.overlap * 100:.0f}\u00a0% on average (shared over joined)."
        )
    return tuple(lines)


def search_warnings(outcome: SearchOutcome) -> tuple[str, ...]:
    """What makes the set mean less than it seems."""
    lines = []
    if len(outcome.steps) >= outcome.settings.max_evaluations:
        lines.append(
            f"The search stopped at its limit of {outcome.settings.max_evaluations} tested sets; "
            "a greater search.max_evaluations may find a better one."
        )
    if outcome.overlap is not None and outcome.overlap < STABLE:
        lines.append(
            "The set is not stable: under single perturbation seeds the sets overlap by "
            f"{outcome.overlap * 100:.0f}\u00a0% alone. Take more perturbation seeds, a longer update, or whole types "
            "(search.pattern)."
        )
    every = set(outcome.every)
    taken, left = (len(every.intersection(modules)) for modules in (outcome.chosen.modules, outcome.complement))
    if taken and not left:
        lines.append(
            "The set holds every module of the layers, so there is no complement to control it by; lower search.budget."
        )
    elif left < taken:
        lines.append(
            f"The complement control has {plural(left, 'module')} of the layers against {taken}: no more are left "
            "outside the set, so the two differ in size as well."
        )
    return tuple(lines)


def facts(outcome: SearchOutcome, *, path: str) -> tuple[tuple[str, str], ...]:
    """The search's settings and costs."""
    settings = outcome.settings
    cost = f"{len(outcome.steps)} of at most {settings.max_evaluations} for the set, over {len(outcome.every)} modules"
    return (
        ("Proxy", PROXIES[settings.proxy]),
        ("Test of a set", JOINTS[settings.joint]),
        ("Order of trial", ORDERS[settings.order] if settings.joint == "update" else "least drift when tuned alone"),
        ("Taken or left as one", PATTERNS[settings.pattern]),
        ("Embeddings, norms, head", "may be taken" if settings.outside else "always among the rest"),
        ("Budget", _budget(outcome)),
        ("Size cap", "none" if settings.cap is None else plural(settings.cap, "module")),
        ("Evaluations", f"{cost}; {outcome.evaluations} with every seed and the seeds’ own searches"),
        ("Repair", f"at most {plural(settings.repair, 'change')} tried"),
        ("Forward passes", path),
    )


def actions(outcome: SearchOutcome) -> tuple[tuple[str, str], ...]:
    """The kinds of step that a search made, in words."""
    words = ACTIONS | ({"repair": "repair: one unit added or taken"} if outcome.settings.joint == "tune" else {})
    made = {step.action for step in outcome.steps}
    return tuple((action, text) for action, text in words.items() if action in made)


def use_words(robust: Sequence[Collection[str]], outcome: SearchOutcome) -> str:
    """What a variant's seeds took: the set, its complement, or another set."""
    taken = [set(modules) for modules in robust]
    if not taken or not all(taken):
        return "not trained"
    for name, modules in (("found set", outcome.chosen.modules), ("complement", outcome.complement)):
        if all(one <= set(modules) for one in taken):
            size = len(taken[0])
            return f"the {name}{'' if size == len(modules) else f', {size} of its modules'}"
    shared = fmean(len(one & set(outcome.chosen.modules)) / len(one) for one in taken)
    each = plural(len(taken[0]), "module")
    return f"another set of {each} a seed, {shared * 100:.0f}\u00a0% of them in the found set"


def step_outcome(outcome: SearchOutcome, step: SearchStep) -> str:
    """How a set did."""
    if step.kept:
        return "best so far"
    if step.within:
        return "within budget, not better"
    return "over budget" if step.drift > outcome.budget else "learnt too little"


def step_words(outcome: SearchOutcome, step: SearchStep) -> str:
    """One mark of the drawing."""
    size, drift = plural(len(step.modules), "module"), amount(outcome, step.drift)
    return f"{step.number}, {step.action}: {size}, drift {drift}, {step_outcome(outcome, step)}"


def chart_words(outcome: SearchOutcome) -> str:
    """The drawing in words."""
    kept = [step for step in outcome.steps if step.kept]
    text = f"{plural(len(outcome.steps), 'set')} tested, {len(kept)} of them the best so far"
    if kept:
        text += f", the last with {plural(len(kept[-1].modules), 'module')} and a drift of "
        text += amount(outcome, kept[-1].drift)
    return f"{text}; budget {amount(outcome, outcome.budget)}, everything {amount(outcome, outcome.whole.drift)}."


def amount(outcome: SearchOutcome, drift: float) -> str:
    """A drift with its unit."""
    return drift_words(drift, margin=outcome.settings.proxy == "margin")


def _cost(outcome: SearchOutcome) -> str:
    chosen, whole, tuned = outcome.chosen, outcome.whole, outcome.settings.joint == "tune"
    doing = "Tuning it alone" if tuned else "Perturbing all of it at once"
    cost = f"{doing} costs {amount(outcome, chosen.drift)}"
    if whole.drift > 0:
        everything = "tuning everything to the same learning gain" if tuned else "perturbing everything"
        cost = f"{doing} costs {chosen.drift / whole.drift * 100:.0f}\u00a0% of the drift of {everything}"
    if tuned or chosen.gain is None or whole.gain is None or whole.gain <= 0:
        return cost
    return f"{cost} and gives {chosen.gain / whole.gain * 100:.0f}\u00a0% of its learning gain"


def _outside(outcome: SearchOutcome) -> list[str]:
    """Modules of the set that are not of the layers."""
    return [module for module in outcome.chosen.modules if module not in outcome.every]


def _tested(outcome: SearchOutcome) -> str:
    settings = outcome.settings
    count = f"{plural(len(outcome.steps), 'set')} were tested to find it, each over all perturbation seeds"
    if settings.joint == "update":
        return (
            f"A set is tested by applying its part of the perturbation, all at once. The budget is {_budget(outcome)}; "
            f"within it, the set that teaches most is the best. {count}."
        )
    return (
        f"A set is tested by tuning it alone, the rest frozen, at {settings.rate_factor:g} times the rate of the short "
        f"IFT, until it has learnt {settings.learnt * 100:g}\u00a0% of what that taught; its drift is read there. The "
        f"budget is {_budget(outcome)}; within it, the set of least drift is the best, and of sets within "
        f"{_share(outcome, settings.slack)} of that, the one that trains most parameters. {count}."
    )


def _budget(outcome: SearchOutcome) -> str:
    if outcome.settings.budget_of == "absolute":
        return amount(outcome, outcome.budget)
    return f"{_share(outcome, outcome.settings.budget)} ({amount(outcome, outcome.budget)})"


def _share(outcome: SearchOutcome, value: float) -> str:
    """A budget or slack as the config gives it."""
    if outcome.settings.budget_of == "absolute":
        return amount(outcome, value)
    return f"{value * 100:g}\u00a0% of everything’s drift"


def _single(outcome: SearchOutcome, robustness: Robustness) -> float:
    """Sum of the chosen modules' single drifts, in the proxy's unit."""
    means = {row.module: row.mean for row in (*robustness.modules, *robustness.outside)}
    margin = outcome.settings.proxy == "margin"
    return sum((m.harmful if margin else m.refusal or 0.0) for name in outcome.chosen.modules if (m := means.get(name)))


def _by_type(outcome: SearchOutcome) -> str:
    kinds = list(dict.fromkeys(module.partition(".")[0] for module in outcome.every))
    shares = []
    for kind in kinds:
        every, chosen = (sum(m.startswith(f"{kind}.") for m in s) for s in (outcome.every, outcome.chosen.modules))
        shares.append(f"{kind} {chosen}/{every}")
    return f"By type: {', '.join(shares)}."


def _sizes(outcome: SearchOutcome) -> str:
    sizes = [len(one.modules) for one in outcome.by_seed]
    return f"{min(sizes)}" if min(sizes) == max(sizes) else f"{min(sizes)} to {max(sizes)}"
