"""Prompts as a forest of shared prefixes, so that no token is computed twice.

A token's state depends on its prefix alone. The prompts of a chunk become the nodes of their prefix trie: every prompt
owns the nodes that no earlier prompt (in alphabetical order) has reached, a stretch at its end. Nodes are numbered so
that stretches of similar length lie side by side, and attend in one call.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from harness.analysis.replay_input import Sequences

Path = list[int]
"""The nodes of a prompt, first token first."""


@dataclass(frozen=True)
class Attend:
    """Queries that attend in one call: `rows` stretches, filled up to `length` queries, and the keys that each sees."""

    stretch: slice
    """The queries."""
    rows: int
    length: int
    slots: Tensor | None
    """[rows × length] the query in each place, counted from the stretch's start; None: as they come."""
    real: Tensor | None
    """[queries] the place of each query; None: as they come."""
    keys: Tensor
    """[rows × width] nodes; short paths are filled up with node 0, which the mask hides."""
    width: int
    mask: Tensor | None
    """[rows or 1, 1, length, width] added to the scores: 0 where a query sees a key, -inf elsewhere; None: causal."""

    def mask_for(self, several: int) -> Tensor | None:
        """The mask for as many perturbations side by side."""
        return self.mask if self.mask is None or len(self.mask) == 1 else self.mask.repeat(several, 1, 1, 1)


_FILLED = 1.25
"""Places of a call for each query, at most."""


@dataclass(frozen=True)
class Block:
    """Calls of attention whose queries lie side by side."""

    calls: tuple[Attend, ...]

    @property
    def rows(self) -> slice:
        """The queries."""
        return slice(self.calls[0].stretch.start, self.calls[-1].stretch.stop)


@dataclass(frozen=True)
class Sizes:
    """How much is computed at once."""

    nodes: int
    """Nodes of a forest, at most (more where a single prompt is longer)."""
    keys: int
    """Keys gathered for one call of attention, about."""
    rows: int
    """Queries of a block, about."""


@dataclass(frozen=True)
class Forest:
    """One chunk of prompts."""

    tokens: Tensor
    """[nodes] token ids."""
    depths: Tensor
    """[nodes] position of the token in its prompts."""
    counts: Tensor
    """[nodes] prompts that pass through it."""
    every: tuple[Block, ...]
    """Attention of all nodes, in their order."""
    wanted: Tensor
    """[wanted nodes] each once."""
    last: tuple[Block, ...]
    """Attention of the wanted nodes, in the order of `wanted`."""
    rows: Tensor
    """[positions] row of `wanted` for each wanted position of the chunk's prompts."""
    places: Tensor
    """[positions] (on the CPU) which of all the sequences' wanted positions each is."""
    longest: int
    """Tokens of the longest prompt."""

    @property
    def nodes(self) -> int:
        """How many tokens are computed."""
        return len(self.tokens)

    @property
    def widest(self) -> int:
        """The most keys that one call of attention gathers."""
        return max(len(call.keys) for block in (*self.every, *self.last) for call in block.calls)


@dataclass(frozen=True)
class _Member:
    prompt: int
    shared: int
    """Tokens that an earlier prompt of the chunk owns."""


def plant(sequences: Sequences, sizes: Sizes, *, like: Tensor) -> list[Forest]:
    """The forests of the prompts. Masks have the type of `like`, and all lies on its device."""
    starts = [0]
    for wanted in sequences.wanted:
        starts.append(starts[-1] + len(wanted))
    return [_Builder(sequences, starts, members, sizes).forest(like) for members in _chunks(sequences, sizes.nodes)]


def _chunks(sequences: Sequences, most: int) -> Iterator[list[_Member]]:
    """The prompts in alphabetical order, cut where a chunk would have too many nodes."""
    members: list[_Member] = []
    nodes = 0
    before: tuple[int, ...] = ()
    for prompt in sorted(range(len(sequences.ids)), key=lambda at: sequences.ids[at]):
        ids = sequences.ids[prompt]
        shared = _common(before, ids)
        if members and nodes + len(ids) - shared > most:
            yield members
            members, nodes, shared = [], 0, 0
        members.append(_Member(prompt, shared))
        nodes += len(ids) - shared
        before = ids
    yield members


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    """Length of the common prefix."""
    for at, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return at
    return min(len(one), len(other))


@dataclass(frozen=True)
class _Builder:
    sequences: Sequences
    starts: list[int]
    members: list[_Member]
    sizes: Sizes

    def forest(self, like: Tensor) -> Forest:
        order = sorted(
            (m for m in self.members if len(self.sequences.ids[m.prompt]) > m.shared),
            key=lambda m: (len(self.sequences.ids[m.prompt]) - m.shared, m.shared, m.prompt),
        )
        paths = self._paths(order)
        tokens, depths = self._labels(order)
        spans = [(paths[m.prompt], list(range(m.shared, len(paths[m.prompt])))) for m in order]
        wanted, row_of, seen = self._wanted(paths)
        every = [node for m in self.members for node in paths[m.prompt]]
        positions = [(self.starts[m.prompt] + at, paths[m.prompt][position]) for m in self.members
                     for at, position in enumerate(self.sequences.wanted[m.prompt])]  # fmt: skip
        return Forest(
            tokens=torch.tensor(tokens, device=like.device),
            depths=torch.tensor(depths, device=like.device),
            counts=torch.bincount(torch.tensor(every), minlength=len(tokens)).to(like.device),
            every=tuple(_blocks(self._attends(spans, like), self.sizes.rows)),
            wanted=torch.tensor(wanted, device=like.device),
            last=tuple(_blocks(self._attends(seen, like), self.sizes.rows)),
            rows=torch.tensor([row_of[node] for _, node in positions], device=like.device),
            places=torch.tensor([place for place, _ in positions]),
            longest=max(map(len, paths.values())),
        )

    def _paths(self, order: list[_Member]) -> dict[int, Path]:
        """Each prompt's nodes; the owned ones are numbered in the given order."""
        first: dict[int, int] = {}
        count = 0
        for member in order:
            first[member.prompt] = count
            count += len(self.sequences.ids[member.prompt]) - member.shared
        paths: dict[int, Path] = {}
        before: Path = []
        for member in self.members:
            owned = len(self.sequences.ids[member.prompt]) - member.shared
            start = first.get(member.prompt, 0)
            before = before[: member.shared] + list(range(start, start + owned))
            paths[member.prompt] = before
        return paths

    def _labels(self, order: list[_Member]) -> tuple[list[int], list[int]]:
        """Token and depth of every node."""
        tokens: list[int] = []
        depths: list[int] = []
        for member in order:
            ids = self.sequences.ids[member.prompt]
            tokens += ids[member.shared :]
            depths += range(member.shared, len(ids))
        return tokens, depths

    def _wanted(self, paths: dict[int, Path]) -> tuple[list[int], dict[int, int], list[tuple[Path, list[int]]]]:
        """The wanted nodes, the row of each, and by prompt the path and depths of those that it is the first to want.

        A path ends with the deepest of them.
        """
        taken: set[int] = set()
        seen: list[tuple[Path, list[int]]] = []
        for member in self.members:
            path = paths[member.prompt]
            new = [at for at in self.sequences.wanted[member.prompt] if path[at] not in taken]
            taken.update(path[at] for at in new)
            if new:
                seen.append((path[: new[-1] + 1], new))
        seen.sort(key=lambda one: (len(one[1]), len(one[0])))
        wanted = [path[at] for path, depths in seen for at in depths]
        return wanted, {node: row for row, node in enumerate(wanted)}, seen

    def _attends(self, spans: list[tuple[Path, list[int]]], like: Tensor) -> Iterator[Attend]:
        """Calls of attention over (path, depths of the queries), which come sorted by the number of queries."""
        start = at = 0
        while at < len(spans):
            end, width, queries = at, 0, 0
            while end < len(spans):
                wider, more = max(width, len(spans[end][0])), queries + len(spans[end][1])
                places = len(spans[end][1]) * (end - at + 1)
                if end > at and (wider * (end - at + 1) > self.sizes.keys or places > _FILLED * more):
                    break
                width, queries, end = wider, more, end + 1
            yield _attend(spans[at:end], start, width, like)
            start, at = start + queries, end


def _blocks(calls: Iterator[Attend], rows: int) -> Iterator[Block]:
    """Consecutive calls of about `rows` queries together."""
    taken: list[Attend] = []
    for call in calls:
        taken.append(call)
        if call.stretch.stop - taken[0].stretch.start >= rows:
            yield Block(tuple(taken))
            taken = []
    if taken:
        yield Block(tuple(taken))


def _attend(spans: list[tuple[Path, list[int]]], start: int, width: int, like: Tensor) -> Attend:
    lengths = [len(queries) for _, queries in spans]
    length, count = max(lengths), sum(lengths)
    keys = [path + [0] * (width - len(path)) for path, _ in spans]
    depths = [queries + queries[-1:] * (length - len(queries)) for _, queries in spans]
    alike = all(queries == depths[0] for queries in depths)
    causal = alike and depths[0] == list(range(width))
    starts = list(itertools.accumulate(lengths, initial=0))
    slots = [starts[row] + min(at, lengths[row] - 1) for row in range(len(spans)) for at in range(length)]
    real = [row * length + at for row in range(len(spans)) for at in range(lengths[row])]
    filled = len(slots) > count
    return Attend(
        stretch=slice(start, start + count),
        rows=len(spans),
        length=length,
        slots=torch.tensor(slots, device=like.device) if filled else None,
        real=torch.tensor(real, device=like.device) if filled else None,
        keys=torch.tensor(keys, device=like.device).flatten(),
        width=width,
        mask=None if causal else _mask(torch.tensor(depths[:1] if alike else depths), width).to(like),
    )


def _mask(depths: Tensor, width: int) -> Tensor:
    """[rows, 1, queries, width] of the queries' depths: 0 for the keys up to it, -inf for the rest."""
    hidden = depths[:, None, :, None] < torch.arange(width)
    return torch.zeros(hidden.shape).masked_fill_(hidden, -torch.inf)
