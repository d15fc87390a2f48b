"""A spending cap that is kept beforehand: nothing is asked whose worst case would go over it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from harness.rubrics import ChatRequest, Reply

_FRAME = 64
"""Tokens that a chat template may put around the messages."""


@dataclass(frozen=True)
class Prices:
    """Money for a million tokens, in the currency of the cap."""

    prompt: float
    completion: float

    def cost(self, prompt_tokens: int, completion_tokens: int) -> float:
        """Of one request."""
        return (prompt_tokens * self.prompt + completion_tokens * self.completion) / 1e6


@dataclass
class Budget:
    """What was spent and what is out; for several threads. Once it has refused it stays closed."""

    prices: Prices
    cap: float | None
    """None is no cap."""
    max_tokens: int
    spent: float = field(default=0.0)
    held: float = field(default=0.0)
    """For requests that are out."""
    closed: bool = field(default=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def worst(self, request: ChatRequest) -> float:
        """The most that a request can cost: a token is a byte at least, and the completion as long as allowed."""
        size = len(request.system.encode(errors="replace")) + len(request.user.encode(errors="replace"))
        return self.prices.cost(size + _FRAME, self.max_tokens)

    def hold(self, cost: float) -> bool:
        """Set `cost` aside; False, for good, where the cap does not allow it."""
        with self._lock:
            if self.cap is not None and self.spent + self.held + cost > self.cap:
                self.closed = True
            if self.closed:
                return False
            self.held += cost
            return True

    def settle(self, held: float, cost: float) -> None:
        """A request that `held` was set aside for has cost `cost`."""
        with self._lock:
            self.held -= held
            self.spent += cost

    def cost_of(self, request: ChatRequest, reply: Reply) -> float:
        """By the endpoint's own count of tokens; the worst case where it gives none."""
        if reply.prompt_tokens is None or reply.completion_tokens is None:
            return self.worst(request)
        return self.prices.cost(reply.prompt_tokens, reply.completion_tokens)
