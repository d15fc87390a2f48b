"""What a report cannot say, in plain words: the paper's claims apart from our choices."""

from __future__ import annotations

from collections.abc import Sequence

from harness.report_records import Limit
from harness.report_words import plural

PAPER = (
    "That benign fine-tuning raises harmfulness, and that ML-LR (a larger learning rate for robust modules than for "
    "the rest) mitigates it at little cost, is the paper’s claim (arXiv 2410.04524). This run tests it and does not "
    "assume it.",
    "The paper’s models have billions of parameters, and its judges and benchmarks differ from ours: its numbers and "
    "these are not comparable.",
)
PAPER_ANALYSIS = (
    "Module Robustness Analysis, as the paper’s abstracts and reviews tell it: a linear layer and sigmoid on the "
    "prompt’s final-layer embedding, frozen, and its drop on malicious prompts when one module is perturbed. Its "
    "patterns: earlier layers are more sensitive; so are Q and K; modules robust one by one can be sensitive together.",
    "ML-LR gives Mods_Robust, found by a search that this proxy guides, the large learning rate and the sensitive rest "
    "the small one; SWAT (its second version) warms Mods_Robust up first. How the paper perturbs, its thresholds, "
    "sets, rates and warm-up lengths are not known to us.",
)
OWN_ANALYSIS = (
    "How modules are perturbed, the drift as a share of the margin, the reading in context, the refusals, the learning "
    "gain, the budget, the search (how a set is tested, and which is the best) and its controls (random, complement) "
    "are ours; so are the default ratio of the rates and the default warm-up. Where our map differs from the paper’s "
    "patterns, perturbations and models differ.",
    "Drift is a proxy: it says how far a classifier’s view of the prompts moves, and not that answers become harmful. "
    "What the found set is worth is what its variant does against plain IFT at like expertise, and against the "
    "controls.",
    "The analysis is made before anything is scored, and no prompt of a scored harmfulness task enters it; but a set "
    "found for one model and its data may not serve another.",
)
BUILTIN = (
    "The built-in world is learnt by a tiny demonstration model, and its harmful replies are inert filler. It shows "
    "the mechanism, and says nothing about the size of the effect in a real model."
)
FEW = "Fewer than three say little about the spread between trainings."
ELSEWHERE = (
    "Nothing was trained in this run: checkpoints are asked as they were given. One checkpoint says nothing about "
    "another training with the same settings."
)
SPREAD = "The pooled intervals cover prompts and seeds; more seeds would narrow them."


def limits(
    *, seeds: int, builtin: bool, judges: Sequence[str], confidence: float, analysed: bool = False
) -> tuple[Limit, ...]:
    """The limits of a run with so many seeds a variant, 0 where nothing was trained; on built-in tasks or not, read by
    these judges.

    `analysed`: modules come from an analysis of the run.
    """
    trained = f"Each variant was trained with {plural(seeds, 'seed')}. {FEW if seeds < 3 else SPREAD}"
    ours = [
        trained if seeds else ELSEWHERE,
        f"Intervals are at {confidence * 100:g} %: Wilson for one seed, bootstrap clustered on prompts for the pool. "
        "p values are exact McNemar tests on the majority of seeds, Holm-adjusted within a task.",
        "“No difference shown” is not “no difference”: the interval holds zero, which does not make it narrow.",
        "A strategy is better only at like expertise, because lower learning rates alone harm less too. It is compared "
        "with plain IFT’s curve: straight lines between the rates that were run, through those that no other rate "
        "beats. Between two rates the true curve may sag below the line; run more rates where that matters, and an "
        "expertise task that no variant has learnt to the full.",
        "Comparisons at like expertise or training loss have their intervals each for itself, not adjusted for their "
        "number. Only that on the first harmfulness and the first expertise task, against plain IFT, is primary.",
        f"Outcomes are what the judges say ({', '.join(judges) or 'none'}); how far they agree with humans is told "
        "under Judges. Read samples before you rely on a number.",
        "Unscored samples are left out of the shares and counted beside them, never taken as right or wrong.",
    ]
    if builtin:
        ours.append(BUILTIN)
    paper = (*PAPER, *(PAPER_ANALYSIS if analysed else ()))
    ours += OWN_ANALYSIS if analysed else ()
    return tuple(Limit(whose="paper", text=t) for t in paper) + tuple(Limit(whose="ours", text=t) for t in ours)
