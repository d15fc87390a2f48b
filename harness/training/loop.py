"""The one training loop: AdamW over parameter groups, phases, turns, accumulation, clipping, one schedule.

It can be stopped and gone on with (resume.py), pack (packing.py), mix precisions and stop early (early_stop.py);
docs/training.md says why each is as it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from transformers import PreTrainedModel

from harness.errors import ConfigError, StageError
from harness.records import HeldOutLoss, LossPoint
from harness.specs import LoopSettings, TrainSpec
from harness.stages import Progress
from harness.train_specs import empty_phase, phase_ends
from harness.training.batches import StepBatches, TurnsWith, make_feed
from harness.training.course import Course
from harness.training.early_stop import EarlyStop, hold_out, mean_loss
from harness.training.examples import Examples
from harness.training.groups import ParameterGroup, learning_groups, switch_on
from harness.training.losses import PLAIN, Loss, backward, check_logits, check_packing
from harness.training.proximal import Penalty
from harness.training.resume import Keeper, identity_of
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
    """Mean loss on the IFT data over the last tenth of the steps that led to the weights, nats per token."""
    held_out: tuple[HeldOutLoss, ...] = ()
    best_step: int | None = None
    """With early stopping: steps that led to the weights."""
    stopped_at: int | None = None
    """Steps done, where it stopped early."""


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
    kept: Path | None = None
    """File in which a stopped training is found again; None where it need not be."""


def train(training: Training, examples: Examples, progress: Callable[[Progress], None]) -> Trained:
    """Train the model in place; from where a stopped process left it, where `training.kept` has that.

    Raises StageError where the loss is no longer a number, ModelError where the loop cannot compute the model's logits
    or pack its examples, ConfigError where it ends before its first turn on the safety data, a phase would have no
    step, or it cannot hold out the share of the examples that early stopping asks for.
    """
    parted = hold_out(examples, stop, seed=training.seed) if (stop := training.loop.early_stop) else None
    tuning = parted.tuning if parted else examples
    steps = step_count(training.loop, len(tuning))
    if empty := empty_phase(training.spec.phases, steps):
        raise ConfigError(f"training: phase {empty.name!r} would have none of the {steps} steps; train for longer")
    feed = make_feed(training.loop, tuning, steps=steps, seed=training.seed, other=training.other)
    _check(training, examples)
    run = _Run(training, steps, progress, held_out=parted.held_out if parted else None)
    keeper = Keeper(training.kept, _identity(training, examples, steps=steps))
    if note := keeper.resume(run.course):
        print(note, flush=True)
        progress(Progress(run.course.step, steps, note))
    training.model.train()
    try:
        for fed in feed.steps(run.course.step, steps):
            if run.stopped:
                break
            run.take(fed)
            keeper.tick(run.course)
            run.tell()
    except StageError:
        keeper.drop()
        raise
    return run.trained()


class _Run:
    """One training under way."""

    def __init__(
        self, training: Training, steps: int, progress: Callable[[Progress], None], *, held_out: Examples | None
    ) -> None:
        self.training, self.steps, self.progress, self.held_out = training, steps, progress, held_out
        spec, loop = training.spec, training.loop
        self.loss = replace(training.loss, mixed=loop.dtype == "mixed")
        self.ends = phase_ends(spec.phases, steps)
        self.phase: int | None = None
        learning = [p for group in training.groups if group.scale > 0 for p in group.parameters]
        penalty = Penalty(spec.proximal, training.model, training.groups) if spec.proximal else None
        begins = self.ends[-2] if len(self.ends) > 1 else 0
        early = EarlyStop(loop.early_stop, begins, learning) if loop.early_stop else None
        self.course = Course(learning, make_optimizer(training), penalty, early)

    @property
    def stopped(self) -> bool:
        """Whether early stopping has had enough."""
        return self.course.early is not None and self.course.early.stops

    def take(self, fed: StepBatches) -> None:
        """One step: gradients, penalty, clipping, AdamW, and a reading where one is due."""
        course, loop = self.course, self.training.loop
        self._enter(course.step)
        if course.penalty is not None and fed.turned:
            course.penalty.turned()
        loss = self._finite(backward(self.loss, self.training.model, fed.batches), "loss")
        if course.penalty is not None:
            course.penalty.backward()
        if loop.max_grad_norm is not None:
            torch.nn.utils.clip_grad_norm_(course.parameters, loop.max_grad_norm)
        for group in course.optimizer.param_groups:
            group["lr"] = group["initial_lr"] * rate_factor(loop, course.step, steps=self.steps)
        course.optimizer.step()
        course.optimizer.zero_grad(set_to_none=True)
        course.tokens += sum(batch.tokens for batch in fed.batches)
        course.losses.append((fed.safety, loss))
        self._log(loss)
        course.step += 1
        self._read()

    def tell(self) -> None:
        """Report the step that was taken, where it is one of those that are logged."""
        last = self.course.points[-1]
        if last.step == self.course.step:
            self.progress(Progress(last.step, self.steps, f"loss {last.loss:.2f}"))

    def trained(self) -> Trained:
        """The account of it; with early stopping the best weights are put back."""
        course, early, loop = self.course, self.course.early, self.training.loop
        best = early.best if early else None
        if early is not None:
            early.put_back()
        return Trained(
            steps=course.step,
            examples=course.step * loop.gradient_accumulation * loop.batch_size,
            tokens=course.tokens,
            losses=tuple(course.points),
            final_loss=course.final_loss,
            held_out=tuple(early.readings) if early else (),
            best_step=best.step if best else None,
            stopped_at=course.step if self.stopped and course.step < self.steps else None,
        )

    def _enter(self, step: int) -> None:
        """Let the groups of the step's phase learn."""
        phase = next(number for number, end in enumerate(self.ends) if step < end)
        if phase != self.phase:
            self.phase, spec = phase, self.training.spec
            switch_on(self.training.groups, learning_groups(spec, spec.phases[phase]))

    def _log(self, loss: float) -> None:
        step, spec, loop = self.course.step, self.training.spec, self.training.loop
        if step % max(1, self.steps // _POINTS) == 0 or step == self.steps - 1:
            rate = spec.learning_rate * rate_factor(loop, step, steps=self.steps)
            self.course.points.append(LossPoint(step=step + 1, loss=loss, learning_rate=rate))

    def _read(self) -> None:
        """The held-out loss after this step, where it is due."""
        early, done = self.course.early, self.course.step
        if early is not None and self.held_out is not None and early.due(done, steps=self.steps):
            loss = mean_loss(self.training.model, self.held_out, self.training.loop)
            early.note(HeldOutLoss(step=done, loss=self._finite(loss, "held-out loss")))

    def _finite(self, loss: float, name: str) -> float:
        if not math.isfinite(loss):
            step = len(self.course.losses) + (name == "loss")
            raise StageError(f"the {name} became {loss} at step {step} of {self.steps}; lower the learning rate")
        return loss


def make_optimizer(training: Training) -> torch.optim.AdamW:
    """One AdamW; a group's rate is learning_rate × scale, and frozen groups are left out.

    Weight decay goes to matrices alone, not to norms and biases.
    """
    settings = []
    for group in training.groups:
        for decay in (True, False):
            chosen = [parameter for parameter in group.parameters if (parameter.ndim > 1) == decay]
            if chosen and group.scale > 0:
                rate = training.spec.learning_rate * group.scale
                settings.append(
                    {
                        "params": chosen,
                        "lr": rate,
                        "initial_lr": rate,
                        "weight_decay": training.loop.weight_decay if decay else 0.0,
                    }
                )
    return torch.optim.AdamW(settings, fused=True)


def _check(training: Training, examples: Examples) -> None:
    """Raise ModelError for a model whose logits the loop does not know how to compute, or whose examples to pack."""
    ids = examples.batch(torch.tensor([0])).input_ids[:, :_CHECKED]
    check_logits(training.model, ids)
    if training.loop.packing:
        check_packing(training.model, ids)


def _identity(training: Training, examples: Examples, *, steps: int) -> str:
    """What makes this training this one, as far as the stage's key does not already tell."""
    return identity_of(
        training.spec.model_dump_json(),
        training.loop.model_dump_json(),
        f"{training.seed} {steps} {len(examples)} {int(examples.lengths.sum())} {training.model.device.type}",
        *(f"{group.name} {p.dtype} {tuple(p.shape)}" for group in training.groups for p in group.parameters),
    )
