"""Asking an LLM behind an OpenAI-compatible endpoint for a verdict by a rubric, within limits of time and cost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ChatRequest:
    """One chat completion to ask for."""

    system: str
    user: str


@dataclass(frozen=True)
class Reply:
    """What the endpoint answered."""

    text: str
    """Hostile, as any model's output."""
    finish: str
    """The endpoint's finish_reason: stop, length or content_filter; `other` is anything else."""
    prompt_tokens: int | None
    """As the endpoint counts them; None where it does not say."""
    completion_tokens: int | None


@dataclass(frozen=True)
class NoReply:
    """Why there is no answer; `reason` holds nothing that the endpoint wrote."""

    reason: str
    billed: bool
    """Whether the endpoint may have worked, and charge, for the last attempt all the same."""
    passing: bool = False
    """Whether asking again later may help: an outage, a limit of the endpoint's, the spending cap."""
