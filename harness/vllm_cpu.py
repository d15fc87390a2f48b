"""vLLM on the CPU, set right for many adapters in one engine. Source: ours; what of vLLM is replaced is private there.

vLLM's CPU kernels copy an adapter's matrices for every token (vllm/lora/ops/torch_ops), so that a pass with adapters
costs a multiple of one without. Here a matrix product has all adapters' A side by side, each token keeps the columns of
its own, and a second product has all B below each other: the same sums over the same numbers, no copies.
"""

from __future__ import annotations

from collections.abc import Sequence
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


def add_adapters(outputs: Tensor, rows: Tensor, slots: Tensor, adapters: Sequence[Adapters]) -> None:
    """Add scale · B_s A_s x to each token's outputs, in place; s is the token's slot, and -1 adds nothing.

    `outputs` [tokens, the matrices' outputs one after another], `rows` [tokens, in], `slots` [tokens].
    """
    first, offset = adapters[0].a, 0
    own = slots[:, None] == torch.arange(len(first), device=slots.device)
    shares = own.to(rows.dtype)[:, :, None]
    for one in adapters:
        size = one.b.shape[1]
        part = outputs[:, offset : offset + size]
        if one.a.shape[0] * one.a.shape[1] > _WIDE:
            _one_by_one(part, rows, own, one)
        else:
            low = (rows @ one.a.flatten(0, 1).T).view(len(rows), *one.a.shape[:2]) * shares
            part.addmm_(low.flatten(1), one.b.transpose(1, 2).flatten(0, 1), alpha=one.scale)
        offset += size


def _one_by_one(outputs: Tensor, rows: Tensor, own: Tensor, adapters: Adapters) -> None:
    """Each adapter on its own tokens."""
    for slot in range(own.shape[1]):
        at = own[:, slot].nonzero()[:, 0]
        outputs[at] += adapters.scale * (rows[at] @ adapters.a[slot].T) @ adapters.b[slot].T


def _add_lora_linear(self: Any, y: Tensor, x: Tensor, *stacked: Any, **_: Any) -> None:
    """In place of PunicaWrapperCPU.add_lora_linear: (y, x, every A, every B, scale, the outputs of each)."""
    every_a, every_b, scale, _sizes = stacked
    rows, outputs = x.view(-1, x.shape[-1]), y.view(-1, y.shape[-1])
    adapters = [Adapters(a.flatten(0, -3), b.flatten(0, -3), scale) for a, b in zip(every_a, every_b, strict=True)]
    add_adapters(outputs, rows, self.token_lora_indices[: len(rows)], adapters)
