"""Outcomes by prompt: which prompts are the same, and how two runs line up on them."""

from __future__ import annotations

import numpy as np

from harness.prompt_outcomes import answers_of, changed_card, on_shared, prompt_key, shared_words
from harness.report_records import CheckpointOutputs
from tests.tables import HARM, QUIZ, sample, verdict


def outputs(*outcomes: str | None, seed: int = 0) -> CheckpointOutputs:
    samples = tuple(sample(number) for number in range(len(outcomes)))
    verdicts = tuple(verdict(number, outcome) for number, outcome in enumerate(outcomes))
    return CheckpointOutputs("ift", seed, None, samples, verdicts)


def test_a_prompt_with_another_answer_or_wrapper_is_another() -> None:
    plain = sample(1)
    keys = {prompt_key(plain.model_copy(update=u)) for u in ({}, {"target": "north"}, {"sent": "Sure: prompt 1"})}
    assert len(keys) == 3 and all(key.startswith(plain.sample_id) for key in keys)
    assert prompt_key(plain) == prompt_key(plain.model_copy(update={"completion": "other", "finish": "length"}))


def test_a_row_for_each_prompt_with_a_value_for_each_seed() -> None:
    found = answers_of([outputs("complies", None), outputs("refuses", "complies", seed=1)], HARM, judge="world")
    first, second = found.values()
    assert first == [1.0, 0.0] and np.isnan(second[0]) and second[1] == 1.0


def test_another_judges_verdicts_do_not_count() -> None:
    (row,) = answers_of([outputs("complies")], HARM, judge="refusal").values()
    assert np.isnan(row[0])


def test_shared_prompts_line_up() -> None:
    left, right = on_shared({"a": [1.0], "b": [0.0], "c": [1.0]}, {"c": [0.0, 1.0], "a": [1.0, 1.0]})
    assert left.tolist() == [[1.0, 1.0]] and right.tolist() == [[1.0, 0.0], [1.0, 1.0]]


def test_only_unshared_prompts_are_told_of() -> None:
    assert shared_words({"a": [1.0]}, {"a": [0.0]}) == ""
    assert shared_words({"a": [1.0], "b": [1.0]}, {"a": [0.0]}) == "on 1 shared prompt of 2 and 1"


def test_a_change_of_what_is_counted_is_named() -> None:
    assert changed_card(HARM, HARM.model_copy(update={"digest": "1"}), there="there") == ""
    assert changed_card(QUIZ, QUIZ.model_copy(update={"metric": "f1"}), there="there") == (
        "the task’s metric changed: acc, f1 there"
    )
