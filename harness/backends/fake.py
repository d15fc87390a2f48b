"""A backend without a model: canned answers that depend on the prompt and the adapter alone, for tests.

It answers every prompt in a few words, scores by hash, and honours the limits that a real one has.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.backends import (
    Backend,
    EngineSpec,
    Generation,
    GenerationRequest,
    Likelihood,
    LikelihoodRequest,
    Tick,
)


def open_backend(spec: EngineSpec) -> Backend:
    """A backend that answers at once; the model's folder is not read."""
    return FakeBackend(spec)


@dataclass
class FakeBackend:
    """Answers `answer <8 hex digits>`, cut to max_new_tokens words."""

    spec: EngineSpec
    calls: int = field(default=0)
    """How often generate or likelihoods was called."""

    def generate(self, requests: Sequence[GenerationRequest], tick: Tick) -> list[Generation]:
        """A canned answer for every request."""
        self.calls += 1
        answers = [self._answer(request) for request in requests]
        tick(len(requests), len(requests))
        return answers

    def likelihoods(self, requests: Sequence[LikelihoodRequest], tick: Tick) -> list[Likelihood]:
        """A value between -10 and 0 per request, by hash."""
        self.calls += 1
        scores = [int(_hash((*r.context, *r.continuation), r.adapter)[:6], 16) for r in requests]
        tick(len(requests), len(requests))
        return [Likelihood(logprob=-10.0 * score / 0xFFFFFF, greedy=False) for score in scores]

    def close(self) -> None:
        """Nothing to free."""

    def _answer(self, request: GenerationRequest) -> Generation:
        if len(request.prompt) >= self.spec.max_model_len:
            return Generation(text="", finish="prompt_too_long", tokens=0)
        words = ["answer", _hash(request.prompt, request.adapter)[:8]]
        kept = words[: request.max_new_tokens]
        complete = len(kept) == len(words)
        return Generation(text=" ".join(kept), finish="stop" if complete else "length", tokens=len(kept))


def _hash(ids: Sequence[int], adapter: str | None) -> str:
    return hashlib.sha256(f"{adapter}:{','.join(map(str, ids))}".encode()).hexdigest()
