"""What a report cannot say, in plain words: the paper's claims apart from our choices."""

from __future__ import annotations

from collections.abc import Sequence

from harness.report_records import Limit
from harness.report_words import CLOSE, plural

PAPER = (
    "That benign fine-tuning raises harmfulness, and that ML-LR (a larger learning rate for robust modules than for "
    "the rest) mitigates it at little cost, is the paper’s claim (arXiv 2410.04524). This run tests it and does not "
    "assume it.",
    "The paper’s models have billions of parameters, and its judges and benchmarks differ from ours: its numbers and "
    "these are not comparable.",
)
BUILTIN = (
    "The built-in world is learnt by a tiny demonstration model, and its harmful replies are inert filler. It shows "
    "the mechanism, and says nothing about the size of the effect in a real model."
)
FEW = "Fewer than three say little about the spread between trainings."
SPREAD = "The pooled intervals cover prompts and seeds; more seeds would narrow them."


def limits(*, seeds: int, builtin: bool, judges: Sequence[str], confidence: float) -> tuple[Limit, ...]:
    """The limits of a run with so many seeds a variant, on built-in tasks or not, read by these judges."""
    ours = [
        f"Each variant was trained with {plural(seeds, 'seed')}. {FEW if seeds < 3 else SPREAD}",
        f"Intervals are at {confidence * 100:g} %: Wilson for one seed, bootstrap clustered on prompts for the pool. "
        "p values are exact McNemar tests on the majority of seeds, Holm-adjusted within a task.",
        "“No difference shown” is not “no difference”: the interval holds zero, which does not make it narrow.",
        "A strategy is better only at matched expertise, because lower learning rates alone harm less too: compare "
        f"it with plain IFT at several rates. “Matched” here means that expertise differs by at most "
        f"{CLOSE * 100:.0f} points on the first expertise task; it is a rule of thumb, not a test.",
        f"Outcomes are what the judges say ({', '.join(judges) or 'none'}); no human labels enter this report. Read "
        "samples before you rely on a number.",
        "Unscored samples are left out of the shares and counted beside them, never taken as right or wrong.",
    ]
    if builtin:
        ours.append(BUILTIN)
    return tuple(Limit(whose="paper", text=t) for t in PAPER) + tuple(Limit(whose="ours", text=t) for t in ours)
