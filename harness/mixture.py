"""Several sources of IFT data → the rows to tune on, in a seeded order. Source: ours.

A source mixed in gives all its rows, `limit` of them, or so many that they are a `share` of the whole.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from harness.errors import DatasetError
from harness.rows import Conversation, Conversations, drawn, read_conversations
from harness.specs import DatasetParams, DatasetSource


@dataclass(frozen=True)
class Part:
    """One source of a mixture, and the rows that are used of it."""

    source: DatasetSource
    read: Conversations


@dataclass(frozen=True)
class MixedRow:
    """One row of a mixture."""

    part: int
    """Index of the source that it comes from."""
    row: Conversation


@dataclass(frozen=True)
class Mixture:
    """The rows to tune on, in their order, and the sources that they come from."""

    parts: tuple[Part, ...]
    rows: tuple[MixedRow, ...]

    @property
    def format(self) -> str:
        """The forms that were found, e.g. `alpaca + messages`."""
        return " + ".join(dict.fromkeys(part.read.format for part in self.parts))


def read_mixture(params: DatasetParams) -> Mixture:
    """Read all sources and mix them; one source alone keeps its order.

    Raises DatasetError for broken rows, and where a source has fewer rows than its limit or share asks for.
    """
    sources = (params.source, *params.also)
    read = [read_conversations(source) for source in sources]
    counts = shared_counts(
        [source.share for source in sources],
        rows=[len(r.conversations) for r in read],
        names=[source.location for source in sources],
    )
    parts = tuple(
        Part(source, drawn(r, count, seed=source.seed)) for source, r, count in zip(sources, read, counts, strict=True)
    )
    rows = [MixedRow(at, row) for at, part in enumerate(parts) for row in part.read.conversations]
    if params.also:
        random.Random(f"mixture {params.source.seed}").shuffle(rows)
    return Mixture(parts, tuple(rows))


def shared_counts(shares: Sequence[float | None], *, rows: Sequence[int], names: Sequence[str]) -> list[int]:
    """How many rows of each source are used: all where its share is None, else share × the mixture's size, rounded.

    The shares add up to less than 1. Raises DatasetError where that is no row at all, or more than there are.
    """
    fixed = sum(count for share, count in zip(shares, rows, strict=True) if share is None)
    total = fixed / (1 - sum(share or 0.0 for share in shares))
    counts = []
    for share, count, name in zip(shares, rows, names, strict=True):
        wanted = count if share is None else round(share * total)
        if share is not None and not 0 < wanted <= count:
            raise DatasetError(
                f"{name}: a share of {share:g} in {round(total)} rows is {wanted} rows, but it must be 1 to {count}, "
                "as many as there are"
            )
        counts.append(wanted)
    return counts
