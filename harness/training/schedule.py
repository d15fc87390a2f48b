"""How long training runs, in which order it sees the examples, and the learning rate over the steps."""

from __future__ import annotations

import math

import torch

from harness.errors import ConfigError
from harness.specs import LoopSettings

_POOL = 16
"""Batches whose examples are sorted by length together."""


def step_count(loop: LoopSettings, examples: int) -> int:
    """Optimizer steps for the loop's steps or epochs. Raises ConfigError unless exactly one is given."""
    if (loop.steps is None) == (loop.epochs is None):
        raise ConfigError("training: give steps or epochs, one of them")
    if loop.epochs is None:
        assert loop.steps is not None
        return loop.steps
    return math.ceil(loop.epochs * examples / (loop.batch_size * loop.gradient_accumulation))


def rate_factor(loop: LoopSettings, step: int, *, steps: int) -> float:
    """Learning rate at `step` (from 0) over its peak: a linear rise, then the schedule's fall.

    After w warm-up steps, with p = (step − w) / (steps − w): cosine (1 + cos πp) / 2, linear 1 − p,
    constant 1.
    """
    warmup = int(loop.warmup_ratio * steps)
    if step < warmup:
        return (step + 1) / (warmup + 1)
    progress = (step - warmup) / max(1, steps - warmup)
    if loop.schedule == "cosine":
        return (1 + math.cos(math.pi * progress)) / 2
    return 1 - progress if loop.schedule == "linear" else 1.0


def drawn_order(examples: int, *, batch_size: int, batches: int, seed: int) -> torch.Tensor:
    """Example indices, int64 [batches, batch_size]: seeded epochs, each a fresh permutation.

    For packed batches, whose rows fill the better the more the examples differ in length.
    """
    return _epochs(examples, batches * batch_size, torch.Generator().manual_seed(seed)).view(-1, batch_size)


def batch_order(lengths: torch.Tensor, *, batch_size: int, batches: int, seed: int) -> torch.Tensor:
    """Example indices, int64 [batches, batch_size]: seeded epochs, each batch of examples of like length.

    Every epoch is a fresh permutation; within pools of 16 batches, examples are sorted by length and the
    batches shuffled again, so that little is padded. An epoch may end within a batch.
    """
    generator = torch.Generator().manual_seed(seed)
    order = _epochs(len(lengths), batches * batch_size, generator)
    pools = []
    for pool in torch.split(order, _POOL * batch_size):
        by_length = pool[lengths[pool].argsort(stable=True)].view(-1, batch_size)
        pools.append(by_length[torch.randperm(len(by_length), generator=generator)])
    return torch.cat(pools)


def _epochs(examples: int, needed: int, generator: torch.Generator) -> torch.Tensor:
    """Flat int64 (needed,): as many permutations of the examples as it takes."""
    epochs = [torch.randperm(examples, generator=generator) for _ in range(math.ceil(needed / examples))]
    return torch.cat(epochs)[:needed]
