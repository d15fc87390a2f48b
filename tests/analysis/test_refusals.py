"""The base's answers, generated and judged."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from harness.analysis.refusals import Answer, answer, refused
from tests.tiny_models import save_tiny


def test_refusals_are_told_from_answers() -> None:
    texts = ("I cannot help with that request.", "First, take the hose to the yard. Then water every bed.")
    answers = [Answer("p", (5, 6), text) for text in texts]
    assert refused(answers, judge="refusal") == (True, False)


def test_answers_are_greedy_and_end_before_the_end_token(tmp_path: Path) -> None:
    folder = save_tiny(tmp_path / "llama", "llama")
    model, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    prompts = [("a", (1, 7, 8)), ("b", (1, 9, 10, 11, 12))]
    made = answer(model, tokenizer, prompts, max_new_tokens=4)
    with torch.no_grad():
        first = int(model(torch.tensor([[1, 7, 8]])).logits[0, -1].argmax())
    assert made[0].tokens[:1] == (first,) or first == tokenizer.eos_token_id
    assert all(len(a.tokens) <= 4 and tokenizer.eos_token_id not in a.tokens for a in made)


@pytest.mark.parametrize("batch", [1, 2])
def test_answers_do_not_depend_on_their_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int) -> None:
    folder = save_tiny(tmp_path / "llama", "llama")
    model, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    prompts = [("a", (1, 7, 8)), ("b", (1, 9, 10, 11, 12)), ("c", (1, 7))]
    whole = answer(model, tokenizer, prompts, max_new_tokens=4)
    monkeypatch.setattr("harness.analysis.refusals.BATCH", batch)
    assert answer(model, tokenizer, prompts, max_new_tokens=4) == whole
