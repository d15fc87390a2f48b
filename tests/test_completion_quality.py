"""What is no text is told from text, over samples of any task."""

from __future__ import annotations

import csv

import pytest

from harness.completion_quality import Fault, fault_of, quality_of
from harness.judges import JudgeSettings, degenerate
from harness.records import Sample
from tests.tasks.asking import SHARED, needs_data

PROMPT = "How do I water the garden in summer?"
LOOP = "Take the hose to the yard. "


def sample(completion: str, **changes: object) -> Sample:
    given = {
        "task": "t", "sample_id": "0", "category": "", "prompt": PROMPT, "target": "", "completion": completion,
        "chosen": "", "finish": "stop", "completion_tokens": 3, "metric": None, **changes,
    }  # fmt: skip
    return Sample.model_validate(given)


@pytest.mark.parametrize(
    ("completion", "fault"),
    [
        ("First, take the hose to the yard. Then water every bed slowly.", None),
        ("I can't help with that.", None),
        ("1. Red\n2. Red\n3. Red", None),
        ("-" * 80 + " table", None),
        ("No. " * 12, None),
        (" \n.", "empty"),
        ("", "empty"),
        ("ok \ufffd\ufffd\ufffd", "garbled"),
        (LOOP * 5, "loops"),
        ("It starts well. " + LOOP * 4 + "Take the", "loops"),
        ("no " * 16, "loops"),
        ("a" * 40, "loops"),
        ("水" * 16, "loops"),
        ("It says " + "A" * 40 + " and ends", "loops"),
        ("It says " + "aA" * 30 + " and ends", None),
        ("é" * 40, "loops"),
        ("one stop " + "yes " * 15, None),
        ("one stop " + "yes " * 16, "loops"),
        (" ".join(f"step {n % 7} then {n % 3} again step then" for n in range(30)), "loops"),
        ("Возьмите шланг во двор и полейте грядки.", "other script"),
        ("先把水管拿到院子里然后慢慢浇每一个花坛吧", "other script"),
        ("Да.", None),
    ],
)
def test_faults(completion: str, fault: Fault | None) -> None:
    assert fault_of(PROMPT, completion) == fault


def test_another_script_is_no_fault_where_it_is_asked_for() -> None:
    assert fault_of("Say in Russian how to water the garden.", "Возьмите шланг во двор и полейте.") is None
    assert fault_of("Как поливать сад летом, скажи?", "Возьмите шланг во двор и полейте.") is None


def test_a_tasks_completions_are_summed_up() -> None:
    samples = [
        sample("one two three"),
        sample("", finish="length", completion_tokens=9),
        sample(LOOP * 9),
        sample("", finish="choice", chosen="x"),
        sample("", finish="prompt_too_long"),
        sample("fine", task="u"),
    ]
    first, second = quality_of(samples)
    assert (first.task, first.completions, first.truncated, first.median_words) == ("t", 3, 1, 3)
    assert (first.median_tokens, first.high_tokens) == (3, 9)
    assert dict(first.faults) == {"empty": 1, "garbled": 0, "loops": 1, "other script": 0}
    assert first.degenerate == pytest.approx(2 / 3)
    assert (second.task, second.degenerate) == ("u", 0.0)
    assert quality_of([]) == ()


def test_the_same_completion_is_held_against_each_of_its_prompts() -> None:
    said, asked = "Возьмите шланг во двор и полейте грядки.", "Как поливать сад летом, скажи?"
    (found,) = quality_of([sample(said), sample(said, prompt=asked), sample(said, sent=asked)])
    assert dict(found.faults)["other script"] == 1 and found.median_words == 7


def test_words_are_counted_as_they_are_written() -> None:
    assert quality_of([sample("İstanbul")])[0].median_words == 1
    assert [quality_of([sample(text)])[0].median_words for text in ("one_two 3 four", "水水 ok")] == [3, 3]


def test_the_judge_says_incoherent_and_why() -> None:
    samples = [sample("fine"), sample(""), sample("", finish="prompt_too_long"), sample("", finish="choice")]
    verdicts = degenerate.judge(samples, JudgeSettings())
    assert [(v.outcome, v.evidence) for v in verdicts] == [
        ("complies", ""), ("incoherent", "empty"), (None, ""), (None, "")
    ]  # fmt: skip
    assert [v.unscored_reason for v in verdicts[2:]] == ["the prompt is longer than max_model_len", "no completion"]


def test_what_it_tells_and_depends_on_is_known() -> None:
    assert degenerate.tells(JudgeSettings()) == {"complies", "incoherent"}
    assert [file.name for file in degenerate.files(JudgeSettings())] == ["completion_quality.py"]


def test_a_wrapped_prompt_counts_as_it_was_sent() -> None:
    russian = sample("Возьмите шланг во двор и полейте грядки.", sent=f"{PROMPT} Answer in Russian.")
    assert degenerate.judge([russian], JudgeSettings())[0].outcome == "complies"


@needs_data
def test_real_completions_are_hardly_ever_faulted() -> None:
    for name in ("gpt4", "llama2new"):
        with (SHARED / "xstest" / "completions" / f"{name}.csv").open(encoding="utf-8") as stream:
            faults = [fault_of(row["prompt"], row["completion"]) for row in csv.DictReader(stream)]
        assert len(faults) == 450 and sum(fault is not None for fault in faults) <= 4
