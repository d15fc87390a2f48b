"""Many requests, in order: from the cache where it has them, within the spending cap, several at a time."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from harness.rubrics import ChatRequest, NoReply, Reply
from harness.rubrics.endpoint import Endpoint
from harness.rubrics.response_cache import ResponseCache, request_digest
from harness.rubrics.spending import Budget

CAPPED = NoReply("spending cap", billed=False)


@dataclass(frozen=True)
class ModelSettings:
    """How the model behind the endpoint answers."""

    model: str
    temperature: float
    max_tokens: int
    seed: int | None
    """None sends none."""


@dataclass
class Asker:
    """An endpoint with its cache and its budget, which go on from one call to the next."""

    endpoint: Endpoint
    model: ModelSettings
    cache: ResponseCache
    budget: Budget
    concurrency: int
    sent: int = 0
    """Requests that were not in the cache."""

    def ask(self, requests: Sequence[ChatRequest]) -> list[Reply | NoReply]:
        """One answer for each request, in order.

        Requests go out `concurrency` at a time and the cost is settled in between, so which ones a cap leaves out does
        not depend on who answers first. A cached reply counts towards the cap as it did when it was paid. Raises as
        Endpoint.post, and StoreError where the cache cannot be written.
        """
        done: list[Reply | NoReply] = []
        with ThreadPoolExecutor(self.concurrency) as pool:
            for start in range(0, len(requests), self.concurrency):
                done += self._together(requests[start : start + self.concurrency], pool)
        return done

    def _together(self, requests: Sequence[ChatRequest], pool: ThreadPoolExecutor) -> list[Reply | NoReply]:
        done: dict[int, Reply | NoReply] = {}
        out: list[tuple[int, str, float]] = []
        for at, request in enumerate(requests):
            digest = request_digest(self.endpoint.settings.base_url, self._body(request))
            kept = self.cache.get(digest)
            cost = self.budget.worst(request) if kept is None else self.budget.cost_of(request, kept)
            if not self.budget.hold(cost):
                done[at] = CAPPED
            elif kept is not None:
                self.budget.settle(cost, cost)
                done[at] = kept
            else:
                out.append((at, digest, cost))
        self.sent += len(out)
        answers = pool.map(lambda one: self._post(requests[one[0]], one[1]), out)
        for (at, _, held), answer in zip(out, answers, strict=True):
            if isinstance(answer, Reply):
                self.budget.settle(held, self.budget.cost_of(requests[at], answer))
            else:
                self.budget.settle(held, held if answer.billed else 0.0)
            done[at] = answer
        return [done[at] for at in range(len(requests))]

    def _post(self, request: ChatRequest, digest: str) -> Reply | NoReply:
        answer = self.endpoint.post(self._body(request), digest=digest)
        if isinstance(answer, Reply):
            self.cache.put(digest, answer)
        return answer

    def _body(self, request: ChatRequest) -> dict[str, object]:
        body: dict[str, object] = {
            "model": self.model.model,
            "messages": [{"role": "system", "content": request.system}, {"role": "user", "content": request.user}],
            "temperature": self.model.temperature,
            "max_tokens": self.model.max_tokens,
        }
        return body if self.model.seed is None else body | {"seed": self.model.seed}
