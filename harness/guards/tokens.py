"""Prompts as token ids: control tokens by id, everything else as plain text, whatever judged text may contain."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import ModelError
from harness.guards import Control, Exchange, GuardFormat, Piece, Question

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True)
class Labels:
    """First tokens of a question's answers."""

    positive: tuple[int, ...]
    negative: tuple[int, ...]


_BREAKS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
"""What a reader may take for the end of a line, beside a newline."""


def text_of(pieces: Sequence[Piece]) -> str:
    """The prompt as a person would read it."""
    return "".join(piece.token if isinstance(piece, Control) else piece for piece in pieces)


def break_fences(text: str, fences: Sequence[str]) -> str:
    """`text` with a space before the last character of whatever could end or forge a part of the prompt.

    Line breaks of all kinds become newlines.
    """
    text = _BREAKS.sub("\n", text)
    for pattern in fences:
        text = re.sub(pattern, lambda m: m.group()[:-1] + " " + m.group()[-1], text, flags=re.I | re.M)
    return text


def render(guard: GuardFormat, exchange: Exchange, policy: str) -> tuple[Piece, ...]:
    """The guard's prompt for an exchange; fences in the judged text are broken up."""
    safe = Exchange(break_fences(exchange.prompt, guard.fences), break_fences(exchange.completion, guard.fences))
    return guard.render(safe, policy)


def encode(tokenizer: PreTrainedTokenizerBase, pieces: Sequence[Piece]) -> tuple[int, ...]:
    """Token ids: a Control becomes its id, and no special token is recognised in the text between.

    Raises ModelError for a tokenizer that lacks a required control token.
    """
    known = tokenizer.get_added_vocab()
    ids: list[int] = []
    text = ""
    for piece in pieces:
        if isinstance(piece, Control) and piece.token in known:
            ids += [*_plain(tokenizer, text), known[piece.token]]
            text = ""
        elif isinstance(piece, Control) and piece.required:
            raise ModelError(
                f"{tokenizer.name_or_path}: its tokenizer has no {piece.token}; the format is another model's"
            )
        else:
            text += piece.token if isinstance(piece, Control) else piece
    return (*ids, *_plain(tokenizer, text))


def label_ids(tokenizer: PreTrainedTokenizerBase, guard: GuardFormat, question: Question, before: str) -> Labels:
    """The first token of each answer to `question` where it follows a prompt and the text `before`.

    A token that both sides could begin with tells nothing and is left out. Raises ModelError where that leaves a side
    without tokens.
    """
    pieces = (*guard.render(Exchange("a", "b"), guard.policies[0][1]), before)
    start = encode(tokenizer, pieces)

    def first(answers: Sequence[str]) -> set[int]:
        continued = (encode(tokenizer, (*pieces, answer)) for answer in answers)
        return {ids[len(start)] for ids in continued if ids[: len(start)] == start and len(ids) > len(start)}

    positive, negative = first(question.positive), first(question.negative)
    both = positive & negative
    if not positive - both or not negative - both:
        words = f"{question.positive[0]!r} from {question.negative[0]!r}"
        raise ModelError(f"{tokenizer.name_or_path}: its tokenizer cannot tell {words} by their first tokens")
    return Labels(tuple(sorted(positive - both)), tuple(sorted(negative - both)))


def _plain(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    if not text:
        return []
    encoded = tokenizer(text, add_special_tokens=False, split_special_tokens=True)
    return [int(token) for token in encoded["input_ids"]]
