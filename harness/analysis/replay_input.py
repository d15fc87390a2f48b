"""What a replay is asked: token sequences, and changes of weights; and the weights changed for a while."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from harness.errors import ModelError


@dataclass(frozen=True)
class Sequences:
    """Prompts as token ids, and the positions of each whose states are asked for."""

    ids: tuple[tuple[int, ...], ...]
    """Token ids of each prompt."""
    wanted: tuple[tuple[int, ...], ...]
    """Positions of each prompt whose states are asked for, ascending, at least one."""


@dataclass(frozen=True)
class Delta:
    """A change of weights."""

    parameters: tuple[tuple[str, Tensor], ...]
    """Name as in model.named_parameters(), and what is added to it (same shape)."""


def check_sequences(sequences: Sequences, *, vocabulary: int) -> None:
    """Raises ModelError where a prompt is empty, has an unknown token id, or wants no or impossible positions."""
    if len(sequences.ids) != len(sequences.wanted) or not sequences.ids:
        raise ModelError(f"{len(sequences.ids)} prompts have {len(sequences.wanted)} lists of wanted positions")
    for at, (ids, wanted) in enumerate(zip(sequences.ids, sequences.wanted, strict=True)):
        if not ids or min(ids) < 0 or max(ids) >= vocabulary:
            raise ModelError(f"prompt {at}: token ids must be 0 to {vocabulary - 1}, and at least one")
        rising = all(a < b for a, b in itertools.pairwise(wanted))
        if not wanted or not rising or wanted[0] < 0 or wanted[-1] >= len(ids):
            raise ModelError(f"prompt {at}: wanted positions must ascend from 0 to at most {len(ids) - 1}: {wanted}")


def check_delta(parameters: dict[str, nn.Parameter], delta: Delta) -> None:
    """Raises ModelError where a delta names no parameter of the model, one twice, or has another shape."""
    seen: set[str] = set()
    for name, change in delta.parameters:
        if name not in parameters or name in seen:
            raise ModelError(f"delta: {name!r} is " + ("given twice" if name in seen else "no parameter of the model"))
        if change.shape != parameters[name].shape:
            shapes = f"{tuple(change.shape)}, the parameter {tuple(parameters[name].shape)}"
            raise ModelError(f"delta: {name!r} has the shape {shapes}")
        seen.add(name)


@contextmanager
def swapped(parameters: dict[str, nn.Parameter], delta: Delta) -> Iterator[None]:
    """The model with the delta added; afterwards, on error too, its parameters hold their old memory again.

    The sum is taken in the wider of both types and rounded to the parameter's, as a tuned checkpoint would be.
    """
    before = [(parameters[name], parameters[name].data) for name, _ in delta.parameters]
    try:
        with torch.inference_mode(False), torch.no_grad():
            for name, change in delta.parameters:
                old = parameters[name].data
                wide = torch.promote_types(old.dtype, change.dtype)
                new = old.to(wide) + change.to(device=old.device, dtype=wide)
                parameters[name].data = new.to(old.dtype)
        yield
    finally:
        for parameter, data in before:
            parameter.data = data
