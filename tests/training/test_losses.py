"""What the loss is made of: places in completions, the base beside the model, the logged cross-entropy."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM, PreTrainedModel

from harness.chat import EncodedExample
from harness.training.examples import IGNORED, Examples, load_examples, save_examples
from harness.training.losses import PLAIN, Loss, backward, places_of, reference_of
from tests.tiny_models import save_tiny


@pytest.fixture
def model(tmp_path: Path) -> PreTrainedModel:
    made: PreTrainedModel = AutoModelForCausalLM.from_pretrained(save_tiny(tmp_path / "llama", "llama"))
    return made


@pytest.fixture
def examples(tmp_path: Path) -> Examples:
    rows = [EncodedExample(tuple(range(5, 5 + n)), (False,) * 3 + (True,) * (n - 3)) for n in (6, 9)]
    save_examples(rows, tmp_path)
    return load_examples(tmp_path)


def test_places_begin_anew_with_every_completion() -> None:
    x = IGNORED
    labels = torch.tensor([[x, x, 4, 5, 6, x, 7, 8], [9, 9, x, x, x, x, x, x]])
    places = places_of(labels)[(labels != x).flatten()]
    assert places.tolist() == [0, 1, 2, 0, 1, 0, 1]


@pytest.mark.parametrize("adapter", [False, True], ids=["full", "lora"])
def test_the_base_beside_the_model_stays_the_base(model: PreTrainedModel, examples: Examples, adapter: bool) -> None:
    batch, adapted = examples.batch(torch.tensor([0, 1])), None
    before = PLAIN.tokens(model, batch).logits.detach().clone()
    if adapter:
        adapted = get_peft_model(model, LoraConfig(r=2, target_modules=["q_proj"], task_type="CAUSAL_LM"))
        assert isinstance(adapted, PeftModel)
    loss = Loss(reference=reference_of(model, adapted))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.requires_grad:
                parameter.add_(0.1 if "lora_B" in name or not adapter else 0.0)
    tokens = loss.tokens(model, batch)
    assert tokens.base is not None and not tokens.base.requires_grad
    torch.testing.assert_close(tokens.base, before)
    assert not torch.allclose(tokens.logits, before)


def test_the_base_beside_an_adapter_thaws_nothing(model: PreTrainedModel, examples: Examples) -> None:
    """A phase holds some adapters still; the base's forward pass must leave them so."""
    adapted = get_peft_model(model, LoraConfig(r=2, target_modules=["q_proj", "k_proj"], task_type="CAUSAL_LM"))
    assert isinstance(adapted, PeftModel)
    for name, parameter in adapted.named_parameters():
        parameter.requires_grad_("q_proj.lora" in name)
    backward(Loss(reference=reference_of(model, adapted)), model, [examples.batch(torch.tensor([0, 1]))])
    learning = {name for name, p in adapted.named_parameters() if p.requires_grad}
    assert learning and all("q_proj.lora" in name for name in learning)
    assert all((p.grad is not None) == (name in learning) for name, p in adapted.named_parameters())


def test_the_gradients_of_several_passes_are_those_of_one(model: PreTrainedModel, examples: Examples) -> None:
    """Of unequal numbers of tokens: each token counts alike, whichever forward pass it is in."""
    made = []
    for passes in ([[0, 1]], [[0], [1]]):
        model.zero_grad()
        backward(PLAIN, model, [examples.batch(torch.tensor(chosen)) for chosen in passes])
        made.append({name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None})
    assert made[0].keys() == made[1].keys()
    for name, grad in made[0].items():
        torch.testing.assert_close(made[1][name], grad, rtol=1e-4, atol=1e-7 + 1e-5 * float(grad.abs().max()))


def test_the_logged_loss_is_the_cross_entropy_whatever_is_minimised(
    model: PreTrainedModel, examples: Examples
) -> None:
    batches = [examples.batch(torch.tensor([at])) for at in (0, 1)]
    plain = backward(PLAIN, model, batches)
    assert backward(Loss(of=lambda tokens: 3 * tokens.logits.sum()), model, batches) == pytest.approx(plain)


def test_a_loss_that_is_no_number_is_told(model: PreTrainedModel, examples: Examples) -> None:
    batches = [examples.batch(torch.tensor([0]))]
    assert not torch.tensor(backward(Loss(of=lambda t: t.logits.sum() * float("inf")), model, batches)).isfinite()
