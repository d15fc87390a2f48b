"""Steps, learning rate over the steps, and the order of the examples."""

from __future__ import annotations

import pytest
import torch

from harness.errors import ConfigError
from harness.specs import LoopSettings
from harness.training.schedule import batch_order, rate_factor, step_count


def factors(**settings: object) -> list[float]:
    loop = LoopSettings(steps=10).model_copy(update=settings)
    return [rate_factor(loop, step, steps=10) for step in range(10)]


def test_steps_are_taken_as_given() -> None:
    assert step_count(LoopSettings(steps=7), 100) == 7


def test_epochs_count_whole_steps() -> None:
    assert step_count(LoopSettings(epochs=1.5, batch_size=4, gradient_accumulation=2), 100) == 19


@pytest.mark.parametrize("loop", [LoopSettings(), LoopSettings(steps=1, epochs=1)])
def test_steps_or_epochs_must_be_given(loop: LoopSettings) -> None:
    with pytest.raises(ConfigError, match="steps or epochs"):
        step_count(loop, 10)


def test_constant() -> None:
    assert factors(schedule="constant", warmup_ratio=0) == [1.0] * 10


def test_linear_falls_evenly() -> None:
    assert factors(schedule="linear", warmup_ratio=0) == pytest.approx([1 - n / 10 for n in range(10)])


def test_cosine_is_half_way_down_in_the_middle() -> None:
    assert factors(warmup_ratio=0)[0::5] == pytest.approx([1.0, 0.5])


def test_warmup_rises_from_above_zero_to_the_peak() -> None:
    assert factors(warmup_ratio=0.3, schedule="linear")[:4] == pytest.approx([0.25, 0.5, 0.75, 1.0])


def test_every_example_comes_once_an_epoch() -> None:
    order = batch_order(torch.randint(1, 50, (60,)), batch_size=6, batches=20, seed=0)
    assert torch.equal(order.flatten().bincount(), torch.full((60,), 2))


def test_order_depends_on_the_seed() -> None:
    first, again, other = (
        batch_order(torch.arange(1, 41), batch_size=4, batches=10, seed=s) for s in (1, 1, 2)
    )
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_batches_hold_examples_of_like_length() -> None:
    lengths = torch.randperm(160) + 1
    order = batch_order(lengths, batch_size=10, batches=16, seed=0)
    assert int((lengths[order].amax(1) - lengths[order].amin(1)).max()) == 9


def test_fewer_examples_than_a_batch() -> None:
    assert batch_order(torch.tensor([3, 5]), batch_size=4, batches=2, seed=0).shape == (2, 4)
