"""Early stopping: examples held out of training, their loss over the steps, the weights of its best reading. Ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from transformers import PreTrainedModel

from harness.errors import ConfigError
from harness.loop_specs import EarlyStopSettings, LoopSettings
from harness.records import HeldOutLoss
from harness.training.batches import make_batch
from harness.training.examples import IGNORED, Examples
from harness.training.losses import Loss


@dataclass(frozen=True)
class HeldOut:
    """The examples of a training, parted."""

    tuning: Examples
    held_out: Examples


def hold_out(examples: Examples, settings: EarlyStopSettings, *, seed: int) -> HeldOut:
    """Part the examples at random, by the seed.

    Raises ConfigError where the share is less than one example, or leaves none to train on.
    """
    count = round(settings.share * len(examples))
    if not 0 < count < len(examples):
        raise ConfigError(
            f"training.early_stop.share: {settings.share:g} of {len(examples)} examples is {count}; "
            "at least one must be held out and one left"
        )
    drawn = torch.randperm(len(examples), generator=torch.Generator().manual_seed(seed))
    return HeldOut(examples.chosen(drawn[count:].sort().values), examples.chosen(drawn[:count].sort().values))


def mean_loss(model: PreTrainedModel, examples: Examples, loop: LoopSettings) -> float:
    """Mean cross-entropy over all examples, nats per token with loss, without dropout; leaves the model as it was.

    Cross-entropy whatever a strategy's own loss is, as the training loss that is reported.
    """
    loss = Loss(mixed=loop.dtype == "mixed")
    learning, total, count = model.training, 0.0, 0
    model.eval()
    try:
        with torch.no_grad():
            for chosen in torch.split(examples.lengths.argsort(stable=True), loop.batch_size):
                batch = make_batch(examples, chosen, packed=loop.packing)
                total += float(loss.summed(model, batch))
                count += int((batch.labels != IGNORED).sum())
    finally:
        model.train(learning)
    return total / count


@dataclass
class EarlyStop:
    """The readings so far, and the weights of the best. Memory: the parameters that learn once more, on the host."""

    settings: EarlyStopSettings
    begins: int
    """Steps before the last phase, in which all has begun to learn; earlier readings neither count nor stop."""
    parameters: Sequence[torch.nn.Parameter]
    readings: list[HeldOutLoss] = field(default_factory=list)
    weights: list[torch.Tensor] = field(default_factory=list)
    """Of the best reading, in the order of `parameters`; empty before it."""

    def due(self, done: int, *, steps: int) -> bool:
        """Whether to read after `done` of `steps` steps."""
        return done % self.settings.every == 0 or done == steps

    def note(self, reading: HeldOutLoss) -> None:
        """Add a reading, and keep the weights where it is the best."""
        self.readings.append(reading)
        if self.best is reading:
            self.weights = [p.detach().to("cpu", copy=True) for p in self.parameters]

    @property
    def best(self) -> HeldOutLoss | None:
        """The least of the readings that count, the first of such."""
        return min(self._counted, key=lambda reading: reading.loss, default=None)

    @property
    def stops(self) -> bool:
        """Whether `patience` readings have come since the best."""
        best = self.best
        return best is not None and sum(r.step > best.step for r in self._counted) >= self.settings.patience

    def put_back(self) -> None:
        """Give the model the weights of the best reading."""
        with torch.no_grad():
            for parameter, weight in zip(self.parameters, self.weights, strict=True):
                parameter.copy_(weight)

    @property
    def _counted(self) -> list[HeldOutLoss]:
        return [reading for reading in self.readings if reading.step > self.begins]
