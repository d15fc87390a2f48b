"""Restored weights: what cannot be made is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM, PreTrainedModel

from harness.errors import ModelError, SilentFailureError
from harness.training.restoring import restore_adapter, restore_full
from tests.tiny_models import save_tiny


def model(folder: Path, family: str = "llama") -> PreTrainedModel:
    made: PreTrainedModel = AutoModelForCausalLM.from_pretrained(save_tiny(folder / family, family))
    return made


def test_a_sibling_of_another_architecture_is_refused(tmp_path: Path) -> None:
    base, other = model(tmp_path), model(tmp_path, "gemma")
    with pytest.raises(ModelError, match=r"unaligned: parameter .* give a model of the same architecture"):
        restore_full(model(tmp_path), base, other, lambda weights: weights.tuned)


def test_a_change_that_no_adapter_makes_is_no_silent_failure(tmp_path: Path) -> None:
    config = LoraConfig(r=2, target_modules=["q_proj"], task_type="CAUSAL_LM", init_lora_weights=False)
    adapted = get_peft_model(model(tmp_path), config)
    assert isinstance(adapted, PeftModel)
    with pytest.raises(SilentFailureError, match=r"module q\.0: .* the strategy must say `merges`"):
        restore_adapter(adapted, None, lambda weights: weights.base + 1)


def adapted_of(folder: Path) -> PeftModel:
    config = LoraConfig(r=2, target_modules=["q_proj"], task_type="CAUSAL_LM", init_lora_weights=False)
    made = get_peft_model(model(folder), config)
    assert isinstance(made, PeftModel)
    return made


def test_a_sibling_that_equals_the_base_is_refused(tmp_path: Path) -> None:
    why = "unaligned: its weights equal the base's, so that the strategy would change nothing"
    with pytest.raises(ModelError, match=why):
        restore_full(model(tmp_path), model(tmp_path), model(tmp_path), lambda weights: weights.tuned)
    with pytest.raises(ModelError, match=why):
        restore_adapter(adapted_of(tmp_path), model(tmp_path), lambda weights: weights.tuned)


def test_a_sibling_that_differs_anywhere_is_not(tmp_path: Path) -> None:
    other = model(tmp_path)
    other.get_parameter("model.layers.1.self_attn.q_proj.weight").data[0, 0] += 1
    restore_full(model(tmp_path), model(tmp_path), other, lambda weights: weights.tuned)
    restore_adapter(adapted_of(tmp_path), other, lambda weights: weights.tuned)


def test_without_a_sibling_nothing_is_compared(tmp_path: Path) -> None:
    restore_full(model(tmp_path), model(tmp_path), None, lambda weights: weights.tuned)
