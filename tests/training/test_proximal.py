"""The penalty on the distance from an anchor, against autograd."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, PreTrainedModel

from harness.specs import GroupRule, TrainSpec
from harness.train_specs import Proximal
from harness.training.groups import build_groups
from harness.training.proximal import Penalty
from tests.tiny_models import save_tiny

SPEC = TrainSpec(learning_rate=1e-3, groups=(GroupRule(name="all", modules=("*",), scale=1.0),))


@pytest.fixture
def model(tmp_path: Path) -> PreTrainedModel:
    made: PreTrainedModel = AutoModelForCausalLM.from_pretrained(save_tiny(tmp_path / "llama", "llama"))
    return made


def shift(model: torch.nn.Module) -> None:
    """Move every parameter that learns, and give it a gradient of nothing."""
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data += 0.1
            parameter.grad = torch.zeros_like(parameter)


def test_the_gradient_is_the_weight_times_the_distance(model: PreTrainedModel) -> None:
    penalty = Penalty(Proximal(weight=0.4, anchor="base"), model, build_groups(model, SPEC))
    shift(model)
    size = sum(p.numel() for p in model.parameters())
    assert penalty.backward() == pytest.approx(0.2 * 0.01 * size, rel=1e-4)
    for parameter in model.parameters():
        assert parameter.grad is not None
        torch.testing.assert_close(parameter.grad, torch.full_like(parameter, 0.04), rtol=1e-3, atol=1e-6)


def test_a_frozen_parameter_is_not_pulled(model: PreTrainedModel) -> None:
    penalty = Penalty(Proximal(weight=0.4, anchor="base"), model, build_groups(model, SPEC))
    shift(model)
    head = model.get_output_embeddings().weight
    head.grad = None
    penalty.backward()
    assert head.grad is None


def test_a_turn_moves_the_anchor_where_the_anchor_is_the_turn(model: PreTrainedModel) -> None:
    groups = build_groups(model, SPEC)
    base, turn = (Penalty(Proximal(weight=1, anchor=anchor), model, groups) for anchor in ("base", "turn"))
    shift(model)
    base.turned()
    turn.turned()
    assert turn.backward() == 0 < base.backward()


def test_an_adapter_is_pulled_to_nothing_by_the_change_it_makes(model: PreTrainedModel) -> None:
    config = LoraConfig(r=2, lora_alpha=6, target_modules=["q_proj", "down_proj"], task_type="CAUSAL_LM")
    adapted = get_peft_model(model, config)
    penalty = Penalty(Proximal(weight=0.4, anchor="base"), model, build_groups(adapted, SPEC))
    shift(adapted)
    learning = {name: p for name, p in adapted.named_parameters() if p.requires_grad}
    expected = torch.zeros(())
    for name, a in learning.items():
        if ".lora_A." in name:
            expected = expected + 0.2 * (3 * learning[name.replace("lora_A", "lora_B")] @ a).square().sum()
    grads = torch.autograd.grad(expected, list(learning.values()))
    assert penalty.backward() == pytest.approx(float(expected), rel=1e-4)
    for parameter, grad in zip(learning.values(), grads, strict=True):
        torch.testing.assert_close(parameter.grad, grad, rtol=1e-4, atol=1e-6)
