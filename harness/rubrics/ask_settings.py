"""Settings of judges that ask an LLM behind an endpoint, and the endpoint opened by them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, field_validator, model_validator

from harness.errors import ConfigError
from harness.record import Record
from harness.rubrics.response_cache import ResponseCache
from harness.rubrics.spending import Budget, Prices

if TYPE_CHECKING:
    from harness.rubrics.asking import Asker

_ENV_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")
_FREE = ("api_key_env", "cache")
_LIMITS = (
    "timeout", "retries", "requests_per_minute", "concurrency", "max_cost", "price_per_million_in",
    "price_per_million_out",
)  # fmt: skip
_URL = re.compile(r"^https?://[^/@\s?#]+(/[^@\s?#]*)?$")


class AskSettings(Record):
    """Which endpoint and model, within which limits."""

    base_url: str
    """Up to the version, e.g. http://localhost:8000/v1."""
    model: str
    api_key_env: str | None = None
    """Name of the environment variable that holds the key; never the key."""
    temperature: float = Field(default=0.0, ge=0)
    max_tokens: int = Field(default=512, gt=0)
    seed: int | None = 0
    """Sent to the endpoint, and of the jitter; None sends none."""
    timeout: float = Field(default=60.0, gt=0)
    """Seconds for one attempt."""
    retries: int = Field(default=4, ge=0)
    """After HTTP 408, 429 and 5xx, timeouts and broken connections."""
    requests_per_minute: float | None = Field(default=None, gt=0)
    concurrency: int = Field(default=4, gt=0)
    """Requests at a time."""
    max_cost: float | None = Field(default=None, ge=0)
    """For each judged checkpoint, in the currency of the prices; nothing is sent that could go over it."""
    price_per_million_in: float = Field(default=0.0, ge=0)
    price_per_million_out: float = Field(default=0.0, ge=0)
    on_failure: Literal["stop", "unscored"] = "stop"
    """What becomes of a sample at a failure that may pass, or at the cap: the run ends, to go on later where it was, or
    the sample is unscored for good."""
    cache: str | None = None
    """Folder for replies, to share between stores; None keeps them in the store."""

    @field_validator("api_key_env", mode="before")
    @classmethod
    def _named(cls, name: object) -> object:
        """A ConfigError, since a ValueError would be shown with the value: it may be a key."""
        if name is not None and not (isinstance(name, str) and _ENV_NAME.match(name)):
            raise ConfigError("api_key_env: must be the name of an environment variable, not a key")
        return name

    @field_validator("base_url", mode="before")
    @classmethod
    def _addressed(cls, url: object) -> object:
        if not (isinstance(url, str) and _URL.match(url)):
            raise ConfigError(
                "base_url: must be http(s)://host[:port]/path, without user, password or query"
            )
        return url.rstrip("/")

    @model_validator(mode="after")
    def _priced(self) -> AskSettings:
        if self.max_cost is not None and not (self.price_per_million_in and self.price_per_million_out):
            raise ValueError("max_cost needs price_per_million_in and price_per_million_out")
        return self

    @property
    def budget(self) -> Budget:
        """A fresh one, of which nothing is spent."""
        prices = Prices(self.price_per_million_in, self.price_per_million_out)
        return Budget(prices, cap=self.max_cost, max_tokens=self.max_tokens)

    @property
    def limits(self) -> dict[str, object]:
        """Defaults of the settings that say when an answer is had, and not which; with `unscored` limits leave samples
        out, and are none of them."""
        free = _FREE if self.on_failure == "unscored" else (*_FREE, *_LIMITS)
        return {name: AskSettings.model_fields[name].default for name in free}


@contextmanager
def open_asker(settings: AskSettings, *, scratch: Path | None, name: str) -> Iterator[Asker]:
    """The endpoint, with one budget and one cache for all that is asked; at the end says what `name` sent.

    Raises ConfigError for a key that is not there or not taken, or an unknown model; WorldError where the endpoint is
    out of reach and, unless `on_failure` is `unscored`, for a failure that may pass and at the cap; StoreError where
    the cache cannot be written.
    """
    from harness.rubrics.asking import Asker, ModelSettings
    from harness.rubrics.endpoint import EndpointSettings, open_endpoint

    endpoint = open_endpoint(
        EndpointSettings(
            base_url=settings.base_url,
            api_key_env=settings.api_key_env,
            timeout=settings.timeout,
            retries=settings.retries,
            requests_per_minute=settings.requests_per_minute,
            seed=settings.seed or 0,
        )
    )
    asker = Asker(
        endpoint,
        ModelSettings(settings.model, settings.temperature, settings.max_tokens, settings.seed),
        ResponseCache(scratch if settings.cache is None else Path(settings.cache).expanduser()),
        settings.budget,
        settings.concurrency,
        stops=settings.on_failure == "stop",
    )
    try:
        yield asker
        print(f"{name}: {asker.sent} requests sent, {asker.budget.spent:.4f} spent (cached replies counted)")
    finally:
        endpoint.client.close()
