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
    dtype: Literal["float32", "bfloat16"] = "float32"
    """Of the weights while training; checkpoints keep it."""
    threads: int = Field(default=1, gt=0)
    """CPU threads; fixed because the order of float sums depends on it."""
