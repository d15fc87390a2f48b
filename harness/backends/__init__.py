"""What a generation backend is; one file each beside this one, with `open_backend(spec) -> Backend`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol


@dataclass(frozen=True)
class EngineSpec:
    """A model to open, with the adapters that share it."""

    model: Path
    adapters: tuple[tuple[str, Path], ...]
    """(name, folder) of LoRA adapters."""
    dtype: str
    max_model_len: int
    batch_size: int
    seed: int
    threads: int
    trust_remote_code: bool


@dataclass(frozen=True)
class GenerationRequest:
    """One prompt, already rendered and tokenized (BOS included once)."""

    prompt: tuple[int, ...]
    max_new_tokens: int
    stop: tuple[str, ...] = ()
    temperature: float = 0.0
    seed: int = 0
    adapter: str | None = None


@dataclass(frozen=True)
class Generation:
    """A completion, special tokens left out."""

    text: str
    finish: Literal["stop", "length", "prompt_too_long"]
    tokens: int


@dataclass(frozen=True)
class LikelihoodRequest:
    """Score `continuation` after `context`; token ids."""

    context: tuple[int, ...]
    continuation: tuple[int, ...]
    adapter: str | None = None


@dataclass(frozen=True)
class Likelihood:
    """Sum of the continuation's log-probabilities (nats), and whether each token was the likeliest."""

    logprob: float
    greedy: bool


Tick = Callable[[int, int], None]
"""Called with (requests done, requests in all)."""


class Backend(Protocol):
    """An open engine. Same order out as in."""

    def generate(self, requests: Sequence[GenerationRequest], tick: Tick) -> list[Generation]:
        """Complete every request."""

    def likelihoods(self, requests: Sequence[LikelihoodRequest], tick: Tick) -> list[Likelihood]:
        """Score every request."""

    def close(self) -> None:
        """Free the engine's memory."""
