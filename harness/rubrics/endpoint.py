"""One OpenAI-compatible endpoint: requests at a limited rate, repeated after failures that may pass.

The key is read from the environment, sent in one header, and blotted out of whatever comes back. Nothing that the
endpoint writes reaches an error or a reason; replies are cut off at a size.
"""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from harness.errors import ConfigError, WorldError
from harness.rubrics import NoReply, Reply

_MAX_BYTES = 1 << 20
"""Of a reply."""
_LONGEST_WAIT = 120.0
"""Seconds; an endpoint that asks for a longer one is not waited for."""
_KEY_SHOWN = "[key]"
CAP = "spending cap"
"""Opens the reason of what the cap leaves out."""


@dataclass(frozen=True)
class Timing:
    """Where time comes from; tests give their own."""

    clock: Callable[[], float] = time.monotonic
    """Seconds from anywhere."""
    wall: Callable[[], float] = time.time
    """Seconds since 1970, to read a date by."""
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class EndpointSettings:
    """How the endpoint is reached."""

    base_url: str
    api_key_env: str | None
    timeout: float
    """Seconds for one attempt."""
    retries: int
    """Attempts after the first."""
    requests_per_minute: float | None
    seed: int
    """Of the jitter."""


@dataclass(frozen=True)
class _Passing:
    """A failure that may pass."""

    reason: str
    wait: float | None = None
    """Seconds that the endpoint asks to wait."""
    unreached: bool = False
    """Whether the request did not get there."""
    billed: bool = False
    """Whether it may have got there and been worked on."""


@dataclass
class Endpoint:
    """An open connection; for several threads."""

    settings: EndpointSettings
    timing: Timing
    client: httpx.Client
    key: str | None = field(repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _next: float = 0.0
    """When the next request may leave, by the clock."""

    def post(self, body: Mapping[str, object], *, digest: str, again: Callable[[], bool]) -> Reply | NoReply:
        """Ask for a chat completion; `digest` seeds the jitter.

        `again` is called before an attempt that follows on one which may be charged for; False sends no more.
        Raises ConfigError for a refused key or an unknown model, WorldError where the endpoint is out of reach.
        """
        content = json.dumps(body).encode()
        last = _Passing("")
        for attempt in range(self.settings.retries + 1):
            if attempt:
                wait = self._backoff(digest, attempt) if last.wait is None else last.wait
                if wait > _LONGEST_WAIT:
                    return NoReply(f"{last.reason}, and asks to wait {wait:.0f} s", last.billed, passing=True)
                if last.billed and not again():
                    return NoReply(f"{CAP}; before: {last.reason}", billed=False, passing=True)
                self.timing.sleep(wait)
            self._take_turn()
            got = self._attempt(content)
            if not isinstance(got, _Passing):
                return got
            last = got
        if last.unreached:
            raise WorldError(f"{self.settings.base_url}: {last.reason}; the same command goes on where it was")
        return NoReply(f"{last.reason}, {self.settings.retries + 1} times", last.billed, passing=True)

    def _backoff(self, digest: str, attempt: int) -> float:
        jitter = random.Random(f"{self.settings.seed}:{digest}:{attempt}").uniform(0.5, 1.0)
        return min(float(2 ** (attempt - 1)), 60.0) * jitter

    def _take_turn(self) -> None:
        if self.settings.requests_per_minute is None:
            return
        with self._lock:
            now = self.timing.clock()
            turn = max(now, self._next)
            self._next = turn + 60.0 / self.settings.requests_per_minute
        if turn > now:
            self.timing.sleep(turn - now)

    def _attempt(self, content: bytes) -> Reply | NoReply | _Passing:
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        if self.key is not None:
            headers["Authorization"] = f"Bearer {self.key}"
        until = self.timing.clock() + self.settings.timeout
        try:
            with self.client.stream("POST", "chat/completions", content=content, headers=headers) as response:
                status = response.status_code
                if status != httpx.codes.OK:
                    return self._refused(status, response.headers.get("Retry-After"))
                received = bytearray()
                for chunk in response.iter_bytes():
                    received += chunk
                    if len(received) > _MAX_BYTES:
                        return NoReply(f"the reply is over {_MAX_BYTES >> 20} MiB", billed=True)
                    if self.timing.clock() > until:
                        return _Passing(f"no reply within {self.settings.timeout:g} s", billed=True)
        except httpx.TimeoutException as error:
            unreached = isinstance(error, httpx.ConnectTimeout)
            words = f"no reply within {self.settings.timeout:g} s"
            return _Passing(words, unreached=unreached, billed=not unreached)
        except httpx.ConnectError:
            return _Passing("cannot be reached", unreached=True)
        except httpx.TransportError:
            return _Passing("no reply: the connection broke", billed=True)
        return self._read(bytes(received))

    def _refused(self, status: int, retry_after: str | None) -> NoReply | _Passing:
        where = self.settings.base_url
        if status in (401, 403):
            which = f"it is ${self.settings.api_key_env}" if self.settings.api_key_env else "none was given"
            raise ConfigError(f"{where}: refuses the key (HTTP {status}); {which}")
        if status == httpx.codes.NOT_FOUND or httpx.codes.is_redirect(status):
            raise ConfigError(f"{where}: HTTP {status}: base_url or model is not the endpoint's")
        if status in (408, 429) or httpx.codes.is_server_error(status):
            # 429 and 503 turn a request away; behind a 408, a 500 or a 504 a model may have answered it
            worked = status not in (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE)
            return _Passing(f"the endpoint answered HTTP {status}", wait=self._wait(retry_after), billed=worked)
        return NoReply(f"the endpoint answered HTTP {status}", billed=False)

    def _wait(self, retry_after: str | None) -> float | None:
        """Seconds, from a number or a date; None for neither."""
        if retry_after is None:
            return None
        try:
            if retry_after.strip().isdigit():
                return float(retry_after)
            return max(0.0, parsedate_to_datetime(retry_after).timestamp() - self.timing.wall())
        except (ValueError, OverflowError):
            return None

    def _read(self, received: bytes) -> Reply | NoReply:
        try:
            text = received.decode()
            tree: Any = json.loads(text.replace(self.key, _KEY_SHOWN) if self.key else text)
            choice = tree["choices"][0]
            said, finish, usage = choice["message"]["content"], choice.get("finish_reason"), tree.get("usage") or {}
            tokens = [usage.get(name) for name in ("prompt_tokens", "completion_tokens")]
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
            return NoReply("the reply is not a chat completion", billed=True)
        if not isinstance(said, str):
            return NoReply("the reply holds no text", billed=True)
        counted = [token if type(token) is int and token >= 0 else None for token in tokens]
        known = finish if finish in ("stop", "length", "content_filter") else "other"
        return Reply(said.replace(self.key, _KEY_SHOWN) if self.key else said, known, *counted)


def open_endpoint(settings: EndpointSettings, *, timing: Timing | None = None) -> Endpoint:
    """Read the key and make the client; nothing is sent yet.

    Raises ConfigError where the environment has no such key, or one that no header can carry.
    """
    key = None
    if settings.api_key_env is not None:
        key = os.environ.get(settings.api_key_env, "").strip()
        if not key or not key.isascii() or not key.isprintable():
            raise ConfigError(
                f"the environment variable {settings.api_key_env} (api_key_env) holds no usable key"
            )
    client = httpx.Client(base_url=settings.base_url.rstrip("/") + "/", timeout=settings.timeout)
    return Endpoint(settings, timing or Timing(), client, key)
