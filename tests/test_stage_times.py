"""Guesses of a stage's time from the stages that a store has finished."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness import config
from harness.plan import make_plan
from harness.specs import StageSpec
from harness.stage_times import Guess, MeasuredTimes
from harness.store import Store
from tests.configs import tree
from tests.specs import finish

IFT = {"strategy": "ift", "learning_rate": 1e-3}


def stages(**changes: Any) -> dict[str, StageSpec]:
    """A plan's stages by label; one seed."""
    return {s.label: s for s in make_plan(config.parse(tree(seeds=[0], **changes), where="x")).stages}


def train(variant: dict[str, Any] = IFT, **changes: Any) -> StageSpec:
    return stages(variants={"a": variant}, **changes)["train a seed 0"]


def times(tmp_path: Path, *made: tuple[StageSpec, float]) -> MeasuredTimes:
    store = Store(tmp_path / "store")
    for spec, seconds in made:
        finish(store, spec, seconds=seconds)
    return MeasuredTimes(store.seals())


def test_nothing_measured_is_no_guess(tmp_path: Path) -> None:
    assert times(tmp_path, (stages()["base model"], 9)).guess(train()) is None


@pytest.mark.parametrize(
    ("loop", "seconds"),
    [
        ({"steps": 4, "batch_size": 4}, 20),
        ({"steps": 2, "batch_size": 8}, 20),
        ({"steps": 2, "batch_size": 4, "gradient_accumulation": 3}, 30),
        ({"epochs": 1, "batch_size": 4}, 10),
    ],
)
def test_trainings_are_scaled_by_examples(tmp_path: Path, loop: dict[str, Any], seconds: float) -> None:
    """The one that was made has 2 steps of 4; epochs are not told in steps, so they take the mean."""
    made = times(tmp_path, (train(), 10))
    assert made.guess(train(training=loop)) == Guess(seconds, stages=1, rough=False)


def test_epochs_over_the_same_data_are_scaled(tmp_path: Path) -> None:
    made = times(tmp_path, (train(training={"epochs": 2}), 10), (train(training={"steps": 1}), 900))
    assert made.guess(train(training={"epochs": 3})) == Guess(15, stages=1, rough=False)


def test_lora_goes_by_lora_and_full_by_full(tmp_path: Path) -> None:
    lora = {**IFT, "lora": {"rank": 2}}
    made = times(tmp_path, (train(), 10), (train(lora), 4))
    assert made.guess(train({**IFT, "learning_rate": 2e-3})) == Guess(10, stages=1, rough=False)
    assert made.guess(train({**IFT, "lora": {"rank": 4}})) == Guess(4, stages=1, rough=False)


def test_another_base_model_is_rough_and_not_scaled(tmp_path: Path) -> None:
    made = times(tmp_path, (train(), 10))
    long = train(base={"model": "builtin", "seed": 1}, training={"steps": 200, "batch_size": 4})
    assert made.guess(long) == Guess(10, stages=1, rough=True)


def test_evaluations_of_the_same_tasks_are_nearest(tmp_path: Path) -> None:
    other = stages(evaluation={"backend": "hf", "tasks": ["clinic_choice"]})["evaluate base"]
    made = times(tmp_path, (stages()["evaluate base"], 10), (other, 2))
    assert made.guess(stages()["evaluate ift seed 0"]) == Guess(10, stages=1, rough=False)


def test_a_judge_goes_by_itself(tmp_path: Path) -> None:
    plans = stages(judging={"also": ["degenerate"]})
    made = times(tmp_path, (plans["judge base by world"], 10), (plans["judge base by degenerate"], 2))
    assert made.guess(plans["judge mix seed 0 by degenerate"]) == Guess(2, stages=1, rough=False)
    rules_alone = times(tmp_path / "other", (plans["judge base by world"], 10))
    assert rules_alone.guess(plans["judge mix seed 0 by degenerate"]) is None


def test_scores_are_scaled_by_checkpoints(tmp_path: Path) -> None:
    made = times(tmp_path, (stages(variants={"a": IFT})["scores"], 10))
    assert made.guess(stages()["scores"]) == Guess(15, stages=1, rough=False)
