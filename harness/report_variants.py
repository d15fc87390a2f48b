"""The variants as the report names them: colour and shape by way of tuning, and a letter for where names do not fit."""

from __future__ import annotations

from collections import Counter

from harness.chart_marks import mark_of
from harness.plugin_words import plugin_words
from harness.records import ScoreTable
from harness.report_records import ReportSources, VariantView
from harness.specs import FamilyKind

CONTROL = "ift"
"""The strategy that is the control: plain IFT."""
_PLAIN_COLOUR, _CONTROL_COLOUR = 1, 8
_FIRST_COLOURS = 6
"""Colours of mitigations, from 2 on; further strategies take them again, with other shapes."""


def variant_views(sources: ReportSources) -> tuple[VariantView, ...]:
    """The base first; plain IFT has one colour, controls one, mitigations theirs; no two variants look alike."""
    entries = sorted(sources.manifest.variants, key=lambda v: any(e.seed is not None for e in v.entries))
    tuned = [e.name for e in entries if any(s.seed is not None for s in e.entries)]
    letters = {name: letter(n) for n, name in enumerate(ranked_names(tuned, sources.table))}
    kinds = {name: family.kind for family in sources.table.families for name in family.variants}
    settings = {v.name: v.settings for v in sources.facts.variants} if sources.facts else {}
    others: dict[str, int] = {}
    taken: Counter[int] = Counter()
    views = []
    for entry in entries:
        seeds = tuple(e.seed for e in entry.entries if e.seed is not None)
        kind = kinds.get(entry.name, "plain" if entry.strategy == CONTROL else "other")
        views.append(
            VariantView(
                name=entry.name,
                strategy=entry.strategy,
                description=entry.description,
                mark=_mark(kind, entry.strategy, others, taken) if seeds else 0,
                seeds=seeds,
                letter=letters.get(entry.name, ""),
                kind=kind if seeds else None,
                changes=entry.changes,
                title=plugin_words("strategies", entry.strategy).title if seeds else "",
                settings=settings.get(entry.name, entry.description),
            )
        )
    return tuple(views)


def ranked_names(names: list[str], table: ScoreTable) -> list[str]:
    """The variants in the ranking's order, then those that it lacks in their own."""
    ranked = [v.variant for v in table.ranking.variants] if table.ranking else []
    return [*(n for n in ranked if n in names), *(n for n in names if n not in ranked)]


def letter(number: int) -> str:
    """A to Z, then A1 to Z1, and so on."""
    return chr(ord("A") + number % 26) + (str(number // 26) if number >= 26 else "")


def _mark(kind: FamilyKind, strategy: str, others: dict[str, int], taken: Counter[int]) -> int:
    """A mark that no other variant has: colours by way of tuning, shapes by variant."""
    colour = {"plain": _PLAIN_COLOUR, "control": _CONTROL_COLOUR}.get(kind)
    if colour is None:
        colour = 2 + others.setdefault(strategy, len(others)) % _FIRST_COLOURS
    taken[colour] += 1
    return mark_of(colour, taken[colour] - 1)
