"""What lm-eval's tasks ask of a model: two LMs, one that notes the requests, one that replays a checkpoint's answers.

For workers only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lm_eval.api.model import LM

from harness.backends import Generation, Likelihood
from harness.chat import Message
from harness.errors import TaskError
from harness.specs import GenerationSettings

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_KNOWN_GENERATION = {"until", "max_gen_toks", "do_sample", "temperature"}
_GREEDY = ("do_sample", "temperature")
TOO_LONG = Likelihood(logprob=-1e9, greedy=False)
"""Stands in for a choice that was never asked, so that lm-eval can go on; its sample is unscored."""


@dataclass(frozen=True)
class Ask:
    """A completion that lm-eval wants: the rendered prompt, and how its task bounds it."""

    context: str
    max_new_tokens: int
    stop: tuple[str, ...]
    bare: bool = False
    """Whether the prompt goes without the chat template."""


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
class Book:
    """Every conversation rendered, and every request made, without repeats."""

    tokenizer: PreTrainedTokenizerBase
    settings: GenerationSettings
    bare: frozenset[str] = frozenset()
    """Tasks whose prompts go without the chat template."""
    turns: dict[str, tuple[Message, ...]] = field(default_factory=dict)
    asks: dict[Ask, int] = field(default_factory=dict)
    choices: dict[Choice, int] = field(default_factory=dict)

    def conversation(self, context: str) -> tuple[Message, ...]:
        """The turns that the chat template was asked to render as `context`."""
        if context not in self.turns:
            raise TaskError(
                f"lm-eval asks with a prompt that did not come from the chat template: {context[:80]!r}; "
                "tasks with gen_prefix, several inputs or mutual information are not supported"
            )
        return self.turns[context]

    def ask(self, context: str, wanted: dict[str, Any], *, task: str) -> Ask:
        """The request behind a task's (context, generation_kwargs)."""
        unknown = sorted(set(wanted) - _KNOWN_GENERATION)
        if unknown or any(wanted.get(key) for key in _GREEDY):
            key = unknown[0] if unknown else next(k for k in _GREEDY if wanted.get(k))
            raise TaskError(f"generation_kwargs.{key}: a task may set until and max_gen_toks only")
        until = wanted.get("until") or []
        stop = (until,) if isinstance(until, str) else tuple(until)
        most = self.settings.max_new_tokens
        return Ask(context, min(int(wanted.get("max_gen_toks", most)), most), stop, bare=task in self.bare)


class ChatLM(LM):  # type: ignore[misc]
    """What recording and replaying share: the chat template."""

    tokenizer_name = "chat"

    def __init__(self, book: Book) -> None:
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


class RecordingLM(ChatLM):
    """Notes every request and answers with nothing."""

    def generate_until(self, requests: list[Any]) -> list[str]:
        """Empty completions."""
        for request in requests:
            ask = self.book.ask(*request.args, task=request.task_name)
            self.book.asks.setdefault(ask, len(self.book.asks))
        return [""] * len(requests)

    def loglikelihood(self, requests: list[Any]) -> list[tuple[float, bool]]:
        """All alike."""
        for request in requests:
            self.book.choices.setdefault(Choice(*request.args), len(self.book.choices))
        return [(0.0, False)] * len(requests)


class ReplayLM(ChatLM):
    """Answers from one checkpoint's answers."""

    def __init__(self, book: Book, answers: Answers) -> None:
        super().__init__(book)
        self.answers = answers

    def generate_until(self, requests: list[Any]) -> list[str]:
        """The checkpoint's completions."""
        asks = [self.book.ask(*r.args, task=r.task_name) for r in requests]
        return [self.answers.generations[self.book.asks[ask]].text for ask in asks]

    def loglikelihood(self, requests: list[Any]) -> list[tuple[float, bool]]:
        """The checkpoint's log-likelihoods."""
        found = [self.answers.likelihoods[self.book.choices[Choice(*r.args)]] for r in requests]
        return [(score.logprob, score.greedy) for score in found]
