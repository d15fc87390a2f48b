"""vLLM on the CPU, set right for many adapters in one engine. Source: ours; what of vLLM is replaced is private there.

vLLM's CPU kernels copy an adapter's matrices for every token (vllm/lora/ops/torch_ops), so that a pass with adapters
costs a multiple of one without. Here a matrix product has all adapters' A side by side, each token keeps the columns of
its own, and a second product has all B below each other: the same sums over the same numbers, no copies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

_WIDE = 512
"""Columns of all A together over which each adapter's tokens are multiplied for themselves."""


def prepare(*, adapters: bool) -> None:
    """Change this process's vLLM before an engine is made."""
    _inspect_in_process()
    if adapters:
        from vllm.lora.punica_wrapper.punica_cpu import PunicaWrapperCPU

        # The head: adding adapters to the logits fails where vLLM scores prompts. backends/vllm.py refuses adapters of
        # the head on the CPU, so that what is left out is a sum of zeros.
        PunicaWrapperCPU.add_lora_logits = lambda *_, **__: None
        PunicaWrapperCPU.add_lora_linear = _add_lora_linear


def _inspect_in_process() -> None:
    """Have vLLM look at a model's class here; it starts a process for that, to keep CUDA out of this one.

    Without a GPU there is no need; the process takes seconds and ignores what compat.py hides.
    """
    from vllm.model_executor.models import registry

    registry._run_in_subprocess = lambda look: look()


@dataclass(frozen=True)
class Adapters:
    """The adapters of one matrix."""

    a: Tensor
    """[adapters, rank, in]."""
    b: Tensor
    """[adapters, out, rank]."""
    scale: float = 1.0


def add_adapters(outputs: Tensor, rows: Tensor, slots: Tensor, adapters: Adapters) -> None:
    """Add scale · B_s A_s x to each token's outputs, in place; s is the token's slot, and -1 adds nothing.

    `outputs` [tokens, out], `rows` [tokens, in], `slots` [tokens].
    """
    a, b, scale = adapters.a, adapters.b, adapters.scale
    count, rank, _ = a.shape
    if count * rank > _WIDE:
        for slot in range(count):
            at = (slots == slot).nonzero()[:, 0]
            outputs[at] += scale * (rows[at] @ a[slot].T) @ b[slot].T
        return
    low = (rows @ a.flatten(0, 1).T).view(-1, count, rank)
    own = slots[:, None] == torch.arange(count, device=slots.device)
    low = low * (scale * own.to(low.dtype))[:, :, None]
    outputs += low.flatten(1) @ b.transpose(1, 2).flatten(0, 1)


def _add_lora_linear(self: Any, y: Tensor, x: Tensor, *stacked: Any, **_: Any) -> None:
    """In place of PunicaWrapperCPU.add_lora_linear: (y, x, A of each slice, B of each slice, scale, slices)."""
    every_a, every_b, scale, slices = stacked
    rows, outputs = x.view(-1, x.shape[-1]), y.view(-1, y.shape[-1])
    slots, offset = self.token_lora_indices[: rows.shape[0]], 0
    for a, b, size in zip(every_a, every_b, slices, strict=True):
        adapters = Adapters(a.flatten(0, -3), b.flatten(0, -3), scale)
        add_adapters(outputs[:, offset : offset + size], rows, slots, adapters)
        offset += size
