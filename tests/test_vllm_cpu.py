"""All adapters in two matrix products, against vLLM's own kernels and by hand."""

from __future__ import annotations

import importlib.util

import pytest
import torch
from torch import Tensor

from harness import vllm_cpu
from harness.vllm_cpu import Adapters, add_adapters

TOKENS, INPUTS, OUTPUTS, RANK, ADAPTERS = 40, 24, 36, 8, 3


@pytest.fixture
def case() -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Outputs before, inputs, slots, A, B."""
    torch.manual_seed(0)
    return (
        torch.randn(TOKENS, OUTPUTS),
        torch.randn(TOKENS, INPUTS),
        torch.randint(-1, ADAPTERS, (TOKENS,)),
        torch.randn(ADAPTERS, RANK, INPUTS),
        torch.randn(ADAPTERS, OUTPUTS, RANK),
    )


@pytest.mark.parametrize("wide", [0, 512])
def test_each_token_gets_its_own_adapter_and_none_where_it_has_none(
    case: tuple[Tensor, Tensor, Tensor, Tensor, Tensor], wide: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vllm_cpu, "_WIDE", wide)
    before, rows, slots, a, b = case
    found = before.clone()
    add_adapters(found, rows, slots, [Adapters(a, b[:, :16], 0.5), Adapters(a, b[:, 16:], 0.5)])
    for at, slot in enumerate(slots.tolist()):
        added = 0.5 * b[slot] @ (a[slot] @ rows[at]) if slot >= 0 else torch.zeros(OUTPUTS)
        torch.testing.assert_close(found[at], before[at] + added, rtol=1e-4, atol=1e-5)
    assert (slots == -1).any()


@pytest.mark.skipif(importlib.util.find_spec("vllm") is None, reason="needs vllm")
def test_it_adds_what_vllms_own_kernels_add(case: tuple[Tensor, Tensor, Tensor, Tensor, Tensor]) -> None:
    from vllm.lora.ops.torch_ops import bgmv_expand_slice, bgmv_shrink

    before, rows, slots, a, b = case
    slots = slots.clamp(min=0)
    low, theirs, ours = torch.zeros(TOKENS, RANK), before.clone(), before.clone()
    bgmv_shrink(rows, a[:, None], low, slots, 2.0)
    bgmv_expand_slice(low, b[:, None, :20], theirs, slots, 10, 20, True)
    add_adapters(ours[:, 10:30], rows, slots, [Adapters(a, b[:, :20], 2.0)])
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)
