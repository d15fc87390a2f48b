"""What a training, a restoring or an adopting writes of itself: losses, what moved, the summary."""

from __future__ import annotations

from harness.record import Record


class LossPoint(Record):
    """One logged step."""

    step: int
    loss: float
    learning_rate: float


class HeldOutLoss(Record):
    """One reading of the loss on the held-out examples."""

    step: int
    """Steps done before it."""
    loss: float
    """Mean cross-entropy, nats per token with loss."""


class ModuleChange(Record):
    """How far one module moved."""

    module: str
    """`q.3`, `embed`, `norm`, `head`."""
    relative_change: float
    """‖W_tuned − W_base‖ / ‖W_base‖, Frobenius norms."""


class TrainSummary(Record):
    """summary.json of train."""

    steps: int
    examples_seen: int
    tokens_seen: int
    trainable_parameters: int
    final_loss: float | None
    """Mean loss of the last tenth of the steps that led to the weights that are kept; None where nothing was trained
    here."""
    losses: tuple[LossPoint, ...]
    held_out: tuple[HeldOutLoss, ...] = ()
    """Readings on the examples that early stopping holds out."""
    best_step: int | None = None
    """With early stopping: steps after which the weights are those that are kept."""
    stopped_at: int | None = None
    """Steps done when training stopped early; None where it went to its end."""
    groups: tuple[tuple[str, int], ...]
    """(group, parameters) as the rules fell."""
    robust: tuple[str, ...] = ()
    """Modules of the group `robust`, for strategies that have one."""
    moved: tuple[ModuleChange, ...]
