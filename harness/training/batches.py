"""Which examples each step sees: those of the IFT data, or, in turns, those of the safety data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from harness.errors import ConfigError
from harness.loop_specs import LoopSettings
from harness.train_specs import Turns
from harness.training.examples import Batch, Examples
from harness.training.packing import packed_batch
from harness.training.schedule import batch_order, drawn_order


@dataclass(frozen=True)
class StepBatches:
    """One step's batches, one for each forward pass."""

    batches: tuple[Batch, ...]
    safety: bool
    """Whether they are of the safety data."""
    turned: bool
    """Whether a turn begins with this step."""


def make_batch(examples: Examples, chosen: torch.Tensor, *, packed: bool) -> Batch:
    """The chosen examples (int64 indices), padded or packed."""
    return packed_batch(examples, chosen) if packed else examples.batch(chosen)


@dataclass(frozen=True)
class Source:
    """Examples, and the order in which they come."""

    examples: Examples
    order: torch.Tensor
    """int64 (steps, forward passes, examples)."""
    packed: bool = False

    def step(self, number: int) -> tuple[Batch, ...]:
        """The batches of its own step `number`."""
        return tuple(make_batch(self.examples, chosen, packed=self.packed) for chosen in self.order[number])


@dataclass(frozen=True)
class Feed:
    """What every step of a training sees. Of the same settings and seed, any step is the same again."""

    tuning: Source
    safety: Source | None = None
    turns: Turns | None = None

    def steps(self, first: int, end: int) -> Iterator[StepBatches]:
        """The steps from `first` up to `end`."""
        for step in range(first, end):
            safety, within, turned = place(self.turns, step)
            source = self.safety if safety else self.tuning
            assert source is not None
            yield StepBatches(source.step(within), safety, turned)


def place(turns: Turns | None, step: int) -> tuple[bool, int, bool]:
    """Whether a step is of the safety data, which of its source's steps it is, and whether a turn begins with it."""
    if turns is None:
        return False, step, False
    cycle, within = divmod(step, turns.tuning_steps + turns.safety_steps)
    if within < turns.tuning_steps:
        return False, cycle * turns.tuning_steps + within, within == 0
    return True, cycle * turns.safety_steps + within - turns.tuning_steps, within == turns.tuning_steps


@dataclass(frozen=True)
class TurnsWith:
    """The safety data that a training takes turns with."""

    safety: Examples
    turns: Turns


def make_feed(
    loop: LoopSettings, examples: Examples, *, steps: int, seed: int, other: TurnsWith | None = None
) -> Feed:
    """The feed of a training of `steps` steps.

    Raises ConfigError where the training ends before its first turn on the safety data.
    """
    if other is None:
        return Feed(_source(loop, examples, steps=steps, seed=seed))
    on_safety = sum(place(other.turns, step)[0] for step in range(steps))
    if on_safety == 0:
        raise ConfigError(f"training: {steps} steps end before the first turn on the safety data; train for longer")
    tuning = _source(loop, examples, steps=steps - on_safety, seed=seed)
    return Feed(tuning, _source(loop, other.safety, steps=on_safety, seed=seed), other.turns)


def _source(loop: LoopSettings, examples: Examples, *, steps: int, seed: int) -> Source:
    passes, size = loop.gradient_accumulation, loop.batch_size
    if loop.packing:
        order = drawn_order(len(examples), batch_size=size, batches=steps * passes, seed=seed)
    else:
        order = batch_order(examples.lengths, batch_size=size, batches=steps * passes, seed=seed)
    return Source(examples, order.view(steps, passes, size), loop.packing)
