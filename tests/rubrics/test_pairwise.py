"""Preferences that survive a swap of the answers."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from harness.rubrics import ChatRequest, NoReply, Reply
from harness.rubrics.pairwise import Pair, Preference, prefer

PAIR = Pair("how?", "this way", "that way")


def judge(straight: str | None, turned: str | None) -> Preference:
    """The preference by a judge that says this of the one order and that of the other."""

    def ask(requests: Sequence[ChatRequest]) -> list[Reply | NoReply]:
        done: list[Reply | NoReply] = []
        for request, word in zip(requests, (straight, turned), strict=True):
            code = request.system.rsplit("VERDICT ", 1)[1].split(":")[0]
            done.append(
                NoReply("lost", billed=True)
                if word is None
                else Reply(f"VERDICT {code}: better={word}", "stop", 1, 1)
            )
        return done

    return prefer([PAIR], ask)[0]


@pytest.mark.parametrize(
    ("straight", "turned", "better"),
    [
        ("1", "2", "first"),
        ("2", "1", "second"),
        ("tie", "tie", "tie"),
        ("1", "1", "tie"),
        ("2", "2", "tie"),
        ("1", "tie", "tie"),
        (None, "1", None),
        ("1", None, None),
        ("3", "2", None),
    ],
)
def test_a_preference_needs_both_orders(straight: str | None, turned: str | None, better: str | None) -> None:
    assert judge(straight, turned).better == better


def test_both_orders_are_asked() -> None:
    seen: list[str] = []

    def ask(requests: Sequence[ChatRequest]) -> list[Reply | NoReply]:
        seen.extend(request.user for request in requests)
        return [NoReply("x", billed=False)] * len(requests)

    prefer([PAIR, PAIR], ask)
    assert len(seen) == 4
    assert seen[0].index("this way") < seen[0].index("that way")
    assert seen[1].index("that way") < seen[1].index("this way")


def test_a_preference_that_turns_with_the_order_says_so() -> None:
    assert judge("1", "1").reason == "the preference turns with the order"
