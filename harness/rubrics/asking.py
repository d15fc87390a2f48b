"""Many requests, in order: from the cache where it has them, within the spending cap, several at a time."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from harness.errors import HarnessError, WorldError
from harness.rubrics import ChatRequest, NoReply, Reply
from harness.rubrics.endpoint import CAP, Endpoint
from harness.rubrics.response_cache import ResponseCache, request_digest
from harness.rubrics.spending import Budget

CAPPED = NoReply(CAP, billed=False, passing=True)


@dataclass(frozen=True)
class ModelSettings:
    """How the model behind the endpoint answers."""

    model: str
    temperature: float
    max_tokens: int
    seed: int | None
    """None sends none."""


@dataclass
class _Out:
    """A request that is on its way; what its next attempt may cost is set aside, and noted, before it is sent."""

    at: int
    digest: str
    worst: float
    """Of one attempt."""
    held: float


@dataclass
class Asker:
    """An endpoint with its cache and its budget, which go on from one call to the next."""

    endpoint: Endpoint
    model: ModelSettings
    cache: ResponseCache
    budget: Budget
    concurrency: int
    stops: bool = True
    """Whether a failure that may pass, or the cap, ends the asking, so that the rest can be asked another time."""
    sent: int = 0
    """Requests that were not in the cache."""
    _counted: set[str] = field(default_factory=set)
    """Requests whose attempts that were lost before are in the budget."""
    _noted: dict[str, float] = field(default_factory=dict)
    """Request → what it has out, and what was lost on it."""
    _name: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    """No two askers write to one file."""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def ask(self, requests: Sequence[ChatRequest]) -> list[Reply | NoReply]:
        """One answer for each request, in order.

        Requests go out `concurrency` at a time and the cost is settled in between, so which ones a cap leaves out does
        not depend on who answers first, unless attempts are lost. A cached reply, and an attempt that was lost before,
        count towards the cap as they did when they were paid. Raises as Endpoint.post, StoreError where the cache
        cannot be written, and WorldError for a failure that may pass where the asker `stops`.
        """
        done: list[Reply | NoReply] = []
        with ThreadPoolExecutor(self.concurrency) as pool:
            for start in range(0, len(requests), self.concurrency):
                done += self._together(requests[start : start + self.concurrency], pool)
                failed = next((one for one in done if isinstance(one, NoReply) and one.passing), None)
                if failed is not None and self.stops:
                    raise WorldError(self._stopped(failed))
        return done

    def _together(self, requests: Sequence[ChatRequest], pool: ThreadPoolExecutor) -> list[Reply | NoReply]:
        done: dict[int, Reply | NoReply] = {}
        out: list[_Out] = []
        for at, request in enumerate(requests):
            digest = request_digest(self.endpoint.settings.base_url, self._body(request))
            self._count_lost(digest)
            kept = self.cache.get(digest)
            cost = self.budget.worst(request) if kept is None else self.budget.cost_of(request, kept)
            if not self.budget.hold(cost):
                done[at] = CAPPED
            elif kept is not None:
                self.budget.settle(cost, cost)
                done[at] = kept
            else:
                out.append(_Out(at, digest, worst=cost, held=cost))
        self.sent += len(out)
        answers = pool.map(lambda one: self._post(requests[one.at], one), out)
        for one, answer in zip(out, answers, strict=True):
            if isinstance(answer, Reply):
                self.budget.settle(one.held, self.budget.cost_of(requests[one.at], answer))
            else:
                self.budget.settle(one.held, one.held if answer.billed else 0.0)
            done[one.at] = answer
        return [done[at] for at in range(len(requests))]

    def _count_lost(self, digest: str) -> None:
        if digest not in self._counted:
            self._counted.add(digest)
            self.budget.settle(0.0, self.cache.lost(digest))

    def _note(self, digest: str, change: float) -> None:
        """Keep on disk what may have been charged without a reply: before an attempt, and back where it was none."""
        with self._lock:
            self._noted[digest] = round(self._noted.get(digest, 0.0) + change, 12)
            self.cache.put_lost(digest, max(0.0, self._noted[digest]), by=self._name)

    def _post(self, request: ChatRequest, out: _Out) -> Reply | NoReply:
        self._note(out.digest, out.held)
        try:
            answer = self.endpoint.post(self._body(request), digest=out.digest, again=lambda: self._again(out))
        except HarnessError:  # refused or out of reach: the last attempt costs nothing
            self._note(out.digest, -out.held)
            raise
        if isinstance(answer, Reply):
            self.cache.put(out.digest, answer)
        if isinstance(answer, Reply) or not answer.billed:
            self._note(out.digest, -out.held)
        return answer

    def _again(self, out: _Out) -> bool:
        """Count the attempt that was lost at its worst, and set the next one aside; False where the cap forbids it."""
        self.budget.settle(out.held, out.held)
        allowed = self.budget.hold(out.worst)
        out.held = out.worst if allowed else 0.0
        self._note(out.digest, out.held)
        return allowed

    def _stopped(self, failed: NoReply) -> str:
        where = self.endpoint.settings.base_url
        kept = "" if self.cache.root is None else "; the replies so far are kept"
        again = "asks again" if self.cache.root is None else "asks for the rest"
        rest = "on_failure: unscored goes on without it"
        if failed.reason.startswith(CAP):
            spent = f"{self.budget.spent:.4f} of max_cost {self.budget.cap or 0:g} is spent or may be"
            return f"{where}: {failed.reason}: {spent}{kept}: raise max_cost and run the same command; {rest}"
        return f"{where}: {failed.reason}{kept}: the same command {again}; {rest}"

    def _body(self, request: ChatRequest) -> dict[str, object]:
        body: dict[str, object] = {
            "model": self.model.model,
            "messages": [{"role": "system", "content": request.system}, {"role": "user", "content": request.user}],
            "temperature": self.model.temperature,
            "max_tokens": self.model.max_tokens,
        }
        return body if self.model.seed is None else body | {"seed": self.model.seed}
