"""How far a training has come: all that its next step depends on, besides its settings and the number of the step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from harness.records import LossPoint
from harness.training.early_stop import EarlyStop
from harness.training.proximal import Penalty


@dataclass
class Course:
    """A training under way. Batches, phases and learning rates are functions of the step, so they are not here."""

    parameters: Sequence[torch.nn.Parameter]
    """Those that learn."""
    optimizer: torch.optim.AdamW
    penalty: Penalty | None
    early: EarlyStop | None
    step: int = 0
    """Steps done."""
    tokens: int = 0
    losses: list[tuple[bool, float]] = field(default_factory=list)
    """Of every step: whether it was on the safety data, and its loss."""
    points: list[LossPoint] = field(default_factory=list)

    @property
    def on_gpu(self) -> bool:
        """Whether the parameters are on a GPU, whose random numbers then count too."""
        return any(p.is_cuda for p in self.parameters)

    @property
    def anchor(self) -> Sequence[torch.Tensor]:
        """The penalty's anchor, where it is not simply the base's weights."""
        return self.penalty.anchor if self.penalty is not None and self.penalty.moves else ()

    @property
    def final_loss(self) -> float:
        """Mean loss on the IFT data over the last tenth of the steps; over its last step where that tenth has none.

        With early stopping only the steps that led to the best reading count.
        """
        best = self.early.best if self.early else None
        losses = self.losses[: best.step] if best else self.losses
        tuning = [loss for safety, loss in losses[-max(1, len(losses) // 10) :] if not safety]
        tuning = tuning or [loss for safety, loss in losses if not safety][-1:]
        return sum(tuning) / len(tuning)
