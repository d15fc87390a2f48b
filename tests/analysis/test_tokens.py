"""Sequences whose next tokens are scored."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

from harness.analysis.replay import Replay
from harness.analysis.tokens import Scored, log_probabilities
from harness.chat import EncodedExample
from harness.training.examples import load_examples, save_examples
from tests.tiny_models import save_tiny


def test_every_token_of_a_continuation_is_predicted_from_the_one_before() -> None:
    scored = Scored.of([((1, 5, 6), (7, 8)), ((1,), (9,))])
    assert scored.sequences.ids == ((1, 5, 6, 7), (1,))
    assert scored.sequences.wanted == ((2, 3), (0,))
    assert scored.labels.tolist() == [7, 8, 9]


def test_examples_are_scored_where_their_mask_says(tmp_path: Path) -> None:
    rows = [EncodedExample((1, 5, 6, 7), (False, False, True, True)), EncodedExample((1, 9, 8), (False, False, True))]
    save_examples(rows, tmp_path)
    scored = Scored.from_examples(load_examples(tmp_path), 2, seed=0)
    assert scored.sequences.wanted == ((1, 2), (1,))
    assert scored.labels.tolist() == [6, 7, 8]


def test_examples_are_drawn_by_the_seed(tmp_path: Path) -> None:
    save_examples([EncodedExample((1, n, n), (False, False, True)) for n in range(2, 40)], tmp_path)
    first, again, other = (Scored.from_examples(load_examples(tmp_path), 5, seed=s) for s in (0, 0, 1))
    assert first.sequences == again.sequences != other.sequences
    assert len(first.sequences.ids) == 5


@pytest.mark.parametrize("family", ["llama", "gemma2"])
def test_log_probabilities_are_the_models_own(tmp_path: Path, family: str) -> None:
    model = AutoModelForCausalLM.from_pretrained(save_tiny(tmp_path / family, family), attn_implementation="eager")
    scored = Scored.of([((1, 5, 6), (7, 8, 9))])
    found = log_probabilities(model, Replay(model, scored.sequences).base, scored.labels)
    with torch.no_grad():
        logits = model(torch.tensor([[1, 5, 6, 7, 8]])).logits[0, 2:].float()
    expected = logits.log_softmax(-1).gather(1, scored.labels[:, None]).squeeze(1)
    assert torch.allclose(found, expected, atol=1e-4)
