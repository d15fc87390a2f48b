"""How the training loop runs and what a LoRA adapter is: alike for strategies and for the analysis."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from harness.record import Record


class LoraSpec(Record):
    """A LoRA adapter by peft; its matrices belong to the modules they adapt."""

    rank: int = Field(default=8, gt=0)
    alpha: float = Field(default=16, gt=0)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    modules: tuple[str, ...] | None = Field(default=None, min_length=1)
    """Module types to adapt, e.g. [q, k, v, o]; a type that the model fuses is adapted through the fused matrix. None
    means every matrix of the layers."""


class EarlyStopSettings(Record):
    """When a training stops on its held-out loss. Ours.

    The weights of the best reading are what is kept; until the end that takes the parameters that learn once more.
    """

    share: float = Field(default=0.1, gt=0, lt=1)
    """Of the examples, drawn by the training's seed, held out of it."""
    every: int = Field(default=20, gt=0)
    """Steps between two readings of their mean loss; the last step is read too."""
    patience: int = Field(default=3, gt=0)
    """Readings in a row without a new best after which training stops."""


class LoopSettings(Record):
    """How the training loop runs, alike for all strategies."""

    steps: int | None = Field(default=None, gt=0)
    """Optimizer steps; give steps or epochs."""
    epochs: float | None = Field(default=None, gt=0)
    """Passes over the examples; give steps or epochs."""
    batch_size: int = Field(default=16, gt=0)
    """Examples per forward pass."""
    gradient_accumulation: int = Field(default=1, gt=0)
    """Forward passes per optimizer step."""
    schedule: Literal["cosine", "linear", "constant"] = "cosine"
    warmup_ratio: float = Field(default=0.03, ge=0, lt=1)
    """Share of the steps over which the learning rate rises from 0."""
    weight_decay: float = Field(default=0.0, ge=0)
    max_grad_norm: float | None = Field(default=1.0, gt=0)
    """Gradient clipping by global norm; null for none."""
    gradient_checkpointing: bool = False
    packing: bool = False
    """Lay the examples of a forward pass end to end in rows, in place of padding each to the longest."""
    early_stop: EarlyStopSettings | None = None
    dtype: Literal["float32", "bfloat16", "mixed"] = "float32"
    """Of the weights while training; checkpoints keep it. mixed: float32 weights and optimizer, bfloat16 matrix
    products, float32 loss; checkpoints are float32."""
    threads: int = Field(default=1, gt=0)
    """CPU threads; fixed because the order of float sums depends on it."""

    @property
    def weights_dtype(self) -> Literal["float32", "bfloat16"]:
        """Of the weights, in memory and in the checkpoint."""
        return "float32" if self.dtype == "mixed" else self.dtype
