"""What the tasks' tests share: a task's rows and functions, and a run of tasks on a tiny model or on given answers."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from harness import plugins, task_rows
from harness.backends import EngineSpec, Generation, GenerationRequest, Likelihood
from harness.chat import load_tokenizer
from harness.lm import Session
from harness.lm_requests import Answers
from harness.records import Sample
from harness.specs import GenerationSettings, TaskRef
from harness.task_folders import metadata_of
from harness.tasks import card_of, find_task

SHARED = Path(__file__).parents[3] / "shared" / "data"
needs_data = pytest.mark.skipif(not SHARED.is_dir(), reason="the public data sets are not on this machine")


def functions(task: str) -> ModuleType:
    """A task's utils.py, as lm-eval loads it."""
    spec = importlib.util.spec_from_file_location(f"{task}_functions", find_task(task).folder / "utils.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def prompt_rows(task: str, path: Path | str) -> list[dict[str, Any]]:
    """Rows of a task that reads prompts, given what its YAML says."""
    metadata = metadata_of(find_task(task).folder)
    return list(task_rows.prompts(**{**metadata, "path": str(path), "task": task})["test"])


def asked(model: Path, *refs: TaskRef, backend: str = "fake", **changes: object) -> list[Sample]:
    """Samples of the tasks on a model, by a backend."""
    settings = GenerationSettings.model_validate({"max_new_tokens": 8, "max_model_len": 2048, **changes})
    session = session_of(model, *refs, settings=settings)
    spec = EngineSpec(model, (), "float32", settings.max_model_len, 8, 0, 1, trust_remote_code=False)
    engine = plugins.load("backends", backend).open_backend(spec)
    try:
        answers = Answers(
            engine.generate(session.generations, lambda *_: None),
            engine.likelihoods(session.likelihoods, lambda *_: None),
        )
    finally:
        engine.close()
    return session.samples(answers)


def answered(model: Path, ref: TaskRef, reply: Callable[[str], str]) -> list[Sample]:
    """Samples of a task whose answer to each prompt (as the model reads it) is given."""
    session = session_of(model, ref, settings=GenerationSettings(max_model_len=4096))
    tokenizer = load_tokenizer(model, trust_remote_code=False)

    def said(request: GenerationRequest) -> Generation:
        return Generation(reply(str(tokenizer.decode(list(request.prompt)))), "stop", 1)

    choices = [Likelihood(-1.0, greedy=False) for _ in session.likelihoods]
    return session.samples(Answers([said(request) for request in session.generations], choices))


def session_of(model: Path, *refs: TaskRef, settings: GenerationSettings) -> Session:
    """The tasks as lm-eval loads them."""
    return Session(
        [(ref, card_of(ref)) for ref in refs], load_tokenizer(model, trust_remote_code=False), settings
    )
