"""What a replay holds in memory, counted tensor by tensor, against the bound that replay.py states."""

from __future__ import annotations

import random

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from benchmarks.memory import peak_bytes
from harness.analysis.replay import Replay, Sequences
from tests.analysis.replay_models import noise

HIDDEN, INNER, LAYERS = 64, 176, 4


def model_of(dtype: torch.dtype) -> LlamaForCausalLM:
    config = LlamaConfig(
        vocab_size=100, hidden_size=HIDDEN, intermediate_size=INNER, num_hidden_layers=LAYERS, num_attention_heads=4,
        num_key_value_heads=2,
    )  # fmt: skip
    return LlamaForCausalLM(config).eval().to(dtype)


def prompts(count: int) -> Sequences:
    """Random prompts of 30 tokens; the last is wanted."""
    draw = random.Random(0)
    return Sequences(tuple(tuple(draw.choices(range(100), k=30)) for _ in range(count)), ((29,),) * count)


def bound(nodes: int, batch_tokens: int) -> int:
    """The formula at the top of replay.py, in numbers."""
    inside, batch = 14 * HIDDEN + 4 * INNER, 10 * HIDDEN + 2 * INNER
    return LAYERS * nodes * HIDDEN + min(nodes, batch_tokens) * inside + batch_tokens * batch


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("batch_tokens", [600, 2400])
def test_memory_is_within_the_stated_bound(
    monkeypatch: pytest.MonkeyPatch, dtype: torch.dtype, batch_tokens: int
) -> None:
    monkeypatch.setattr("harness.analysis.wiring._CPU", (2**62, 16384, None))  # as on a GPU
    model, given = model_of(dtype), prompts(40)
    deltas = [noise(model, f"layers.{at}.{name}") for at in range(LAYERS) for name in ("self_attn.k", "mlp.up")]
    replay = Replay(model, given, batch_tokens=batch_tokens)
    everything = noise(model, "")

    def work() -> None:
        again = Replay(model, given, batch_tokens=batch_tokens)
        for _ in again.each(deltas):
            pass
        again.joint(everything)

    changed = sum(parameter.nbytes for parameter in model.parameters())
    assert peak_bytes(work) <= dtype.itemsize * bound(replay.nodes, batch_tokens) + changed


def test_peak_of_a_sum_is_counted() -> None:
    given = torch.ones(1000)
    assert peak_bytes(lambda: given.view(10, 100)) == 0
    assert peak_bytes(lambda: (given + 1) + 2) == 8000
    assert peak_bytes(lambda: [(given + at) is None for at in range(5)]) == 4000
