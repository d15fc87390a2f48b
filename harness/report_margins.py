"""In words: whether a variant is no worse within the margin, what too few prompts left open, what is unscored."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from harness.number_words import signed
from harness.records import Comparison, Score, TaskCard
from harness.report_words import percent
from harness.specs import JudgeCalibration, StatisticsSettings


def margin_words(comparison: Comparison | None) -> str:
    """A line below a difference; empty where the comparison has no margin."""
    if comparison is None or comparison.margin is None or comparison.non_inferiority is None:
        return ""
    within = _points(comparison.margin)
    return {
        "not_worse": f"no worse within {within}",
        "worse": f"worse by more than {within}",
        "unclear": f"not shown to be no worse within {within}",
    }[comparison.non_inferiority]


def bounds_words(score: Score, base: Score | None = None) -> str:
    """What unscored samples could have made of a share, and of its difference from the base's; empty where all are
    scored."""
    own = change = ""
    if score.lowest is not None and score.highest is not None:
        own = f"{percent(score.lowest)} to {percent(score.highest)}"
    if base is not None and base is not score:
        change = _change_bounds(score, base)
    said = ", ".join(words for words in (own, change) if words)
    return f"{said} whatever they are" if said else ""


def _change_bounds(score: Score, base: Score) -> str:
    """The base's unscored samples count against the variant's at worst, and for them at best."""
    ours, theirs = _reach(score), _reach(base)
    if ours is None or theirs is None or (ours[0], theirs[0]) == (ours[1], theirs[1]):
        return ""
    return f"{signed(ours[0] - theirs[1])} to {signed(ours[1] - theirs[0])} points against the base"


def _reach(score: Score) -> tuple[float, float] | None:
    """The share's own where all samples are scored; None where nothing is known of it."""
    if score.lowest is not None and score.highest is not None:
        return score.lowest, score.highest
    return None if score.value is None else (score.value, score.value)


def power_lines(
    comparisons: Sequence[Comparison], *, tasks: Sequence[TaskCard], settings: StatisticsSettings
) -> tuple[str, ...]:
    """A line for each task with too few prompts to show that a variant is no worse within the margin."""
    lines = []
    for card in tasks:
        left = [c for c in comparisons if c.task == card.name and c.non_inferiority == "unclear"]
        weak = [c for c in left if c.detectable is not None and c.margin is not None and c.detectable > c.margin]
        if weak:
            lines.append(_power_line(card, max(weak, key=lambda c: c.detectable or 0.0), len(weak), settings))
    return tuple(lines)


def calibration_lines(
    judge: str, known: Sequence[JudgeCalibration], *, counts: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """How far a judge agrees with humans on what a task counts; a line that it was not measured where nothing is known.
    """
    own = [c.on(counts) for c in known if c.judge == judge]
    if not own:
        return ("not measured against human labels in this run (harness calibrate, judging.calibrations)",)
    of = " of refusals" if "refuses" in counts else ""
    return tuple(_calibration_line(c, of=of) for c in own)


def _calibration_line(known: JudgeCalibration, *, of: str) -> str:
    if known.kappa is None and of and known.refusals is None:
        line = f"its kappa{of} was not measured on {known.labels_file} (harness calibrate)"
    elif known.kappa is None:
        line = f"no kappa{of} on {known.labels_file}: the labels, or the judge, say one word alone"
    else:
        bounds = "" if known.low is None or known.high is None else f" [{known.low:.2f}, {known.high:.2f}]"
        line = f"Cohen’s κ{of} {known.kappa:.2f}{bounds} against {known.rows:,} human labels ({known.labels_file})"
    if known.unscored:
        line += f", {known.unscored:,} of them unscored"
    if known.fitted_on_these:
        line += "; it was fitted on these labels, which flatters it"
    return line if known.current else f"{line}; measured with another version or other settings of the judge"


def _power_line(card: TaskCard, worst: Comparison, count: int, settings: StatisticsSettings) -> str:
    margin, detectable = worst.margin or 1.0, worst.detectable or 0.0
    needed = ceil(worst.prompts * (detectable / margin) ** 2)
    return (
        f"{card.title} has too few prompts for its margin of {_points(margin)}: {worst.prompts:,} of them, differing "
        f"as they do, exclude a loss of {_points(detectable)} with {settings.power * 100:g}\u00a0% probability; "
        f"about {needed:,} would be needed ({worst.variant}{f' and {count - 1} more' if count > 1 else ''})."
    )


def _points(share: float) -> str:
    value = f"{share * 100:.1f}".removesuffix(".0")
    return f"{value}\u00a0point{'' if value == '1' else 's'}"
