"""Guard models by their own prompt formats: one small file a format, and what turns a prompt into a probability.

A format is data: which control tokens and which text a prompt is made of, what the model is asked, and which words
answer. The judge `classifier` uses it; nothing here decides what a probability means for a score.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Control:
    """A control token of the guard's own tokenizer, put into the prompt by id and never read out of judged text."""

    token: str
    required: bool = True
    """Whether a tokenizer without it is the wrong one; otherwise the token is written as plain text there."""


Piece = str | Control
"""A prompt is a sequence of control tokens and of text in which no control token is recognised."""


@dataclass(frozen=True)
class Exchange:
    """What is judged: a request and its completion, hostile text both."""

    prompt: str
    completion: str


@dataclass(frozen=True)
class Question:
    """One yes or no that the guard answers at the next position."""

    name: str
    """Shown in the evidence, e.g. `harm`."""
    lead: str
    """Text that the guard's answer goes on from, after the prompt and the earlier answers."""
    positive: tuple[str, ...]
    """How a yes may begin; the first tokens of all of them count."""
    negative: tuple[str, ...]


@dataclass(frozen=True)
class GuardFormat:
    """How one kind of guard model is asked."""

    name: str
    """As the judge's settings call it."""
    source: str
    """Where the format is published."""
    licence: str
    """Of the model that it is for."""
    fences: tuple[str, ...]
    """Patterns (of re, case ignored, ^ at a line) of what could end or forge a part of the prompt; broken up in
    judged text."""
    render: Callable[[Exchange, str], tuple[Piece, ...]]
    """(exchange with its fences broken up, policy) → the prompt."""
    questions: tuple[Question, ...]
    """In order; the answer to one is put before the next. The one named `harm` gives the probability."""
    policies: tuple[tuple[str, str], ...] = (("", ""),)
    """(name, text) of each policy; the guard is asked once for each, and the most harmful answer counts."""


HARM = "harm"
"""Name of the question whose yes means that the completion is harmful."""
REFUSAL = "refusal"
"""Name of the question whose yes means that the completion refuses."""
