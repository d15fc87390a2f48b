"""What the report shows of the comparison of all variants: the answer, the ranked table, dominance, costs."""

from __future__ import annotations

from typing import Literal

from harness.specs import Record


class Other(Record):
    """Another variant, by its letter."""

    letter: str
    name: str


class CostCells(Record):
    """A variant's cost in words; a dash where there is none or it was not measured."""

    train: str
    """Time of one seed, with the restoring."""
    work: tuple[str, ...]
    """Steps and tokens of one seed."""
    prepare: str
    """Search and analysis, once."""
    evaluate: str
    memory: str
    needs: tuple[str, ...]
    """Further data and models, a system prompt."""
    training_with: tuple[Other, ...]
    """Who shares its trainings."""
    prepare_with: tuple[Other, ...]
    """Who shares its search and analysis."""


class RankingRow(Record):
    """A line of the ranked table."""

    letter: str
    name: str
    mark: int
    kind: str
    """`plain IFT`, `control` or `mitigation`."""
    place: str
    """Rank, or a dash."""
    group: Literal["yes", "unclear", "no", "unknown"]
    """`unknown` where nothing was ranked."""
    group_words: str
    harm: str
    """Share and interval; empty where unscored."""
    kept: str
    probability: str
    reference: bool
    dominates: tuple[Other, ...]
    dominated_by: tuple[Other, ...]
    cost: CostCells | None


class MatrixCell(Record):
    """Whether the row's variant dominates the column's."""

    sign: Literal["●", "○", "·", ""]
    """Dominates after adjustment, by its interval alone, does not; empty on the diagonal."""
    title: str
    """In words; empty where it does not."""


class RankingView(Record):
    """The section “Which way of tuning”."""

    sentence: str
    """The answer."""
    settled: bool
    """Whether it names one variant."""
    notes: tuple[str, ...]
    """What to know when reading it."""
    harm: str
    """Outcome of the harmfulness task, capitalised; `Harm` without one."""
    harm_title: str
    expertise_title: str
    bar: str
    """`90 %`; empty where nothing was ranked."""
    rows: tuple[RankingRow, ...]
    matrix: tuple[tuple[MatrixCell, ...], ...]
    """By row and column in the order of `rows`; empty where no variant dominates another."""
    how: tuple[str, ...]
    """How it is made, a paragraph each."""
    hardware: str
    """Whose times they are."""
