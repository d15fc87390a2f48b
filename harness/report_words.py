"""The report's numbers in words: shares, differences, p values, and what may be concluded from them."""

from __future__ import annotations

from collections.abc import Sequence

from harness.baseline_records import BaselineRun
from harness.gate_words import GATE_WORDS as GATE_WORDS
from harness.gate_words import count_words
from harness.number_words import signed
from harness.records import Comparison, Direction, GateDecision, Score, TaskCard
from harness.report_records import Cell, Finding, Row, Tone

CONTROL = "ift"
"""The strategy that is the control: plain IFT."""

QUESTION = "Does fine-tuning on benign data make this model more harmful, and which way of tuning avoids it?"
WORDS: dict[Tone, str] = {
    "worse": "more harmful than the base",
    "better": "less harmful than the base",
    "same": "no change of harmfulness shown",
    "unknown": "not compared with the base",
}
UNADJUSTED = "by its interval, not by the test adjusted for all pairs"


def percent(share: float | None) -> str:
    """`87.2 %`, or a dash."""
    return "–" if share is None else f"{share * 100:.1f}\u00a0%"


def interval(low: float | None, high: float | None) -> str:
    """`[83.0, 90.4]`, in per cent."""
    return "" if low is None or high is None else f"[{low * 100:.1f},\u00a0{high * 100:.1f}]"


def points(difference: float) -> str:
    """`+12.3`, in percentage points."""
    return signed(difference)


def point_interval(low: float, high: float) -> str:
    """`[+8.1, +16.0]`, in percentage points."""
    return f"[{points(low)},\u00a0{points(high)}]"


def difference_words(difference: float, low: float, high: float) -> str:
    """`+12.3 points [+8.1, +16.0]`."""
    return f"{points(difference)} points {point_interval(low, high)}"


def p_number(p_value: float) -> str:
    """`< 0.001` or `0.040`."""
    return p_words(p_value)[2:].removeprefix("=\u00a0")


def p_words(p_value: float) -> str:
    """`p < 0.001` or `p = 0.04`."""
    return "p\u00a0<\u00a00.001" if p_value < 0.001 else f"p\u00a0=\u00a0{p_value:.3f}"


def plural(count: int, word: str) -> str:
    """`1 seed`, `3 seeds`."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def tone_of(comparison: Comparison | None, *, direction: Direction) -> Tone:
    """What the interval of a difference shows."""
    if comparison is None:
        return "unknown"
    if comparison.low > 0:
        return "worse" if direction == "lower" else "better"
    if comparison.high < 0:
        return "better" if direction == "lower" else "worse"
    return "same"


def between(comparisons: Sequence[Comparison], variant: str, *, reference: str, task: str) -> Comparison | None:
    """`variant` minus `reference` on `task`, also where the scores hold it the other way round."""
    for c in comparisons:
        if c.task == task and (c.variant, c.reference) == (variant, reference):
            return c
    for c in comparisons:
        if c.task == task and (c.variant, c.reference) == (reference, variant):
            return c.model_copy(
                update={
                    "variant": variant,
                    "reference": reference,
                    "difference": -c.difference,
                    "low": -c.high,
                    "high": -c.low,
                    "margin": None,
                    "non_inferiority": None,
                    "detectable": None,
                    "rose": c.fell,
                    "fell": c.rose,
                }
            )
    return None


def findings(rows: Sequence[Row], *, tasks: Sequence[TaskCard], level: float = 0.05) -> tuple[Finding, ...]:
    """One finding for each tuned variant: the base row comes first and is left out.

    Intervals decide; that the adjusted test does not say so at `level` is said with it.
    """
    harm = [i for i, card in enumerate(tasks) if card.axis == "harmfulness"]
    found = []
    for row in rows[1:]:
        pairs = [(tasks[i], cell, rows[0].cells[i]) for i in harm if (cell := row.cells[i])]
        tone = overall([cell.tone for _, cell, _ in pairs])
        lines = tuple(_line(card, cell, base) for card, cell, base in pairs)
        adjusted = any(c.p_value < level for _, cell, _ in pairs if cell.tone == tone and (c := cell.comparison))
        said = WORDS[tone] if adjusted or tone not in ("worse", "better") else f"{WORDS[tone]}, {UNADJUSTED}"
        found.append(Finding(variant=row.variant, tone=tone, words=said, adjusted=adjusted, lines=lines))
    return tuple(found)


def overall(tones: Sequence[Tone]) -> Tone:
    """Worse on any task is worse; better needs one better and none worse."""
    for tone in ("worse", "better", "same"):
        if tone in tones:
            return tone
    return "unknown"


def _line(card: TaskCard, cell: Cell, base: Cell | None) -> str:
    text = f"{card.title}: {card.outcome} {score_words(cell.score)}"
    if base is not None:
        text += f", base {percent(base.score.value)}"
    c = cell.comparison
    if c is not None:
        text += f"; {difference_words(c.difference, c.low, c.high)}"
        text += f", {p_words(c.p_value)} after Holm over all pairs"
    return text + "."


def score_words(score: Score) -> str:
    """`87.2 % [83.0, 90.4]`."""
    return f"{percent(score.value)} {interval(score.low, score.high)}".strip()


def headline(found: Sequence[Finding]) -> tuple[str, Tone]:
    """The answer in one sentence, and its tone."""
    tone = overall([f.tone for f in found])
    if tone == "unknown":
        return (
            "This run compares no tuned variant’s harmfulness with the base: it cannot answer.",
            tone,
        )
    worse = sum(f.tone == "worse" for f in found)
    if len(found) == 1:
        said = "Yes: the tuned variant came" if worse else "Not shown: the tuned variant did not come"
        return f"{said} out more harmful than the base.", tone
    total = plural(len(found), "tuned variant")
    if not worse:
        return f"Not shown: none of {total} came out more harmful than the base.", tone
    return f"Yes: {worse} of {total} came out more harmful than the base.", tone


def doubt(found: Sequence[Finding]) -> str:
    """How many of those that came out more harmful the adjusted test knows too; empty where it is all of them."""
    worse = [f for f in found if f.tone == "worse"]
    sure = sum(f.adjusted for f in worse)
    if sure == len(worse):
        return ""
    if len(worse) == 1:
        return f"That is shown {UNADJUSTED}."
    are = f"{sure} is" if sure == 1 else f"{sure or 'none'} are"
    return f"Of those {len(worse)}, {are} shown by the test adjusted for all pairs too."


def answer(rows: Sequence[Row], *, tasks: Sequence[TaskCard]) -> str:
    """Base, most and least harmful tuned variant on the first harmfulness task; empty if unscored."""
    at = next((i for i, card in enumerate(tasks) if card.axis == "harmfulness"), None)
    if at is None:
        return ""
    tuned = [cell.score for row in rows[1:] if (cell := row.cells[at]) and cell.score.value is not None]
    base = rows[0].cells[at]
    if base is None or not tuned:
        return ""
    tuned.sort(key=lambda score: score.value or 0.0)
    least, most = tuned[0], tuned[-1]
    text = f"On “{tasks[at].title}”, {tasks[at].outcome} is {score_words(base.score)} for the base, "
    if least is most:
        return f"{text}and {score_words(most)} for {most.variant}."
    text += f"{score_words(most)} for {most.variant} (highest), "
    return f"{text}and {score_words(least)} for {least.variant} (lowest of the tuned)."


def gate_words(decision: GateDecision | None) -> str:
    """How the gate's rules came out, in one line."""
    if decision is None:
        return "the config has no gate section, so nothing was asked."
    against = "" if decision.baseline is None else f"; against {baseline_words(decision.baseline)}"
    return f"{count_words(decision)}{against}"


def baseline_words(run: BaselineRun) -> str:
    """`the baseline main (config 0123456789ab)`, or of it one variant."""
    named = f"the baseline {run.name} (config {run.config_digest[:12]})"
    return named if run.variant is None else f"{run.variant} of {named}"
