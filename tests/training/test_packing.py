"""Packed batches: nothing is lost, and no family's loss or gradients can tell them from padded ones."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from types import ModuleType

import pytest
import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

from harness.chat import EncodedExample
from harness.errors import ModelError
from harness.strategies import constrained_sft, kl
from harness.training.examples import IGNORED, Examples, load_examples, save_examples
from harness.training.losses import Loss, backward, check_packing, places_of, reference_of
from harness.training.packing import packed_batch, rows_of
from tests.tiny_models import ALL_FAMILIES, save_tiny

ALL = torch.arange(6)
TIGHT = {"sliding_window": 4, "use_sliding_window": True, "layer_types": ["sliding_attention", "full_attention"]}
"""A window narrower than the examples, for the families that have one."""


@pytest.fixture
def examples(tmp_path: Path) -> Examples:
    rows = [
        EncodedExample(tuple(range(5 + n, 5 + 2 * n)), (False,) * 3 + (True,) * (n - 3)) for n in (6, 9, 14, 4, 7, 14)
    ]
    save_examples(rows, tmp_path)
    return load_examples(tmp_path)


def model_of(folder: Path, family: str, *, attention: str, **config: object) -> PreTrainedModel:
    model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(
        save_tiny(folder / family, family), attn_implementation=attention, **config
    )
    return model.train()


def gradients(model: PreTrainedModel, batch: object) -> tuple[float, dict[str, torch.Tensor]]:
    model.zero_grad()
    loss = backward(Loss(), model, [batch])  # type: ignore[list-item]
    return loss, {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


def assert_alike(model: PreTrainedModel, examples: Examples) -> None:
    padded, packed = (gradients(model, batch) for batch in (examples.batch(ALL), packed_batch(examples, ALL)))
    assert packed[0] == pytest.approx(padded[0], rel=1e-5)
    assert padded[1].keys() == packed[1].keys()
    for name, grad in padded[1].items():
        torch.testing.assert_close(packed[1][name], grad, rtol=1e-3, atol=1e-6 + 1e-4 * float(grad.abs().max()))


@pytest.mark.parametrize("strategy", [kl, constrained_sft])
def test_the_base_beside_a_packed_batch_sees_the_examples_apart_too(
    tmp_path: Path, examples: Examples, strategy: ModuleType
) -> None:
    model = model_of(tmp_path, "llama", attention="sdpa")
    of = partial(strategy.token_loss, strategy.Settings(learning_rate=1e-3))
    loss = Loss(of, reference_of(model, None))
    torch.manual_seed(0)
    for parameter in model.parameters():
        parameter.data += 0.05 * torch.randn_like(parameter)
    padded, packed = examples.batch(ALL), packed_batch(examples, ALL)
    assert packed.input_ids.shape[0] < len(ALL)
    one, other = (float(loss.summed(model, batch).detach()) for batch in (padded, packed))
    assert other == pytest.approx(one, rel=1e-4)


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@pytest.mark.parametrize("family", ALL_FAMILIES)
def test_packed_and_padded_have_the_same_loss_and_gradients(
    tmp_path: Path, examples: Examples, family: str, attention: str
) -> None:
    model = model_of(tmp_path, family, attention=attention)
    assert_alike(model, examples)
    check_packing(model, torch.arange(5, 14)[None])


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@pytest.mark.parametrize("family", ["mistral", "phi3", "qwen2", "qwen3", "gemma2"])
def test_so_it_is_within_a_sliding_window(tmp_path: Path, examples: Examples, family: str, attention: str) -> None:
    whole = TIGHT if family in ("qwen2", "qwen3") else {"sliding_window": 4}
    model = model_of(tmp_path, family, attention=attention, **whole)
    unlimited = model_of(tmp_path, family, attention=attention)
    assert_alike(model, examples)
    assert gradients(model, examples.batch(ALL))[0] != pytest.approx(
        gradients(unlimited, examples.batch(ALL))[0], rel=1e-6
    ), "the window is wider than the examples"


def test_a_tight_cap_of_the_attention_scores_changes_nothing(tmp_path: Path, examples: Examples) -> None:
    assert_alike(model_of(tmp_path, "gemma2", attention="eager", attn_logit_softcapping=0.05), examples)


def test_a_model_that_sees_across_examples_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers import masking_utils

    model = model_of(tmp_path, "llama", attention="sdpa")
    monkeypatch.setattr(masking_utils, "find_packed_sequence_indices", lambda _: None)
    with pytest.raises(ModelError, match="training.packing: architecture LlamaForCausalLM does not keep the examples"):
        check_packing(model, torch.arange(5, 14)[None])


def test_a_packed_batch_holds_every_token_once_in_its_place(examples: Examples) -> None:
    batch, padded = packed_batch(examples, ALL), examples.batch(ALL)
    assert batch.positions is not None and batch.tokens == padded.tokens == int(batch.attention_mask.sum())
    assert batch.input_ids.numel() < 0.8 * padded.input_ids.numel()
    rows = {
        tuple(zip(positions, ids, labels, strict=True))
        for which in (batch,)
        for positions, ids, labels in _examples_of(which.positions, which.input_ids, which.labels)
    }
    assert rows == {
        tuple((i, 5 + n + i, 6 + n + i if 2 <= i < n - 1 else IGNORED) for i in range(n)) for n in (6, 9, 14, 4, 7)
    }


def _examples_of(*tensors: torch.Tensor | None) -> list[tuple[list[int], ...]]:
    """The stretches of a packed batch whose positions begin at 0, padding left out."""
    rows: list[tuple[list[int], ...]] = []
    for token in zip(*(t.flatten().tolist() for t in tensors if t is not None), strict=True):
        if token[0] == 0:
            rows.append(tuple([] for _ in token))
        for column, value in zip(rows[-1], token, strict=True):
            column.append(value)
    return [row for row in rows if any(row[1])]


def test_places_in_completions_restart_with_every_example(examples: Examples) -> None:
    batch = packed_batch(examples, ALL)
    assert batch.positions is not None
    wanted = batch.labels.flatten() != IGNORED
    assert torch.equal(places_of(batch.labels)[wanted], batch.positions.flatten()[wanted] - 2)


@pytest.mark.parametrize("lengths", [[5], [10, 5, 5], [3, 3, 3, 3], [100, 50, 60, 40], list(range(4, 99))])
def test_rows_hold_all_examples_and_leave_little_free(lengths: list[int]) -> None:
    found = rows_of(lengths)
    width = max(sum(lengths[i] for i in row) for row in found)
    assert sorted(i for row in found for i in row) == list(range(len(lengths)))
    assert sum(lengths) >= 0.85 * width * len(found)
    assert width <= 2.5 * max(lengths)
