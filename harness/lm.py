"""lm-eval's side of an evaluation: which requests its tasks make, and what its metrics say of the answers.

lm-eval runs once with an LM that only notes the requests; the backend answers them for all checkpoints in one
pass; then lm-eval runs once per checkpoint with an LM that replays the answers. For workers only.
"""

from __future__ import annotations

import hashlib
import logging
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

logging.getLogger("lm_eval").setLevel(logging.ERROR)

from lm_eval import evaluator, utils  # noqa: E402

from harness.backends import GenerationRequest, LikelihoodRequest  # noqa: E402
from harness.chat import Message, encode_examples, render_bare, render_prompt  # noqa: E402
from harness.errors import TaskError  # noqa: E402
from harness.lm_requests import (  # noqa: E402
    TOO_LONG,
    Answers,
    Ask,
    Book,
    ChatLM,
    Choice,
    RecordingLM,
    ReplayLM,
)
from harness.lm_tasks import load_task  # noqa: E402
from harness.records import Sample, TaskCard  # noqa: E402
from harness.specs import GenerationSettings, TaskRef  # noqa: E402

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

logging.getLogger("lm_eval").setLevel(logging.ERROR)
# lm-eval compiles a task's few templates anew for every document, which takes longer than all that it does besides.
utils.env.from_string = lru_cache(maxsize=1024)(utils.env.from_string)


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
        if not tasks:
            raise TaskError("evaluation.tasks: is empty; name at least one task")
        bare = frozenset(ref.name for ref, _ in tasks if ref.wrapper is not None and not ref.wrapper.chat)
        self._book = Book(tokenizer, settings, bare)
        loaded = {ref.name: load_task(ref) for ref, _ in tasks}
        self._loaded = {"tasks": {name: task.task for name, task in loaded.items()}, "groups": {}, "group_map": {}}
        self._requests = {name: task.request for name, task in loaded.items()}
        self._run(RecordingLM(self._book))
        self.generations = self._generation_requests()
        self._scored, self.likelihoods = self._likelihood_requests()

    def samples(self, answers: Answers) -> list[Sample]:
        """What one checkpoint made of every prompt, in the order of the tasks and their rows."""
        full = [TOO_LONG] * len(self._book.choices)
        for at, score in zip(self._scored, answers.likelihoods, strict=True):
            full[at] = score
        complete = Answers(answers.generations, full)
        logged = self._run(ReplayLM(self._book, complete))
        samples: list[Sample] = []
        for ref, card in self.tasks:
            first = logged[ref.name][0]["filter"]
            rows = [row for row in logged[ref.name] if row["filter"] == first]
            made = [self._sample(ref, card, row, complete) for row in rows]
            _check_repeats(ref.name, made)
            samples += made
        return samples

    @property
    def prompts(self) -> tuple[str, ...]:
        """The user's last turn of every conversation that the tasks open."""
        conversations = self._book.turns.values()
        return tuple(_last_user(turns) for turns in conversations)

    def _run(self, model: ChatLM) -> dict[str, list[dict[str, Any]]]:
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
        return tuple(
            GenerationRequest(
                prompt=self._rendered(ask),
                max_new_tokens=ask.max_new_tokens,
                stop=ask.stop,
                temperature=book.settings.temperature,
                seed=book.settings.seed,
            )
            for ask in book.asks
        )

    def _rendered(self, ask: Ask) -> tuple[int, ...]:
        turns = self._book.conversation(ask.context)
        if ask.bare:
            return render_bare(self._book.tokenizer, _last_user(turns))
        return render_prompt(self._book.tokenizer, turns)

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

    def _sample(self, ref: TaskRef, card: TaskCard, row: dict[str, Any], answers: Answers) -> Sample:
        sent = _last_user(self._book.conversation(str(row["arguments"][0][0])))
        prompt = sent if ref.wrapper is None else self._requests[ref.name](row["doc"])
        chosen = len(row["arguments"][0]) == 2 and isinstance(row["arguments"][0][1], str)
        made = self._chosen(row, answers) if chosen else self._completed(ref, row, answers)
        scored = made.finish in ("stop", "choice") and card.metric is not None
        return Sample(
            task=card.name,
            sample_id=hashlib.sha256(prompt.encode()).hexdigest()[:16],
            category=str(row["doc"].get("category", "")),
            prompt=prompt,
            sent=sent if sent != prompt else "",
            target=made.target,
            completion=made.completion,
            chosen=made.chosen,
            finish=made.finish,
            completion_tokens=made.tokens,
            metric=_metric(card, row) if scored else None,
        )

    def _completed(self, ref: TaskRef, row: dict[str, Any], answers: Answers) -> _Made:
        ask = self._book.ask(*row["arguments"][0], task=ref.name)
        found = answers.generations[self._book.asks[ask]]
        return _Made(str(row["target"]), found.text, "", found.finish, found.tokens)

    def _chosen(self, row: dict[str, Any], answers: Answers) -> _Made:
        choices = [Choice(*arguments) for arguments in row["arguments"]]
        scores = [answers.likelihoods[self._book.choices[choice]] for choice in choices]
        gold = row["target"]
        target = choices[gold].continuation if isinstance(gold, int) else str(gold)
        if any(score is TOO_LONG for score in scores):
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


def _last_user(turns: Sequence[Message]) -> str:
    return next(turn.content for turn in reversed(turns) if turn.role == "user")


def _metric(card: TaskCard, row: dict[str, Any]) -> float | None:
    """lm-eval's value for a sample; None where the task could not score it (it says NaN)."""
    if card.metric not in row:
        raise TaskError(
            f"task {card.name}: metadata.metric: lm-eval gives no metric {card.metric!r}; it gives "
            f"{', '.join(row['metrics'])}"
        )
    value = row[card.metric]
    if isinstance(value, bool | int | float) and (math.isnan(value) or 0 <= value <= 1):
        return None if math.isnan(value) else float(value)
    raise TaskError(
        f"task {card.name}: metric {card.metric}: is {str(value)[:40]} for a sample; it must be a number from 0 to 1"
    )


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
