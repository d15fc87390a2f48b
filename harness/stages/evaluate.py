"""Stage evaluate: all tasks on one checkpoint; several adapters of one base share an engine (`run_many`).

Writes samples.jsonl (a Sample a line) and tasks.json (the tasks' cards). Inputs: base, and checkpoint unless
the base itself is evaluated.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness import plugins
from harness.backends import Backend, EngineSpec, Generation, Likelihood
from harness.chat import load_tokenizer
from harness.errors import ModelError, StageError
from harness.lm import Session
from harness.lm_requests import Answers
from harness.records import Checkpoint, Sample, TaskCard
from harness.specs import EvaluateParams
from harness.stages import Progress, StageContext
from harness.tasks import card_of

SAMPLES = "samples.jsonl"
TASKS = "tasks.json"


@dataclass(frozen=True)
class _Weights:
    """What a job evaluates: a model, with an adapter or without."""

    model: Path
    adapter: Path | None
    trust_remote_code: bool


def run(params: EvaluateParams, context: StageContext) -> None:
    """Evaluate one checkpoint. Raises as `run_many`."""
    run_many([(params, context)])


def run_many(jobs: Sequence[tuple[EvaluateParams, StageContext]]) -> None:
    """Evaluate several adapters of one base model (or the base itself) with one engine in one pass.

    Raises TaskError (a task is malformed or empty), ModelError (a checkpoint cannot be read), StageError
    (jobs that cannot share an engine), and what the backend raises.
    """
    params = jobs[0][0]
    if any(other != params for other, _ in jobs):
        raise StageError("evaluate: jobs that share an engine must have the same params")
    weights = [_weights(context) for _, context in jobs]
    if len({w.model for w in weights}) != 1:
        raise StageError("evaluate: jobs that share an engine must share the model's weights")
    tasks = [(ref, card_of(ref)) for ref in params.tasks]
    tokenizer = load_tokenizer(weights[0].model, trust_remote_code=weights[0].trust_remote_code)
    session = Session(tasks, tokenizer, params.generation)
    answers = _answer(session, params, weights, jobs[0][1].progress)
    for (_, context), answer in zip(jobs, answers, strict=True):
        _write(context.folder, session.samples(answer), [card for _, card in tasks])


def _answer(
    session: Session,
    params: EvaluateParams,
    weights: Sequence[_Weights],
    progress: Callable[[Progress], None],
) -> list[Answers]:
    """The answers of each checkpoint."""
    names = [f"adapter-{at}" if w.adapter else None for at, w in enumerate(weights)]
    total = len(names) * (len(session.generations) + len(session.likelihoods))
    progress(Progress(0, total, "starting the engine"))
    backend = _open(params, weights, names)
    try:
        completions = backend.generate(
            [replace(request, adapter=name) for name in names for request in session.generations],
            lambda done, _: progress(Progress(done, total, "generating")),
        )
        scores = backend.likelihoods(
            [replace(request, adapter=name) for name in names for request in session.likelihoods],
            lambda done, _: progress(Progress(len(completions) + done, total, "scoring choices")),
        )
    finally:
        backend.close()
    return [_slice(session, completions, scores, at) for at in range(len(names))]


def _slice(session: Session, completions: Sequence[Generation], scores: Sequence[Likelihood], at: int) -> Answers:
    """The answers of the checkpoint at place `at`."""
    asked, scored = len(session.generations), len(session.likelihoods)
    return Answers(completions[at * asked : (at + 1) * asked], scores[at * scored : (at + 1) * scored])


def _open(params: EvaluateParams, weights: Sequence[_Weights], names: Sequence[str | None]) -> Backend:
    generation = params.generation
    pairs = zip(names, weights, strict=True)
    spec = EngineSpec(
        model=weights[0].model,
        adapters=tuple((name, w.adapter) for name, w in pairs if name and w.adapter),
        dtype=generation.dtype,
        max_model_len=generation.max_model_len,
        batch_size=generation.batch_size,
        seed=generation.seed,
        threads=generation.threads,
        trust_remote_code=weights[0].trust_remote_code,
    )
    backend: Backend = plugins.load("backends", generation.backend).open_backend(spec)
    return backend


def _weights(context: StageContext) -> _Weights:
    base, folder = _checkpoint(context.input("base"))
    if not context.has("checkpoint"):
        return _Weights(folder, None, base.trust_remote_code)
    tuned, place = _checkpoint(context.input("checkpoint"))
    if tuned.kind == "adapter":
        return _Weights(folder, place, base.trust_remote_code)
    return _Weights(place, None, base.trust_remote_code)


def _checkpoint(folder: Path) -> tuple[Checkpoint, Path]:
    """A stage's checkpoint and where its weights lie."""
    file = folder / "checkpoint.json"
    try:
        checkpoint = Checkpoint.model_validate_json(file.read_bytes())
    except (OSError, ValueError) as error:
        raise ModelError(f"{file}: is not a readable checkpoint record") from error
    place = folder / checkpoint.location
    if not place.is_dir():
        raise ModelError(f"{place}: the checkpoint's weights are gone")
    return checkpoint, place


def _write(folder: Path, samples: Sequence[Sample], cards: Sequence[TaskCard]) -> None:
    with (folder / SAMPLES).open("w", encoding="utf-8") as stream:
        stream.writelines(f"{sample.model_dump_json()}\n" for sample in samples)
    listed = [json.loads(card.model_dump_json()) for card in cards]
    (folder / TASKS).write_text(json.dumps(listed, indent=1), encoding="utf-8")
