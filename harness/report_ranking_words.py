"""The answer to “which way of tuning” in one sentence, what to know with it, and how it is made, in words."""

from __future__ import annotations

from collections.abc import Sequence

from harness.ranking_records import Estimate, RankedVariant, Ranking
from harness.records import ScoreTable
from harness.report_words import interval, percent, plural

NO_RANKING = (
    "Not ranked: these scores hold no ranking. It takes a harmfulness task, an expertise task and a plain IFT variant; "
    "scores that an older version made get one when the config is run again."
)
GROUPS = {
    "yes": "keeps enough",
    "unclear": "unclear whether it keeps enough",
    "no": "keeps too little",
    "unknown": "not ranked",
}
_LIKELY = 0.5
_WORTH_NAMING = 0.1


def whole_percent(share: float) -> str:
    """`90 %`, `87.5 %`."""
    return f"{share * 100:g}\u00a0%"


def chance(probability: float) -> str:
    """`71 %`, `< 1 %`, `> 99 %`: a finite number of resamples shows neither none nor all."""
    if probability < 0.01:
        return "<\u00a01\u00a0%"
    return ">\u00a099\u00a0%" if probability > 0.99 else f"{probability * 100:.0f}\u00a0%"


def estimate_words(found: Estimate | None) -> str:
    """`2.0 % [1.0, 4.1]`, without bounds where there is no doubt; empty where unscored."""
    if found is None or found.low == found.high:
        return "" if found is None else percent(found.value)
    return f"{percent(found.value)} {interval(found.low, found.high)}"


def answer(ranking: Ranking | None, table: ScoreTable) -> tuple[str, bool]:
    """The sentence, and whether it names one variant."""
    if ranking is None:
        return NO_RANKING, False
    whose = bar_words(ranking, table)
    if ranking.reference is None:
        return (
            f"Can’t say which variant is the safest at {whose}: no variant that could be the reference has a score "
            "above 0 on the expertise task.",
            False,
        )
    able = [v for v in ranking.variants if v.rank is not None]
    if not able:
        return f"No variant qualifies: none is shown to keep {whose}.{_doubtful(ranking)}", False
    first = able[0]
    outcome = _outcome(ranking, table)
    if [v.variant for v in able] == [ranking.reference] and first.probability >= _LIKELY:
        return (
            f"No variant besides the reference is shown to keep {whose}; {first.variant} itself has {outcome} "
            f"{estimate_words(first.harm)}.{_doubtful(ranking)}",
            False,
        )
    if first.probability >= _LIKELY and not any(v.rank == 1 for v in able[1:]):
        return f"Safest at {whose}: {_named(first, outcome)}.{_rivals(ranking, first, outcome)}", True
    return _undecided(ranking, table, first=first, whose=whose), False


def bar_words(ranking: Ranking, table: ScoreTable) -> str:
    """`≥ 90 % of plain IFT’s expertise (ift-4e-4)`."""
    bar = f"≥\u00a0{whole_percent(ranking.at_least)} of"
    if ranking.reference is None:
        return f"{bar} the reference’s expertise"
    plain = any(ranking.reference in f.variants for f in table.families if f.kind == "plain")
    return f"{bar} plain IFT’s expertise ({ranking.reference})" if plain else f"{bar} {ranking.reference}’s expertise"


def notes(ranking: Ranking | None, *, seeds: int) -> tuple[str, ...]:
    """What to know when reading the sentence."""
    if ranking is None or ranking.reference is None:
        return ()
    found = []
    if ranking.base_kept is not None and ranking.base_kept >= ranking.at_least:
        found.append(
            f"The untuned base already has {percent(ranking.base_kept)} of the reference’s expertise, so the bar asks "
            "nothing of a variant: it could qualify by learning nothing. Choose a task that only tuning teaches."
        )
    if seeds < 2:
        found.append("One seed: the intervals and probabilities cover other prompts, and say nothing of other seeds.")
    return tuple(found)


def how(ranking: Ranking | None, table: ScoreTable) -> tuple[str, ...]:
    """How the ranking and the dominance are made."""
    margin = f"{table.statistics.margins.expertise * 100:g}"
    level = f"{table.statistics.confidence * 100:g}\u00a0%"
    by_chance = f"{(1 - table.statistics.confidence) * 50:g}\u00a0%"
    dominance = (
        f"A variant dominates another where its harm is lower (the {level} interval of the paired difference lies "
        f"below 0) and its expertise is not inferior by more than {margin} points (the whole interval of that "
        f"difference is over the margin). These intervals are not adjusted for the number of pairs: {by_chance} of "
        "variants that harm alike would pass the first test by chance. ● holds after Holm’s adjustment over all pairs "
        "of the task as well (McNemar’s test), ○ by the interval alone."
    )
    if ranking is None or ranking.reference is None:
        return (dominance,)
    bar, draws = whole_percent(ranking.at_least), f"{table.statistics.bootstrap_samples:,}"
    return (
        f"The reference is {ranking.reference}: of the variants that could be it, the one with most expertise. A "
        f"variant qualifies where the {level} interval of its expertise over the reference’s lies at or over {bar}, "
        "does not where it lies under it, and else it is unclear. Those that qualify are ranked by harm.",
        f"The probability is the share of {draws} resampled worlds in which the variant is the safest of those that "
        "keep enough in that world: prompts are drawn anew, the same for all variants, and what seeds add as wholes is "
        "drawn by seed number. A variant may be unclear and yet the likeliest. It is about other prompts and seeds, "
        "and not about another model or other tasks.",
        dominance,
    )


def _undecided(ranking: Ranking, table: ScoreTable, *, first: RankedVariant, whose: str) -> str:
    """Likely ones first, since the first by rank may be an unlikely one that merely is sure to keep enough."""
    outcome = _outcome(ranking, table)
    control = any(first.variant in f.variants for f in table.families if f.kind == "control")
    shown = f"{first.variant}{' (a control)' if control else ''}, {_named(first, outcome).partition(', ')[2]}"
    likely = _likely(ranking)
    lead = "Of those shown to keep that much the least harmful"
    text = f"Can’t say which variant is the safest at {whose}. "
    if likely and likely[0].variant == first.variant:
        text += f"{lead}, and the likeliest, is {shown}."
    else:
        text += f"Likeliest: {_rival(likely[0], outcome)}. " if likely else ""
        text += f"{lead} is {shown}."
    rest = [v for v in likely[1:] if v.variant != first.variant]
    return f"{text} Next: {'; '.join(_rival(v, outcome) for v in rest[:3])}." if rest else text


def _likely(ranking: Ranking) -> list[RankedVariant]:
    found = [v for v in ranking.variants if v.probability >= _WORTH_NAMING]
    return sorted(found, key=lambda v: -v.probability)


def _named(found: RankedVariant, outcome: str) -> str:
    text = f"{found.variant}, {outcome} {estimate_words(found.harm)}"
    if found.kept is not None and found.kept.low != found.kept.high:
        text += f", {estimate_words(found.kept)} of that expertise"
    return f"{text}; probability of being the safest {chance(found.probability)}"


def _rivals(ranking: Ranking, first: RankedVariant, outcome: str) -> str:
    """Other variants that may well be the safest, the likeliest first."""
    able = [v for v in _likely(ranking) if v.variant != first.variant]
    return f" Next: {'; '.join(_rival(v, outcome) for v in able[:3])}." if able else ""


def _rival(found: RankedVariant, outcome: str) -> str:
    text = f"{found.variant} {chance(found.probability)} ({outcome} {estimate_words(found.harm)}"
    if found.eligible == "unclear":
        text += f"; unclear whether it keeps enough, {estimate_words(found.kept)}"
    return f"{text})"


def _doubtful(ranking: Ranking) -> str:
    unclear = [v.variant for v in ranking.variants if v.eligible == "unclear"]
    if not unclear:
        return ""
    return f" Of {plural(len(unclear), 'variant')} it is unclear: {_and(unclear)}."


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _outcome(ranking: Ranking, table: ScoreTable) -> str:
    return next((c.outcome for c in table.tasks if c.name == ranking.harm_task), "harm")
