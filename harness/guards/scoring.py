"""Log-probabilities of a few tokens at the next position: by one forward pass of transformers, or by vLLM.

Both load through the plug-ins among the backends, so a guard is loaded as any other model is: safetensors only.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from harness import plugins
from harness.backends import EngineSpec, LikelihoodRequest

_BACKENDS = {"transformers": "hf", "vllm": "vllm"}


@dataclass(frozen=True)
class Engine:
    """Which model to open, and how."""

    folder: Path
    backend: str
    """transformers or vllm."""
    dtype: str
    max_model_len: int
    batch_size: int
    threads: int
    trust_remote_code: bool


@dataclass(frozen=True)
class NextTokens:
    """Ask for the log-probabilities of `tokens` after `prompt`; token ids."""

    prompt: tuple[int, ...]
    tokens: tuple[int, ...]


class Scorer(Protocol):
    """An open guard model."""

    def score(self, requests: Sequence[NextTokens]) -> list[tuple[float, ...]]:
        """Natural log-probabilities over the whole vocabulary, beside each request's tokens."""


@contextmanager
def opened(engine: Engine) -> Iterator[Scorer]:
    """Load the model and free it in the end.

    Raises ModelError for a model that cannot be loaded, MissingExtraError without vLLM, WorldError without memory.
    """
    spec = EngineSpec(
        model=engine.folder,
        adapters=(),
        dtype=engine.dtype,
        max_model_len=engine.max_model_len,
        batch_size=engine.batch_size,
        seed=0,
        threads=engine.threads,
        trust_remote_code=engine.trust_remote_code,
    )
    backend = plugins.load("backends", _BACKENDS[engine.backend]).open_backend(spec)
    try:
        if engine.backend == "transformers":
            yield ForwardScorer(backend.model, engine.batch_size)
        else:
            yield LikelihoodScorer(backend)
    finally:
        backend.close()


@dataclass
class ForwardScorer:
    """One forward pass a batch, padded on the left; only the last position's logits are made."""

    model: Any
    batch_size: int

    def score(self, requests: Sequence[NextTokens]) -> list[tuple[float, ...]]:
        """As Scorer.score."""
        done: dict[int, tuple[float, ...]] = {}
        order = sorted(range(len(requests)), key=lambda at: len(requests[at].prompt), reverse=True)
        for start in range(0, len(order), self.batch_size):
            batch = order[start : start + self.batch_size]
            done.update(zip(batch, self._batch([requests[at] for at in batch]), strict=True))
        return [done[at] for at in range(len(requests))]

    def _batch(self, requests: Sequence[NextTokens]) -> list[tuple[float, ...]]:
        import torch

        width = max(len(r.prompt) for r in requests)
        ids = torch.tensor([[0] * (width - len(r.prompt)) + list(r.prompt) for r in requests])
        mask = torch.tensor([[0] * (width - len(r.prompt)) + [1] * len(r.prompt) for r in requests])
        known = inspect.signature(self.model.forward).parameters
        extra: dict[str, Any] = {"logits_to_keep": 1} if "logits_to_keep" in known else {}
        if "position_ids" in known:
            extra["position_ids"] = (mask.cumsum(-1) - 1).clamp(min=0).to(self.model.device)
        with torch.inference_mode():
            logits = self.model(
                input_ids=ids.to(self.model.device), attention_mask=mask.to(self.model.device), **extra
            ).logits[:, -1]
            rows = torch.log_softmax(logits.float(), dim=-1).cpu()
        return [tuple(float(row[t]) for t in r.tokens) for row, r in zip(rows, requests, strict=True)]


@dataclass
class LikelihoodScorer:
    """Any backend: each token is scored as a continuation of its own, so its cost grows with the number of tokens."""

    backend: Any

    def score(self, requests: Sequence[NextTokens]) -> list[tuple[float, ...]]:
        """As Scorer.score."""
        asked = [LikelihoodRequest(r.prompt, (token,)) for r in requests for token in r.tokens]
        found = iter(self.backend.likelihoods(asked, lambda done, total: None))
        return [tuple(next(found).logprob for _ in r.tokens) for r in requests]


def total(logprobs: Sequence[float]) -> float:
    """The probability of any one of the tokens, from their natural log-probabilities."""
    return math.fsum(math.exp(value) for value in logprobs)
