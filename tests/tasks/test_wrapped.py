"""Wrapped tasks ask the same prompts in another dress: paired by prompt, sent as the wrapper says."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import wrappers
from harness.chat import load_tokenizer
from harness.records import Sample
from harness.specs import GenerationSettings
from harness.task_specs import TaskChoice
from harness.tasks import task_refs
from tests.tasks.asking import asked, session_of

ALL = ("none", *wrappers.names())


@pytest.fixture(scope="module")
def by_task(tiny: Path) -> dict[str, list[Sample]]:
    samples = asked(tiny, *task_refs(TaskChoice(task="harmful_requests", wrappers=ALL, limit=3)))
    return {task: [s for s in samples if s.task == task] for task in dict.fromkeys(s.task for s in samples)}


def test_every_wrapper_is_a_task(by_task: dict[str, list[Sample]]) -> None:
    assert list(by_task) == ["harmful_requests", *(f"harmful_requests+{name}" for name in wrappers.names())]


def test_wrapped_prompts_pair_with_the_plain_ones(by_task: dict[str, list[Sample]]) -> None:
    plain = [(s.sample_id, s.prompt) for s in by_task["harmful_requests"]]
    assert all([(s.sample_id, s.prompt) for s in samples] == plain for samples in by_task.values())


def test_what_was_sent_is_kept(by_task: dict[str, list[Sample]]) -> None:
    for task, samples in by_task.items():
        name = task.partition("+")[2]
        for sample in samples:
            whole = wrappers.load(name).around(sample.prompt) if name else sample.prompt
            assert sample.sent == ("" if whole == sample.prompt else whole)


def test_each_dress_is_answered_for_itself(by_task: dict[str, list[Sample]]) -> None:
    answers = [samples[0].completion for samples in by_task.values()]
    assert len(set(answers)) == len(answers)


def test_without_the_template_the_prompt_goes_bare(tiny: Path) -> None:
    refs = task_refs(TaskChoice(task="harmful_requests", wrappers=("none", "template_removal"), limit=1))
    session = session_of(tiny, *refs, settings=GenerationSettings(system_prompt="Be kind."))
    tokenizer = load_tokenizer(tiny, trust_remote_code=False)
    chat, bare = (str(tokenizer.decode(list(request.prompt))) for request in session.generations)
    request = session.prompts[0]
    assert bare == f"{tokenizer.bos_token}{request}"
    assert "Be kind." in chat and request in chat and "assistant" in chat
