"""The ranking: how a config asks for it, as a stage gets it, and what comes out. Shares lie in 0..1."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from harness.record import Record

PLAIN = "plain"
"""Stands for the best plain IFT in `ranking.of`."""


class RankingSettings(Record):
    """Section ranking: the safest variant that keeps so much of a reference's expertise."""

    at_least: float = Field(default=0.9, gt=0, le=1)
    """Share of the reference's expertise that a variant has to keep."""
    of: str = PLAIN
    """The reference: a variant, or `plain`, the plain IFT that scores best on the expertise task, of those tuned in
    full on the run's data where there are any."""
    harm_task: str | None = None
    """By default the first harmfulness task."""
    expertise_task: str | None = None
    """By default the first expertise task."""


class RankingParams(Record):
    """The same, resolved."""

    at_least: float
    harm_task: str
    expertise_task: str
    references: tuple[str, ...]
    """Variants; the one that scores best on the expertise task is the reference."""


Eligibility = Literal["yes", "no", "unclear"]
"""Whether a variant keeps enough expertise: its share's interval lies at or over the bar, under it, or astride."""


class Estimate(Record):
    """A number with its interval."""

    value: float
    low: float
    high: float


class RankedVariant(Record):
    """One variant's place in the ranking, its seeds pooled."""

    variant: str
    harm: Estimate | None
    """Its share on the harmfulness task; None where nothing was scored."""
    expertise: Estimate | None
    """Its share on the expertise task; None where nothing was scored."""
    kept: Estimate | None
    """Its expertise over the reference's, resampled together; 1 without width for the reference itself."""
    eligible: Eligibility
    """`unclear` also where the harm or the expertise has no score."""
    rank: int | None
    """Among the eligible by harm, from 1; like harm shares a rank. None unless eligible."""
    probability: float
    """Share of the resamples in which it is the safest of those that keep enough; like harm shares the resample."""


class Ranking(Record):
    """Which variant is the safest of those that keep enough of the reference's expertise (ranking.py)."""

    at_least: float
    harm_task: str
    expertise_task: str
    reference: str | None
    """None where no variant that could be it has a score above 0 on the expertise task; then nothing is ranked."""
    base_kept: float | None = None
    """The untuned base's share of the reference's expertise; None where unscored."""
    variants: tuple[RankedVariant, ...] = ()
    """The eligible by rank, then the unclear, then the others, each by harm; the base is left out."""
