"""The benchmark of the replays runs, and its plain way is a plain way."""

from __future__ import annotations

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from benchmarks import analysis
from harness.analysis.wiring import Wired


def test_a_quick_run_says_that_the_states_agree(capsys: pytest.CaptureFixture[str]) -> None:
    assert analysis.main(["--quick"]) == 0
    said = capsys.readouterr().out
    assert said.count("multiply-adds a matrix") == 3 and "states agree within 1e-05" in said


def test_counted_operations_of_a_layer_are_those_on_paper() -> None:
    """Both matrices and attention, in multiply-adds."""
    x, w = torch.zeros(5, 16), torch.zeros(7, 16)
    q, k = torch.zeros(2, 4, 5, 8), torch.zeros(2, 2, 9, 8)
    attention = torch.nn.functional.scaled_dot_product_attention
    assert analysis.operations(lambda: x @ w.T) == 5 * 16 * 7
    assert analysis.operations(lambda: attention(q, k, k, enable_gqa=True)) == 2 * 2 * 4 * 5 * 9 * 8


def test_replays_of_a_big_model_cost_less_the_later_the_layer() -> None:
    config = LlamaConfig(
        vocab_size=50, hidden_size=32, intermediate_size=64, num_hidden_layers=4, num_attention_heads=2
    )
    with torch.device("meta"):
        model = LlamaForCausalLM(config).eval().to(torch.bfloat16)
    prompts = analysis.last_tokens([(1, 2, 3), (1, 2, 4, 5)])
    with torch.inference_mode():
        costs = analysis.replay_operations(Wired(model, prompts, stop=None, batch_tokens=100))
    assert len(costs) == 28
    assert all(costs[at] > costs[at + 7] for at in range(21))
    assert costs[0] < 4 * analysis.full_pass(model, 5) * 2
