"""The one training loop: AdamW over parameter groups, phases, accumulation, clipping, one schedule.

Logits are computed only where the loss mask asks for them; batches are padded on the right, where causal
attention needs no padding mask.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from transformers import PreTrainedModel

from harness.errors import ModelError, StageError
from harness.records import LossPoint
from harness.specs import LoopSettings, TrainSpec
from harness.stages import Progress
from harness.training.examples import IGNORED, Batch, Examples
from harness.training.groups import ParameterGroup, learning_groups, phase_ends, switch_on
from harness.training.schedule import batch_order, rate_factor, step_count

_POINTS = 100
"""Logged steps, about."""
_CHECKED = 16
"""Tokens on which the loop's logits are held against the model's own."""
_LOGITS_AGREE = 0.02
"""How far they may be apart, as a share of the largest; bfloat16 rounds to less."""


@dataclass(frozen=True)
class Trained:
    """What a loop did."""

    steps: int
    examples: int
    tokens: int
    losses: tuple[LossPoint, ...]
    final_loss: float
    """Mean loss of the last tenth of the steps, nats per token."""


@dataclass(frozen=True)
class Training:
    """Everything that a loop needs; `model` is the plain model, with or without LoRA layers inside."""

    model: PreTrainedModel
    groups: tuple[ParameterGroup, ...]
    spec: TrainSpec
    loop: LoopSettings
    seed: int


def train(training: Training, examples: Examples, progress: Callable[[Progress], None]) -> Trained:
    """Train the model in place.

    Raises StageError where the loss is no longer a number, ModelError where the loop cannot compute the model's logits.
    """
    loop = training.loop
    steps = step_count(loop, len(examples))
    order = batch_order(
        examples.lengths,
        batch_size=loop.batch_size,
        batches=steps * loop.gradient_accumulation,
        seed=training.seed,
    ).view(steps, loop.gradient_accumulation, loop.batch_size)
    optimizer = make_optimizer(training)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate_factor(loop, step, steps=steps))
    parameters = [parameter for group in training.groups for parameter in group.parameters]
    ends = phase_ends(training.spec.phases, steps)
    every = max(1, steps // _POINTS)
    phase, tokens, all_losses, points = -1, 0, [], []
    check_logits(training.model, examples.batch(torch.tensor([0])).input_ids[:, :_CHECKED])
    training.model.train()
    for step in range(steps):
        while phase < 0 or step >= ends[phase]:
            phase += 1
            switch_on(training.groups, learning_groups(training.spec, training.spec.phases[phase]))
        batches = [examples.batch(chosen) for chosen in order[step]]
        loss = _backward(training.model, batches)
        if not math.isfinite(loss):
            raise StageError(f"the loss became {loss} at step {step + 1} of {steps}; lower the learning rate")
        if loop.max_grad_norm is not None:
            torch.nn.utils.clip_grad_norm_(parameters, loop.max_grad_norm)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        tokens += sum(batch.tokens for batch in batches)
        all_losses.append(loss)
        if step % every == 0 or step == steps - 1:
            rate = training.spec.learning_rate * rate_factor(loop, step, steps=steps)
            points.append(LossPoint(step=step + 1, loss=loss, learning_rate=rate))
            progress(Progress(step + 1, steps, f"loss {loss:.2f}"))
        schedule.step()
    last = all_losses[-max(1, steps // 10) :]
    return Trained(steps, order.numel(), tokens, tuple(points), sum(last) / len(last))


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


def _backward(model: PreTrainedModel, batches: Sequence[Batch]) -> float:
    """Gradients of the mean loss over all loss tokens of a step; returns that loss, nats per token."""
    count = sum(int((batch.labels != IGNORED).sum()) for batch in batches)
    total = torch.zeros((), dtype=torch.float32, device=model.device)
    for batch in batches:
        loss = summed_loss(model, batch) / count
        loss.backward()  # type: ignore[no-untyped-call]
        total += loss.detach()
    return float(total)


def summed_loss(model: PreTrainedModel, batch: Batch) -> torch.Tensor:
    """Cross-entropy summed over the tokens with loss, float32 scalar."""
    labels = batch.labels.flatten().to(model.device)
    wanted = (labels != IGNORED).nonzero().squeeze(1)
    hidden = _hidden_states(model, batch.input_ids)
    logits = _logits(model, hidden.flatten(0, 1).index_select(0, wanted))
    return torch.nn.functional.cross_entropy(logits, labels.index_select(0, wanted), reduction="sum")


def check_logits(model: PreTrainedModel, ids: torch.Tensor) -> None:
    """Check that the loss sees the logits that the model itself gives for ids (1, n); leaves the model in eval mode.

    Raises ModelError for a model that does more between hidden states and logits than the loop knows of.
    """
    model.eval()
    with torch.no_grad():
        ours = _logits(model, _hidden_states(model, ids))
        theirs = model(input_ids=ids.to(model.device), use_cache=False).logits.float()
    if float((ours - theirs).abs().max()) > _LOGITS_AGREE * float(theirs.abs().max()):
        raise ModelError(
            f"architecture {type(model).__name__} is not supported: its logits are not its head's output "
            "(is there a scale that its config names?)"
        )


def _hidden_states(model: PreTrainedModel, ids: torch.Tensor) -> torch.Tensor:
    """Final hidden states (batch, n, width), after the last norm."""
    states: torch.Tensor = model.get_decoder()(input_ids=ids.to(model.device), use_cache=False).last_hidden_state
    return states


def _logits(model: PreTrainedModel, hidden: torch.Tensor) -> torch.Tensor:
    """Logits (..., vocabulary) of final hidden states, float32; Gemma2 caps them."""
    logits: torch.Tensor = model.get_output_embeddings()(hidden).float()
    cap = getattr(model.config, "final_logit_softcapping", None)
    return cap * torch.tanh(logits / cap) if cap else logits
