"""The tokenized dataset on disk and its padded batches."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from harness.chat import EncodedExample
from harness.errors import StoreError
from harness.training.examples import FILE_NAME, Examples, load_examples, save_examples


@pytest.fixture
def examples(tmp_path: Path) -> Examples:
    save_examples(
        [EncodedExample((5, 6, 7, 8), (False, False, True, True)), EncodedExample((9, 4), (False, True))],
        tmp_path,
    )
    return load_examples(tmp_path)


def test_batch_is_padded_to_its_longest(examples: Examples) -> None:
    batch = examples.batch(torch.tensor([1, 0]))
    assert batch.input_ids.tolist() == [[9, 4, 0, 0], [5, 6, 7, 8]]
    assert batch.attention_mask.tolist() == [[True, True, False, False], [True] * 4]
    assert batch.tokens == 6


def test_labels_are_the_next_tokens_under_the_mask(examples: Examples) -> None:
    labels = examples.batch(torch.tensor([1, 0])).labels
    assert labels.tolist() == [[4, -100, -100, -100], [-100, 7, 8, -100]]


def test_short_batch_has_no_padding(examples: Examples) -> None:
    assert examples.batch(torch.tensor([1])).input_ids.shape == (1, 2)


def test_length(examples: Examples) -> None:
    assert len(examples) == 2


def test_first_token_never_carries_loss_from_the_example_before(tmp_path: Path) -> None:
    save_examples([EncodedExample((1, 2), (False, True)), EncodedExample((3, 4), (True, True))], tmp_path)
    assert load_examples(tmp_path).batch(torch.tensor([0])).labels.tolist() == [[2, -100]]


def test_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"broken")
    with pytest.raises(StoreError, match="examples.safetensors: cannot be read"):
        load_examples(tmp_path)
