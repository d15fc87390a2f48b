"""Packing: the examples of a forward pass laid end to end in rows, so that next to nothing is padded. Ours.

Every example's positions begin at 0, from which transformers tells the examples of a row apart in its attention masks
(masking_utils.find_packed_sequence_indices); `check_packing` proves that on the model itself. Rows are hardly wider
than the longest example, since attention's cost grows with a row's width.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from heapq import heapreplace

import torch

from harness.training.examples import IGNORED, Batch, Examples

_EVEN = 2048
"""Width of a row at which its attention is taken to cost as much as all else; it decides between few wide rows and
many narrow ones, and nothing that the loss depends on."""


def packed_batch(examples: Examples, chosen: torch.Tensor) -> Batch:
    """The chosen examples (int64 indices) in as few rows as pays; tensors [rows, widest] as in Batch."""
    starts, lengths = examples.starts[chosen].tolist(), examples.lengths[chosen].tolist()
    rows = rows_of(lengths)
    width = _width(lengths, rows)
    at = torch.full((len(rows), width), len(examples.input_ids) - 1)
    positions = torch.zeros_like(at)
    for number, row in enumerate(rows):
        filled = sum(lengths[i] for i in row)
        at[number, :filled] = torch.cat([torch.arange(starts[i], starts[i] + lengths[i]) for i in row])
        positions[number] = torch.cat([torch.arange(n) for n in (*(lengths[i] for i in row), width - filled)])
    inside = at < len(examples.input_ids) - 1
    labels = torch.where(inside, examples.labels[at], IGNORED)
    return Batch(examples.input_ids[at], inside, labels, sum(lengths), positions)


def rows_of(lengths: Sequence[int]) -> list[list[int]]:
    """Which examples share a row: of every number of rows worth a try, that whose slots and attention cost least.

    Rows wider than about two of the longest example are not tried, nor more rows than leave its length as the width.
    """
    longest = max(lengths)
    best: list[list[int]] = []
    for count in range(math.ceil(sum(lengths) / (2 * longest)), len(lengths) + 1):
        rows = _fill(lengths, count)
        if not best or _cost(lengths, rows) < _cost(lengths, best):
            best = rows
        if _width(lengths, rows) == longest:
            break
    return best


def _fill(lengths: Sequence[int], count: int) -> list[list[int]]:
    """The examples in `count` rows, the longest first, each to the row that has least."""
    rows: list[list[int]] = [[] for _ in range(count)]
    filled = [(0, row) for row in range(count)]
    for index in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        tokens, row = filled[0]
        rows[row].append(index)
        heapreplace(filled, (tokens + lengths[index], row))
    return rows


def _width(lengths: Sequence[int], rows: Sequence[Sequence[int]]) -> int:
    return max(sum(lengths[i] for i in row) for row in rows)


def _cost(lengths: Sequence[int], rows: Sequence[Sequence[int]]) -> float:
    width = _width(lengths, rows)
    return len(rows) * width * (1 + width / _EVEN)
