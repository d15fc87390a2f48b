"""Comparisons at matched expertise or training loss in words and tables, and what may be concluded from them."""

from __future__ import annotations

from collections.abc import Sequence

from harness import report_words as words
from harness.records import MatchedComparison, TaskCard
from harness.report_matched_records import Matched, MatchedAnswer, MatchedGroup, MatchedRow, MatchedTable, Tone
from harness.report_records import VariantView

SHOWN: dict[Tone, str] = {
    "better": "less harmful",
    "worse": "more harmful",
    "same": "no difference of harmfulness shown",
}
NO_CURVE = (
    "Not compared with plain IFT: either nothing was scored, or this run has none on the same data that tunes in the "
    "same way (all weights, or an adapter). A lower learning rate alone may do as well."
)
_ORDER = ("plain", "control", "other")
_TONES: tuple[Tone, ...] = ("better", "worse", "same", "unknown")


def matched_findings(
    variants: Sequence[VariantView], *, tasks: Sequence[TaskCard], matched: Sequence[MatchedComparison]
) -> tuple[Matched, ...]:
    """Each variant but plain IFT on the first harmfulness task: against plain IFT and, unless it is a control itself,
    against the controls, at the same share of the first expertise task; against plain IFT at the same training loss.
    """
    harm, expertise = _first(tasks, "harmfulness"), _first(tasks, "expertise")
    found = []
    for variant in variants:
        own = [m for m in matched if m.variant == variant.name and m.harm_task == harm]
        if harm is None or not variant.seeds or variant.strategy == words.CONTROL:
            continue
        if not any(m.kind == "plain" for m in own):
            label = "At like expertise" if expertise else "At like training loss"
            found.append(Matched(variant=variant.name, label=label, tone="unknown", text=NO_CURVE, silence=NO_CURVE))
        chosen = [m for m in own if m.primary]
        chosen += [m for m in own if m.kind == "control" and _is_main(m) and (m.expertise_task or "") == expertise]
        chosen += [m for m in own if m.by == "training_loss" and m.kind == "plain"]
        found += [_finding(m, tasks) for m in chosen]
    return tuple(found)


def _finding(found: MatchedComparison, tasks: Sequence[TaskCard]) -> Matched:
    tone = conclude(found)
    return Matched(
        variant=found.variant, label=_label(found), tone=tone, text=matched_words(found, tasks=tasks),
        silence=f"{_capital(shown(found))}." if tone == "unknown" else "",
    )  # fmt: skip


def matched_table(
    matched: Sequence[MatchedComparison], *, harm: TaskCard, expertise: TaskCard | None
) -> MatchedTable | None:
    """All comparisons on one pair of axes (`expertise` None: the training loss); None where there are none."""
    own = [
        m
        for m in matched
        if m.harm_task == harm.name and m.expertise_task == (None if expertise is None else expertise.name)
    ]
    own.sort(key=lambda m: _ORDER.index(m.kind))
    if not own:
        return None
    return MatchedTable(
        harm=harm,
        expertise=expertise,
        groups=_groups([m for m in own if _is_main(m)]),
        others=_groups([m for m in own if not _is_main(m)]),
    )


def _groups(found: Sequence[MatchedComparison]) -> tuple[MatchedGroup, ...]:
    """By family, in order of first appearance."""
    families: dict[str, list[MatchedRow]] = {}
    for m in found:
        row = MatchedRow(comparison=m, tone=conclude(m), place=place_words(m), ratio=ratio_words(m), shown=shown(m))
        families.setdefault(m.family, []).append(row)
    return tuple(_group(family, rows) for family, rows in families.items())


def _group(family: str, rows: list[MatchedRow]) -> MatchedGroup:
    rows.sort(key=lambda row: (_TONES.index(row.tone), row.shown))
    answers: dict[tuple[Tone, str], list[str]] = {}
    for row in rows:
        answers.setdefault((row.tone, row.shown), []).append(row.comparison.variant)
    made = (MatchedAnswer(tone=t, shown=text, variants=tuple(names)) for (t, text), names in answers.items())
    return MatchedGroup(family=family, answers=tuple(made), rows=tuple(rows))


def answers_in_words(matched: Sequence[Matched]) -> tuple[str, ...]:
    """The findings by what is alike and against whom, a line each: `At like expertise: 2 less harmful (a, b); ...`."""
    found: dict[str, dict[str, list[str]]] = {}
    for one in sorted(matched, key=lambda m: _TONES.index(m.tone)):
        words = SHOWN.get(one.tone, "nothing shown")
        found.setdefault(one.label, {}).setdefault(words, []).append(one.variant)
    labels = dict.fromkeys(one.label for one in matched)
    counted = {label: (f"{len(n):,} {words} ({', '.join(n)})" for words, n in found[label].items()) for label in labels}
    return tuple(f"{label}: {'; '.join(texts)}" for label, texts in counted.items())


def conclude(found: MatchedComparison) -> Tone:
    """What a comparison shows of the variant.

    Above the curve a difference can only show less harm, and below it only more (frontier.py).
    """
    if found.high < 0 and found.placement != "below":
        return "better"
    if found.low > 0 and found.placement != "above":
        return "worse"
    return "same" if found.placement == "inside" else "unknown"


def matched_words(found: MatchedComparison, *, tasks: Sequence[TaskCard]) -> str:
    """`Attack success 12.0 % at 71.0 % correct; plain IFT there, between a and b, 31.0 %: −19.0 points [...]. ...`.

    Where nothing is shown there is no difference either: it would be read as one.
    """
    harm = next(t for t in tasks if t.name == found.harm_task)
    text = f"{_capital(harm.outcome)} {words.percent(found.harm)} at {learnt_words(found, tasks)}{_reference(found)} "
    text += words.percent(found.reference)
    if conclude(found) == "unknown":
        return f"{text}. {_capital(shown(found))}."
    text += f": {words.difference_words(found.difference, found.low, found.high)}"
    if found.ratio is not None:
        text += f", ratio {ratio_words(found)}"
    return f"{text}. {_capital(shown(found))}."


def ratio_words(found: MatchedComparison) -> str:
    """`0.39 [0.25, 0.55]`; a dash where the reference is 0, ∞ for a bound that there is not."""
    if found.ratio is None or found.ratio_low is None:
        return "–"
    high = "∞" if found.ratio_high is None else f"{found.ratio_high:.2f}"
    return f"{found.ratio:.2f} [{found.ratio_low:.2f},\u00a0{high}]"


def shown(found: MatchedComparison) -> str:
    """The conclusion in a few words, with the reason where there is none."""
    tone = conclude(found)
    if tone != "unknown":
        return SHOWN[tone]
    return f"nothing shown: {found.family} was not run that far {'up' if found.placement == 'above' else 'down'}"


def place_words(found: MatchedComparison) -> str:
    """Where the reference is from: `between a and b`, `a`, `2.1 points more than a`."""
    if found.placement != "inside":
        return f"{_gap(found)} {found.neighbours[0]}"
    return f"between {' and '.join(found.neighbours)}" if len(found.neighbours) > 1 else found.neighbours[0]


def _reference(found: MatchedComparison) -> str:
    """What stands between the variant's share and the reference's."""
    plain = found.kind == "plain"
    if found.placement != "inside":
        role = "that learnt most" if found.placement == "above" else "that is least harmful"
        which = f", the {found.family} {role}, with" if plain else " with"
        return f", {_gap(found)} {found.neighbours[0]}{which}"
    at = "" if len(found.neighbours) > 1 else "at "
    return f"; {'plain IFT there' if plain else 'there'}, {at}{place_words(found)},"


def learnt_words(found: MatchedComparison, tasks: Sequence[TaskCard]) -> str:
    """How much the variant learnt: `71.0 % correct`, or `a training loss of 0.123`."""
    task = next((t for t in tasks if t.name == found.expertise_task), None)
    return f"a training loss of {found.at:.3f}" if task is None else f"{words.percent(found.at)} {task.outcome}"


def _gap(found: MatchedComparison) -> str:
    """`2.1 points more than`, or for a loss `0.012 lower than`."""
    much, more = abs(found.beyond), found.beyond > 0
    if found.by == "training_loss":
        return f"{much:.3f} {'lower' if more else 'higher'} than"
    return f"{much * 100:.1f} points {'more' if more else 'less'} than"


def _label(found: MatchedComparison) -> str:
    if found.by == "training_loss":
        return "At like training loss"
    return "At like expertise" if found.kind == "plain" else f"Against {found.family} at like expertise"


def _first(tasks: Sequence[TaskCard], axis: str) -> str | None:
    return next((t.name for t in tasks if t.axis == axis), None)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _is_main(found: MatchedComparison) -> bool:
    """Against plain IFT, or a strategy against a control."""
    return found.kind == "plain" or (found.kind == "control" and found.own_kind != "control")
