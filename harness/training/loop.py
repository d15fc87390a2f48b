"""The one training loop: AdamW over parameter groups, phases, turns, accumulation, clipping, one schedule."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from transformers import PreTrainedModel

from harness.errors import StageError
from harness.records import LossPoint
from harness.specs import LoopSettings, TrainSpec
from harness.stages import Progress
from harness.training.batches import TurnsWith, make_feed
from harness.training.examples import Examples
from harness.training.groups import ParameterGroup, learning_groups, phase_ends, switch_on
from harness.training.losses import PLAIN, Loss, backward, check_logits
from harness.training.proximal import Penalty
from harness.training.schedule import rate_factor, step_count

_POINTS = 100
"""Logged steps, about."""
_CHECKED = 16
"""Tokens on which the loop's logits are held against the model's own."""


@dataclass(frozen=True)
class Trained:
    """What a loop did."""

    steps: int
    examples: int
    tokens: int
    losses: tuple[LossPoint, ...]
    final_loss: float
    """Mean loss on the IFT data over the last tenth of the steps, nats per token."""


@dataclass(frozen=True)
class Training:
    """Everything that a loop needs; `model` is the plain model, with or without LoRA layers inside."""

    model: PreTrainedModel
    groups: tuple[ParameterGroup, ...]
    spec: TrainSpec
    loop: LoopSettings
    seed: int
    loss: Loss = PLAIN
    other: TurnsWith | None = None
    """For a spec that takes turns."""


def train(training: Training, examples: Examples, progress: Callable[[Progress], None]) -> Trained:
    """Train the model in place.

    Raises StageError where the loss is no longer a number, ModelError where the loop cannot compute the model's logits,
    ConfigError where it ends before its first turn on the safety data.
    """
    loop, spec = training.loop, training.spec
    steps = step_count(loop, len(examples))
    feed = make_feed(loop, examples, steps=steps, seed=training.seed, other=training.other)
    optimizer = make_optimizer(training)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate_factor(loop, step, steps=steps))
    penalty = Penalty(spec.proximal, training.model, training.groups) if spec.proximal else None
    parameters = [parameter for group in training.groups for parameter in group.parameters]
    ends = phase_ends(spec.phases, steps)
    every = max(1, steps // _POINTS)
    phase, tokens, points = -1, 0, []
    losses: list[tuple[bool, float]] = []
    check_logits(training.model, examples.batch(torch.tensor([0])).input_ids[:, :_CHECKED])
    training.model.train()
    for step, fed in enumerate(feed.steps(0, steps)):
        while phase < 0 or step >= ends[phase]:
            phase += 1
            switch_on(training.groups, learning_groups(spec, spec.phases[phase]))
        if penalty is not None and fed.turned:
            penalty.turned()
        loss = backward(training.loss, training.model, fed.batches)
        if not math.isfinite(loss):
            raise StageError(f"the loss became {loss} at step {step + 1} of {steps}; lower the learning rate")
        if penalty is not None:
            penalty.backward()
        if loop.max_grad_norm is not None:
            torch.nn.utils.clip_grad_norm_(parameters, loop.max_grad_norm)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        tokens += sum(batch.tokens for batch in fed.batches)
        losses.append((fed.safety, loss))
        if step % every == 0 or step == steps - 1:
            rate = spec.learning_rate * rate_factor(loop, step, steps=steps)
            points.append(LossPoint(step=step + 1, loss=loss, learning_rate=rate))
            progress(Progress(step + 1, steps, f"loss {loss:.2f}"))
        schedule.step()
    return Trained(steps, feed.seen, tokens, tuple(points), _final(losses))


def make_optimizer(training: Training) -> torch.optim.AdamW:
    """One AdamW; a group's rate is learning_rate × scale, and frozen groups are left out.

    Weight decay goes to matrices alone, not to norms and biases.
    """
    settings = []
    for group in training.groups:
        for decay in (True, False):
            chosen = [parameter for parameter in group.parameters if (parameter.ndim > 1) == decay]
            if chosen and group.scale > 0:
                settings.append(
                    {
                        "params": chosen,
                        "lr": training.spec.learning_rate * group.scale,
                        "weight_decay": training.loop.weight_decay if decay else 0.0,
                    }
                )
    return torch.optim.AdamW(settings, fused=True)


def _final(losses: list[tuple[bool, float]]) -> float:
    """Mean loss on the IFT data over the last tenth of the steps; over its last step where that tenth has none."""
    tuning = [loss for safety, loss in losses[-max(1, len(losses) // 10) :] if not safety]
    tuning = tuning or [loss for safety, loss in losses if not safety][-1:]
    return sum(tuning) / len(tuning)
