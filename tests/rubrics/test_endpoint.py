"""The endpoint: what is tried again and after how long, what is not, and where the key goes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from typing import Any

import pytest

from harness.errors import ConfigError, WorldError
from harness.rubrics import NoReply, Reply
from harness.rubrics.endpoint import Endpoint, EndpointSettings, Timing, open_endpoint
from tests.rubrics.server import Behaviour, Script, completion, raw, says, serving, stalls

KEY = "sk-not-a-real-key-0123456789"
BUSY = raw(429, b"slow down", ("Retry-After", "7"))
BROKEN = raw(500, b"oops")


@contextmanager
def opened(*behaviours: Behaviour, **changes: Any) -> Iterator[tuple[Endpoint, Script, list[float]]]:
    """An endpoint on a scripted server, whose sleeps are noted down and not slept."""
    slept: list[float] = []
    now = [1000.0]

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    given: dict[str, Any] = {"api_key_env": None, "timeout": 5.0, "retries": 3, "requests_per_minute": None, "seed": 0}
    with serving(*behaviours) as script:
        settings = EndpointSettings(base_url=script.url, **(given | changes))
        endpoint = open_endpoint(settings, timing=Timing(lambda: now[0], lambda: 0.0, sleep))
        try:
            yield endpoint, script, slept
        finally:
            endpoint.client.close()


def reason(got: Reply | NoReply) -> str:
    assert isinstance(got, NoReply)
    return got.reason


def test_an_answer_is_read() -> None:
    with opened(says("hello")) as (endpoint, script, slept):
        asked = {"messages": [{"content": ""}], "a": 1}
        assert endpoint.post(asked, digest="d", again=never) == Reply("hello", "stop", 100, 10)
        assert (script.bodies[0]["a"], slept) == (1, [])


def never() -> bool:
    raise AssertionError("no attempt was lost")


def ask(endpoint: Endpoint, again: Callable[[], bool] = lambda: True) -> Reply | NoReply:
    return endpoint.post({"messages": [{"content": ""}]}, digest="d", again=again)


def test_a_failure_that_passes_is_tried_again_after_a_growing_wait() -> None:
    with opened(BROKEN, BROKEN, says("ok")) as (endpoint, script, slept):
        assert isinstance(ask(endpoint), Reply)
        assert len(script.bodies) == 3
        assert 0.5 <= slept[0] <= 1.0 <= slept[1] <= 2.0


def test_the_jitter_is_seeded() -> None:
    waits = []
    for seed in (0, 0, 1):
        with opened(BROKEN, says("ok"), seed=seed) as (endpoint, _, slept):
            ask(endpoint)
            waits.append(slept[0])
    assert waits[0] == waits[1] != waits[2]


def test_retry_after_is_honoured() -> None:
    with opened(BUSY, says("ok")) as (endpoint, _, slept):
        assert isinstance(ask(endpoint), Reply)
        assert slept == [7.0]


def test_retry_after_may_be_a_date() -> None:
    with opened(raw(503, b"", ("Retry-After", formatdate(9, usegmt=True))), says("ok")) as (endpoint, _, slept):
        assert isinstance(ask(endpoint), Reply)
        assert slept == [9.0]


def test_a_wait_that_is_too_long_is_not_waited_for() -> None:
    with opened(raw(429, b"", ("Retry-After", "3600"))) as (endpoint, script, slept):
        assert reason(ask(endpoint)) == "the endpoint answered HTTP 429, and asks to wait 3600 s"
        assert (len(script.bodies), slept) == (1, [])


def test_a_failure_that_stays_ends_the_tries() -> None:
    with opened(BROKEN) as (endpoint, script, _):
        assert ask(endpoint) == NoReply("the endpoint answered HTTP 500, 4 times", billed=True, passing=True)
        assert len(script.bodies) == 4


@pytest.mark.parametrize(("status", "billed"), [(408, True), (429, False), (502, True), (503, False), (504, True)])
def test_what_was_turned_away_was_not_worked_on(status: int, billed: bool) -> None:
    with opened(raw(status, b""), retries=0) as (endpoint, _, _slept):
        got = ask(endpoint)
        assert isinstance(got, NoReply) and (got.billed, got.passing) == (billed, True)


def test_every_attempt_after_a_lost_one_is_asked_for() -> None:
    asked: list[int] = []

    def again() -> bool:
        asked.append(0)
        return len(asked) < 3

    with opened(stalls(5), timeout=0.1, retries=9) as (endpoint, script, _):
        got = ask(endpoint, again)
        assert got == NoReply("spending cap; before: no reply within 0.1 s", billed=False, passing=True)
        assert len(script.bodies) == 3


def test_an_attempt_after_one_that_was_turned_away_is_not_asked_for() -> None:
    with opened(BUSY, says("ok")) as (endpoint, _, _slept):
        assert isinstance(ask(endpoint, never), Reply)


def test_a_lost_attempt_before_a_long_wait_may_have_cost() -> None:
    with opened(raw(500, b"", ("Retry-After", "3600"))) as (endpoint, _, _slept):
        got = ask(endpoint)
        assert isinstance(got, NoReply) and got.billed


def test_a_stall_times_out_and_may_have_cost() -> None:
    with opened(stalls(5), timeout=0.1, retries=1) as (endpoint, script, _):
        assert ask(endpoint) == NoReply("no reply within 0.1 s, 2 times", billed=True, passing=True)
        assert len(script.bodies) == 2


def test_a_bad_request_is_not_tried_again() -> None:
    with opened(raw(400, b"too long")) as (endpoint, script, _):
        assert reason(ask(endpoint)) == "the endpoint answered HTTP 400"
        assert len(script.bodies) == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{broken", "not a chat completion"),
        (b"\xff\xfe", "not a chat completion"),
        (b"[" * 100_000, "not a chat completion"),
        (b"[]", "not a chat completion"),
        (b'{"choices": []}', "not a chat completion"),
        (b'{"choices": [{"message": {"content": null}}]}', "holds no text"),
        (b"x" * (2 << 20), "over 1 MiB"),
    ],
)
def test_what_is_no_chat_completion_has_a_reason(body: bytes, words: str) -> None:
    with opened(raw(200, body)) as (endpoint, script, _):
        assert words in reason(ask(endpoint))
        assert len(script.bodies) == 1


@pytest.mark.parametrize("usage", [(-1, 5), ("9", True)])
def test_counts_that_are_none_are_not_believed(usage: tuple[Any, Any]) -> None:
    with opened(raw(200, completion("x", tokens=usage))) as (endpoint, _, _slept):
        got = ask(endpoint)
        assert isinstance(got, Reply) and got.prompt_tokens is None


@pytest.mark.parametrize(
    ("status", "words"),
    [(401, r"refuses the key \(HTTP 401\)"), (403, "refuses the key"), (404, "base_url or model"), (302, "base_url")],
)
def test_what_would_fail_every_time_is_an_error(status: int, words: str) -> None:
    with opened(raw(status, b"", ("Location", "http://127.0.0.1:1/"))) as (endpoint, script, _):
        with pytest.raises(ConfigError, match=words):
            ask(endpoint)
        assert len(script.bodies) == 1


def test_nobody_there_is_the_worlds_fault() -> None:
    with serving(BROKEN) as script:
        url = script.url
    endpoint = open_endpoint(
        EndpointSettings(url, None, 1.0, 1, None, 0), timing=Timing(lambda: 0.0, lambda: 0.0, lambda _: None)
    )
    with pytest.raises(WorldError, match="cannot be reached"):
        ask(endpoint)
    endpoint.client.close()


def test_requests_leave_at_the_limited_rate() -> None:
    with opened(says("ok"), requests_per_minute=30) as (endpoint, _, slept):
        for _ in range(3):
            ask(endpoint)
        assert slept == [2.0, 2.0]


def test_the_key_is_sent_and_shown_nowhere(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    caplog.set_level(logging.DEBUG)
    with opened(says(f"your key is {KEY}"), api_key_env="MY_KEY") as (endpoint, script, _):
        got = ask(endpoint)
        assert script.keys == [f"Bearer {KEY}"]
        assert got == Reply("your key is [key]", "stop", 100, 10)
        assert KEY not in caplog.text + repr(endpoint) + "".join(capsys.readouterr())


def test_a_key_that_comes_back_escaped_is_blotted_out_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    escaped = completion(KEY).replace(b"sk-", b"\\u0073k-")
    with opened(raw(200, escaped), api_key_env="MY_KEY") as (endpoint, _, _slept):
        assert ask(endpoint) == Reply("[key]", "stop", 100, 10)


def test_a_refused_key_is_named_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    with opened(raw(401, KEY.encode()), api_key_env="MY_KEY") as (endpoint, _, _slept):
        with pytest.raises(ConfigError, match=r"it is \$MY_KEY") as caught:
            ask(endpoint)
        assert KEY not in str(caught.value)


@pytest.mark.parametrize("value", [None, "", "  ", "line\nbreak", "schlüssel"])
def test_a_key_that_no_header_can_carry_is_an_error(value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MY_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("MY_KEY", value)
    with pytest.raises(ConfigError, match=r"the environment variable MY_KEY \(api_key_env\) holds no usable key"):
        open_endpoint(EndpointSettings("http://127.0.0.1:1/v1", "MY_KEY", 1.0, 0, None, 0))
