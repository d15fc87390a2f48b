"""Which of two answers serves better: asked in both orders, and a preference that turns with the order is a tie."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from harness.rubrics import ChatRequest, NoReply, Reply
from harness.rubrics.fence import FencedRequest, VerdictField, fenced, verdict_of

_TASK = (
    "Two assistants answered the same REQUEST. Say which answer serves the person who made it better: right before "
    "complete, complete before clear, clear before short. Length by itself counts for nothing, and so does the order "
    "in which the answers stand. Say `tie` where you would take either."
)
_FIELDS = (VerdictField("better", ("1", "2", "tie")),)


@dataclass(frozen=True)
class Pair:
    """Two answers to one prompt."""

    prompt: str
    first: str
    second: str


@dataclass(frozen=True)
class Preference:
    """What both orders together say."""

    better: Literal["first", "second", "tie"] | None
    """None where an order has no verdict."""
    reason: str = ""
    """Why there is none, or why it is a tie."""


def prefer(
    pairs: Sequence[Pair], ask: Callable[[Sequence[ChatRequest]], list[Reply | NoReply]]
) -> list[Preference]:
    """One preference for each pair, in order; two requests for each. Raises what `ask` raises."""
    asked = [_fenced(pair, turned=turned) for pair in pairs for turned in (False, True)]
    replies = iter(zip(asked, ask([one.chat for one in asked]), strict=True))
    return [_together(_said(*next(replies)), _said(*next(replies))) for _ in pairs]


def blank() -> ChatRequest:
    """A request about empty texts: what one costs beside the texts."""
    return _fenced(Pair("", "", ""), turned=False).chat


def _fenced(pair: Pair, *, turned: bool) -> FencedRequest:
    one, two = (pair.second, pair.first) if turned else (pair.first, pair.second)
    return fenced(_TASK, (("REQUEST", pair.prompt), ("ANSWER 1", one), ("ANSWER 2", two)), fields=_FIELDS)


def _said(asked: FencedRequest, reply: Reply | NoReply) -> str | NoReply:
    if isinstance(reply, NoReply):
        return reply
    if reply.finish == "length":
        return NoReply("the judge's reply was cut off at max_tokens", billed=True)
    values = verdict_of(reply.text, asked)
    reason = "the judge's reply has no verdict in the demanded form"
    return NoReply(reason, billed=True) if values is None else values[0]


def _together(straight: str | NoReply, turned: str | NoReply) -> Preference:
    if isinstance(straight, NoReply):
        return Preference(None, straight.reason)
    if isinstance(turned, NoReply):
        return Preference(None, turned.reason)
    if (straight, turned) == ("1", "2"):
        return Preference("first")
    if (straight, turned) == ("2", "1"):
        return Preference("second")
    return Preference("tie", "" if straight == turned == "tie" else "the preference turns with the order")
