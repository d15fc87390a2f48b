"""lm-eval's side of an evaluation: which requests its tasks make, and what its metrics say of the answers.

lm-eval runs once with an LM that only notes the requests; the backend answers them for all checkpoints in one
pass; then lm-eval runs once per checkpoint with an LM that replays the answers. For workers only.
"""

from __future__ import annotations

import hashlib
import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

logging.getLogger("lm_eval").setLevel(logging.ERROR)

from lm_eval import evaluator  # noqa: E402
from lm_eval.api.model import LM  # noqa: E402
from lm_eval.tasks import TaskManager  # noqa: E402

from harness.backends import Generation, GenerationRequest, Likelihood, LikelihoodRequest  # noqa: E402
from harness.chat import Message, encode_examples, render_prompt  # noqa: E402
from harness.errors import HarnessError, TaskError  # noqa: E402
from harness.records import Sample, TaskCard  # noqa: E402
from harness.specs import GenerationSettings, TaskRef  # noqa: E402

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

logging.getLogger("lm_eval").setLevel(logging.ERROR)

_KNOWN_GENERATION = {"until", "max_gen_toks", "do_sample", "temperature"}
_GREEDY = ("do_sample", "temperature")
_TOO_LONG = Likelihood(logprob=-1e9, greedy=False)
"""Stands in for a choice that was never asked, so that lm-eval can go on; its sample is unscored."""


@dataclass(frozen=True)
class Ask:
    """A completion that lm-eval wants: the rendered prompt, and how its task bounds it."""

    context: str
    max_new_tokens: int
    stop: tuple[str, ...]


@dataclass(frozen=True)
class Choice:
    """A continuation that lm-eval wants scored after a rendered prompt."""

    context: str
    continuation: str


@dataclass(frozen=True)
class Answers:
    """One checkpoint's answers, in the order of `Session.generations` and `Session.likelihoods`."""

    generations: Sequence[Generation]
    likelihoods: Sequence[Likelihood]


@dataclass
class _Book:
    """Every conversation rendered, and every request made, without repeats."""

    tokenizer: PreTrainedTokenizerBase
    settings: GenerationSettings
    turns: dict[str, tuple[Message, ...]] = field(default_factory=dict)
    asks: dict[Ask, int] = field(default_factory=dict)
    choices: dict[Choice, int] = field(default_factory=dict)

    def conversation(self, context: str) -> tuple[Message, ...]:
        if context not in self.turns:
            raise TaskError(
                f"lm-eval asks with a prompt that did not come from the chat template: {context[:80]!r}; "
                "tasks with gen_prefix, several inputs or mutual information are not supported"
            )
        return self.turns[context]

    def ask(self, context: str, wanted: dict[str, Any]) -> Ask:
        """The request behind lm-eval's (context, generation_kwargs)."""
        unknown = sorted(set(wanted) - _KNOWN_GENERATION)
        if unknown or any(wanted.get(key) for key in _GREEDY):
            key = unknown[0] if unknown else next(k for k in _GREEDY if wanted.get(k))
            raise TaskError(f"generation_kwargs.{key}: a task may set until and max_gen_toks only")
        until = wanted.get("until") or []
        stop = (until,) if isinstance(until, str) else tuple(until)
        most = self.settings.max_new_tokens
        return Ask(context, min(int(wanted.get("max_gen_toks", most)), most), stop)


class _ChatLM(LM):  # type: ignore[misc]
    """What recording and replaying share: the chat template."""

    tokenizer_name = "chat"

    def __init__(self, book: _Book) -> None:
        super().__init__()
        self.book = book

    def apply_chat_template(self, chat_history: list[dict[str, str]], add_generation_prompt: bool = True) -> str:
        """A key for the conversation; its token ids are rendered by chat.py when the request is made."""
        if not add_generation_prompt:
            raise TaskError("a task has a gen_prefix, which the chat template cannot take; remove it")
        turns = tuple(Message(turn["role"], turn["content"]) for turn in chat_history)
        context = "\n".join(f"{turn.role}: {turn.content}" for turn in turns)
        self.book.turns.setdefault(context, turns)
        return context

    def loglikelihood_rolling(self, requests: list[Any]) -> list[float]:
        """Refused: perplexity of raw text says nothing of a chat."""
        raise TaskError(f"task {requests[0].task_name}: output_type loglikelihood_rolling is not supported")


class _RecordingLM(_ChatLM):
    """Notes every request and answers with nothing."""

    def generate_until(self, requests: list[Any]) -> list[str]:
        """Empty completions."""
        for request in requests:
            self.book.asks.setdefault(self.book.ask(*request.args), len(self.book.asks))
        return [""] * len(requests)

    def loglikelihood(self, requests: list[Any]) -> list[tuple[float, bool]]:
        """All alike."""
        for request in requests:
            self.book.choices.setdefault(Choice(*request.args), len(self.book.choices))
        return [(0.0, False)] * len(requests)


class _ReplayLM(_ChatLM):
    """Answers from one checkpoint's answers."""

    def __init__(self, book: _Book, answers: Answers) -> None:
        super().__init__(book)
        self.answers = answers

    def generate_until(self, requests: list[Any]) -> list[str]:
        """The checkpoint's completions."""
        return [self.answers.generations[self.book.asks[self.book.ask(*r.args)]].text for r in requests]

    def loglikelihood(self, requests: list[Any]) -> list[tuple[float, bool]]:
        """The checkpoint's log-likelihoods."""
        found = [self.answers.likelihoods[self.book.choices[Choice(*r.args)]] for r in requests]
        return [(score.logprob, score.greedy) for score in found]


class Session:
    """The tasks of a run, loaded by lm-eval, and their requests.

    Raises TaskError for a task that lm-eval cannot load, is empty, or repeats a prompt; ModelError for a chat
    template that cannot render a prompt.
    """

    def __init__(
        self,
        tasks: Sequence[tuple[TaskRef, TaskCard]],
        tokenizer: PreTrainedTokenizerBase,
        settings: GenerationSettings,
    ) -> None:
        self.tasks = tuple(tasks)
        self._book = _Book(tokenizer, settings)
        self._loaded = _load([ref for ref, _ in tasks])
        self._run(_RecordingLM(self._book))
        self.generations = self._generation_requests()
        self._scored, self.likelihoods = self._likelihood_requests()

    def samples(self, answers: Answers) -> list[Sample]:
        """What one checkpoint made of every prompt, in the order of the tasks and their rows."""
        full = [_TOO_LONG] * len(self._book.choices)
        for at, score in zip(self._scored, answers.likelihoods, strict=True):
            full[at] = score
        complete = Answers(answers.generations, full)
        logged = self._run(_ReplayLM(self._book, complete))
        samples: list[Sample] = []
        for ref, card in self.tasks:
            first = logged[ref.name][0]["filter"]
            rows = [row for row in logged[ref.name] if row["filter"] == first]
            made = [self._sample(card, row, complete) for row in rows]
            _check_repeats(ref.name, made)
            samples += made
        return samples

    @property
    def prompts(self) -> tuple[str, ...]:
        """The user's last turn of every conversation that the tasks open."""
        conversations = self._book.turns.values()
        return tuple(next(t.content for t in reversed(turns) if t.role == "user") for turns in conversations)

    def _run(self, model: _ChatLM) -> dict[str, list[dict[str, Any]]]:
        """lm-eval over all tasks with every seed set; its logged samples by task."""
        seed = self._book.settings.seed
        _set_seeds(seed)
        for task in self._loaded["tasks"].values():
            task.set_fewshot_seed(seed=seed)
        limited = {
            ref.name: list(range(min(ref.limit, len(self._loaded["tasks"][ref.name].eval_docs))))
            for ref, _ in self.tasks
            if ref.limit is not None
        }
        outcome = evaluator.evaluate(
            lm=model,
            task_dict=self._loaded,
            samples=limited or None,
            bootstrap_iters=0,
            log_samples=True,
            system_instruction=self._book.settings.system_prompt,
            apply_chat_template=True,
            fewshot_as_multiturn=True,
        )
        logged: dict[str, list[dict[str, Any]]] = outcome["samples"]
        for ref, _ in self.tasks:
            if not logged.get(ref.name):
                raise TaskError(f"task {ref.name}: has no rows")
        return logged

    def _generation_requests(self) -> tuple[GenerationRequest, ...]:
        book = self._book
        contexts = {ask.context for ask in book.asks}
        ids = {context: render_prompt(book.tokenizer, book.conversation(context)) for context in contexts}
        return tuple(
            GenerationRequest(
                prompt=ids[ask.context],
                max_new_tokens=ask.max_new_tokens,
                stop=ask.stop,
                temperature=book.settings.temperature,
                seed=book.settings.seed,
            )
            for ask in book.asks
        )

    def _likelihood_requests(self) -> tuple[tuple[int, ...], tuple[LikelihoodRequest, ...]]:
        """(which choices are asked for, their requests): those that leave no room are never asked."""
        book = self._book
        if not book.choices:
            return (), ()
        conversations = [
            (*book.conversation(choice.context), Message("assistant", choice.continuation)) for choice in book.choices
        ]
        asked, requests = [], []
        for at, example in enumerate(encode_examples(book.tokenizer, conversations)):
            end = max(i for i, masked in enumerate(example.labels_mask) if masked)
            start = end
            while example.labels_mask[start - 1]:
                start -= 1
            if end < book.settings.max_model_len:
                asked.append(at)
                requests.append(LikelihoodRequest(example.ids[:start], example.ids[start:end]))
        return tuple(asked), tuple(requests)

    def _sample(self, card: TaskCard, row: dict[str, Any], answers: Answers) -> Sample:
        context = str(row["arguments"][0][0])
        prompt = next(t.content for t in reversed(self._book.conversation(context)) if t.role == "user")
        made = self._chosen(row, answers) if len(row["arguments"][0]) == 2 and isinstance(
            row["arguments"][0][1], str
        ) else self._completed(row, answers)  # fmt: skip
        scored = made.finish in ("stop", "choice") and card.metric is not None
        return Sample(
            task=card.name,
            sample_id=hashlib.sha256(prompt.encode()).hexdigest()[:16],
            category=str(row["doc"].get("category", "")),
            prompt=prompt,
            target=made.target,
            completion=made.completion,
            chosen=made.chosen,
            finish=made.finish,
            completion_tokens=made.tokens,
            metric=_metric(card, row) if scored else None,
        )

    def _completed(self, row: dict[str, Any], answers: Answers) -> _Made:
        found = answers.generations[self._book.asks[self._book.ask(*row["arguments"][0])]]
        return _Made(str(row["target"]), found.text, "", found.finish, found.tokens)

    def _chosen(self, row: dict[str, Any], answers: Answers) -> _Made:
        choices = [Choice(*arguments) for arguments in row["arguments"]]
        scores = [answers.likelihoods[self._book.choices[choice]] for choice in choices]
        gold = row["target"]
        target = choices[gold].continuation if isinstance(gold, int) else str(gold)
        if any(score is _TOO_LONG for score in scores):
            return _Made(target, "", "", "prompt_too_long", 0)
        best = max(range(len(scores)), key=lambda at: scores[at].logprob)
        return _Made(target, "", choices[best].continuation, "choice", 0)


@dataclass(frozen=True)
class _Made:
    """The part of a sample that depends on the task's form."""

    target: str
    completion: str
    chosen: str
    finish: Any
    tokens: int


def _load(refs: Sequence[TaskRef]) -> Any:
    """lm-eval's tasks. Raises TaskError for those that it does not index or cannot build."""
    if not refs:
        raise TaskError("evaluation.tasks: is empty; name at least one task")
    return {"tasks": {ref.name: _load_one(ref) for ref in refs}, "groups": {}, "group_map": {}}


def _load_one(ref: TaskRef) -> Any:
    metadata = {} if ref.path is None else {"path": ref.path}
    manager = TaskManager(include_path=ref.folder, include_defaults=False, metadata=metadata)
    file = Path(ref.folder) / f"{ref.name}.yaml"
    if ref.name not in manager.all_tasks:
        raise TaskError(f"{file}: lm-eval does not recognise it as a task; see lm-eval's task guide")
    try:
        task = manager.load([ref.name])["tasks"][ref.name]
    except HarnessError:
        raise
    except Exception as error:
        first = (str(error).splitlines() or [""])[0]
        raise TaskError(f"{file}: lm-eval cannot load it: {type(error).__name__}: {first}") from error
    if task.config.num_fewshot is None:
        task.set_config(key="num_fewshot", value=0)
    if task.config.repeats != 1:
        raise TaskError(f"{file}: repeats: is {task.config.repeats}; every prompt is asked once")
    return task


def _metric(card: TaskCard, row: dict[str, Any]) -> float:
    if card.metric not in row:
        raise TaskError(
            f"task {card.name}: metadata.metric: lm-eval gives no metric {card.metric!r}; it gives "
            f"{', '.join(row['metrics'])}"
        )
    return float(row[card.metric])


def _check_repeats(task: str, samples: Sequence[Sample]) -> None:
    seen: dict[str, int] = {}
    for at, sample in enumerate(samples, start=1):
        if sample.sample_id in seen:
            first = seen[sample.sample_id]
            raise TaskError(f"task {task}: rows {first} and {at} have the same prompt; remove one")
        seen[sample.sample_id] = at


def _set_seeds(seed: int) -> None:
    import numpy
    import torch

    random.seed(seed)
    numpy.random.seed(seed % 2**32)
    torch.manual_seed(seed)
