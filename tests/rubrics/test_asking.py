"""Cache, budget and order over many requests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ConfigError, WorldError
from harness.rubrics import ChatRequest, NoReply, Reply
from harness.rubrics.asking import CAPPED, Asker, ModelSettings
from harness.rubrics.endpoint import CAP, Endpoint, EndpointSettings, Timing
from harness.rubrics.response_cache import ResponseCache, request_digest
from harness.rubrics.spending import Budget, Prices

PRICES = Prices(prompt=1e6, completion=1e6)
"""1 a token."""
ONE = ChatRequest("s" * 10, "u" * 26)
"""100 tokens of prompt at worst, with the frame's 64."""


class FakeEndpoint(Endpoint):
    """Answers with the number of the request, or what it is told to."""

    def __init__(self, answer: Reply | NoReply | None = None, *, lost: int = 0) -> None:
        settings = EndpointSettings("http://x/v1", None, 1.0, 0, None, 0)
        super().__init__(settings, Timing(), None, None)  # type: ignore[arg-type]
        self.answer = answer
        self.lost = lost
        self.asked: list[str] = []

    def post(self, body: Any, *, digest: str, again: Callable[[], bool]) -> Reply | NoReply:
        self.asked.append(body["messages"][1]["content"])
        for _ in range(self.lost):
            if not again():
                return NoReply(CAP, billed=False, passing=True)
            self.asked.append(body["messages"][1]["content"])
        return self.answer or Reply(self.asked[-1], "stop", 20, 5)


def asker(
    endpoint: Endpoint, *, cap: float | None = None, root: Path | None = None, concurrency: int = 1, stops: bool = False
) -> Asker:
    model = ModelSettings("m", 0.0, max_tokens=10, seed=0)
    return Asker(endpoint, model, ResponseCache(root), Budget(PRICES, cap, 10), concurrency, stops)


def requests(count: int) -> list[ChatRequest]:
    return [ChatRequest("s" * 10, f"{n:026}") for n in range(count)]


def test_answers_come_in_the_order_of_the_requests() -> None:
    made = asker(FakeEndpoint(), concurrency=4).ask(requests(10))
    assert [r.text for r in made if isinstance(r, Reply)] == [f"{n:026}" for n in range(10)]


def test_the_worst_case_of_a_request() -> None:
    assert Budget(PRICES, None, 10).worst(ONE) == 110


def test_a_character_counts_by_its_bytes() -> None:
    assert Budget(PRICES, None, 10).worst(ChatRequest("", "€")) == 64 + 3 + 10


def test_the_cap_stops_before_it_could_be_exceeded() -> None:
    made = asker(FakeEndpoint(), cap=150)
    got = made.ask(requests(4))  # 25 each, and 110 at worst: after two, 100 are left
    assert [r is CAPPED for r in got] == [False, False, True, True]
    assert made.budget.spent == 50


def test_requests_that_are_out_count_at_their_worst() -> None:
    got = asker(FakeEndpoint(), cap=219, concurrency=2).ask(requests(2))
    assert [r is CAPPED for r in got] == [False, True]


def test_the_cap_stays_closed() -> None:
    made = asker(FakeEndpoint(), cap=109)
    assert made.ask(requests(1)) == [CAPPED]
    assert made.ask([ChatRequest("", "")]) == [CAPPED]


def test_a_reply_without_counts_and_one_that_was_lost_cost_the_worst() -> None:
    for answer in (Reply("x", "stop", None, None), NoReply("lost", billed=True)):
        made = asker(FakeEndpoint(answer))
        made.ask([ONE])
        assert made.budget.spent == 110


def test_a_refused_request_costs_nothing() -> None:
    made = asker(FakeEndpoint(NoReply("HTTP 400", billed=False)))
    made.ask([ONE])
    assert (made.budget.spent, made.budget.held) == (0, 0)


def test_a_cached_reply_makes_no_request_and_counts_as_it_did(tmp_path: Path) -> None:
    first = asker(FakeEndpoint(), root=tmp_path).ask(requests(3))
    endpoint = FakeEndpoint()
    again = asker(endpoint, root=tmp_path)
    assert again.ask(requests(3)) == first
    assert (endpoint.asked, again.sent, again.budget.spent) == ([], 0, 75)


def test_a_failure_is_not_cached(tmp_path: Path) -> None:
    asker(FakeEndpoint(NoReply("lost", billed=True)), root=tmp_path).ask(requests(1))
    assert not list(tmp_path.rglob("*.json"))


@pytest.mark.parametrize(("cap", "sent"), [(109, 0), (110, 1), (219, 1), (220, 2), (440, 4), (1000, 5)])
def test_every_lost_attempt_is_within_the_cap(cap: float, sent: int) -> None:
    endpoint = FakeEndpoint(NoReply("lost", billed=True), lost=4)
    made = asker(endpoint, cap=cap)
    made.ask([ONE])
    assert len(endpoint.asked) == sent
    assert (made.budget.spent, made.budget.held) == (110 * sent, 0)


def test_lost_attempts_count_beside_the_reply_that_came() -> None:
    made = asker(FakeEndpoint(lost=2), cap=1000)
    assert isinstance(made.ask([ONE])[0], Reply)
    assert made.budget.spent == 245


def test_what_was_lost_counts_in_a_later_run_and_once(tmp_path: Path) -> None:
    asker(FakeEndpoint(NoReply("lost", billed=True), lost=2), root=tmp_path).ask([ONE])
    again = asker(FakeEndpoint(), root=tmp_path)
    again.ask([ONE, ONE])
    assert again.budget.spent == 330 + 25 + 25
    third = asker(FakeEndpoint(), cap=400, root=tmp_path)
    assert isinstance(third.ask([ONE])[0], Reply)
    assert third.budget.spent == 355


def test_an_attempt_is_noted_before_it_is_sent(tmp_path: Path) -> None:
    class Killed(FakeEndpoint):
        def post(self, body: Any, *, digest: str, again: Callable[[], bool]) -> Reply | NoReply:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        asker(Killed(), root=tmp_path).ask([ONE])
    after = asker(FakeEndpoint(), root=tmp_path)
    after.ask([ONE])
    assert after.budget.spent == 110 + 25


def test_what_one_asker_has_out_is_not_lost_for_another_once_it_is_answered(tmp_path: Path) -> None:
    inner = asker(FakeEndpoint(), root=tmp_path)

    class Beside(FakeEndpoint):
        def post(self, body: Any, *, digest: str, again: Callable[[], bool]) -> Reply | NoReply:
            inner.ask([ONE])
            return super().post(body, digest=digest, again=again)

    asker(Beside(), root=tmp_path).ask([ONE])
    assert not list(tmp_path.rglob("*.lost"))


def test_the_same_request_twice_at_a_time_loses_what_one_of_them_lost(tmp_path: Path) -> None:
    class First(FakeEndpoint):
        def post(self, body: Any, *, digest: str, again: Callable[[], bool]) -> Reply | NoReply:
            self.asked.append("")
            return NoReply("lost", billed=True) if len(self.asked) == 1 else Reply("x", "stop", 20, 5)

    asker(First(), root=tmp_path, concurrency=2).ask([ONE, ONE])
    later = asker(FakeEndpoint(), root=tmp_path)
    later.ask([ONE])
    assert later.budget.spent == 110 + 25


def test_a_refused_key_loses_nothing(tmp_path: Path) -> None:
    class Refused(FakeEndpoint):
        def post(self, body: Any, *, digest: str, again: Callable[[], bool]) -> Reply | NoReply:
            raise ConfigError("the key")

    with pytest.raises(ConfigError):
        asker(Refused(), root=tmp_path).ask([ONE])
    after = asker(FakeEndpoint(), root=tmp_path)
    after.ask([ONE])
    assert after.budget.spent == 25


@pytest.mark.parametrize(
    ("answer", "cap", "words"),
    [
        (NoReply("HTTP 503, 5 times", billed=False, passing=True), None, "HTTP 503, 5 times.*kept.*same command"),
        (None, 120, "spending cap: 25.0000 of max_cost 120 .*raise max_cost"),
    ],
)
def test_a_failure_that_may_pass_ends_the_asking(
    answer: NoReply | None, cap: float | None, words: str, tmp_path: Path
) -> None:
    endpoint = FakeEndpoint(answer)
    with pytest.raises(WorldError, match=words):
        asker(endpoint, cap=cap, root=tmp_path, stops=True).ask(requests(4))
    assert len(endpoint.asked) == 1


def test_what_would_fail_every_time_does_not_end_it() -> None:
    lost = NoReply("HTTP 400", billed=False)
    assert asker(FakeEndpoint(lost), stops=True).ask(requests(2)) == [lost, lost]


@pytest.mark.parametrize("damage", ["", "{}", "not json"])
def test_a_damaged_file_is_asked_for_again(damage: str, tmp_path: Path) -> None:
    asker(FakeEndpoint(), root=tmp_path).ask(requests(1))
    (file,) = tmp_path.rglob("*.json")
    file.write_text(damage)
    endpoint = FakeEndpoint()
    asker(endpoint, root=tmp_path).ask(requests(1))
    assert len(endpoint.asked) == 1


def test_whatever_is_in_a_request_is_in_its_digest() -> None:
    digests = {
        request_digest("http://a", {"m": 1}), request_digest("http://b", {"m": 1}), request_digest("http://a", {"m": 2})
    }  # fmt: skip
    assert len(digests) == 3
