"""Turns between the IFT data and the safety data."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.chat import EncodedExample
from harness.errors import ConfigError
from harness.specs import LoopSettings
from harness.train_specs import Turns
from harness.training.batches import TurnsWith, make_feed, place
from harness.training.examples import Examples, load_examples, save_examples

LOOP = LoopSettings(steps=10, batch_size=2, gradient_accumulation=2)


def examples(folder: Path, first: int) -> Examples:
    folder.mkdir()
    save_examples([EncodedExample((first, first + n, first), (False, True, True)) for n in range(5)], folder)
    return load_examples(folder)


def test_turns_alternate_and_each_kind_goes_through_its_own_steps() -> None:
    turns = Turns(tuning_steps=3, safety_steps=2)
    made = [place(turns, step) for step in range(8)]
    assert [safety for safety, _, _ in made] == [False, False, False, True, True, False, False, False]
    assert [within for _, within, _ in made] == [0, 1, 2, 0, 1, 3, 4, 5]
    assert [turned for _, _, turned in made] == [True, False, False, True, False, True, False, False]


def test_without_turns_every_step_is_of_the_ift_data(tmp_path: Path) -> None:
    feed = make_feed(LOOP, examples(tmp_path / "a", 10), steps=4, seed=0)
    assert [(fed.safety, fed.turned, len(fed.batches)) for fed in feed.steps(0, 4)] == [(False, False, 2)] * 4


def test_steps_see_the_data_of_their_turn(tmp_path: Path) -> None:
    other = TurnsWith(examples(tmp_path / "s", 100), Turns(tuning_steps=3, safety_steps=1))
    feed = make_feed(LOOP, examples(tmp_path / "a", 10), steps=10, seed=0, other=other)
    for fed in feed.steps(0, 10):
        assert all((int(batch.input_ids.min()) >= 100) is fed.safety for batch in fed.batches)


def test_any_step_is_the_same_again(tmp_path: Path) -> None:
    other = TurnsWith(examples(tmp_path / "s", 100), Turns(tuning_steps=3, safety_steps=1))
    feed = make_feed(LOOP, examples(tmp_path / "a", 10), steps=10, seed=3, other=other)
    whole, rest = list(feed.steps(0, 10)), list(feed.steps(6, 10))
    for before, after in zip(whole[6:], rest, strict=True):
        assert all(b.input_ids.equal(a.input_ids) for b, a in zip(before.batches, after.batches, strict=True))


def test_a_training_that_ends_before_the_first_safety_turn_is_refused(tmp_path: Path) -> None:
    other = TurnsWith(examples(tmp_path / "s", 100), Turns(tuning_steps=10, safety_steps=1))
    with pytest.raises(ConfigError, match="10 steps end before the first turn"):
        make_feed(LOOP, examples(tmp_path / "a", 10), steps=10, seed=0, other=other)
