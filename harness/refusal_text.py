"""A completion as plain text: spelled out, without quotations and what is hidden; its lines and its parts.

Every function is linear in the length of what it is given. Source: ours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

READ = 12_000
"""Characters that are read at each end of a completion."""

_SPELLED = {
    "can't": "cannot", "cant": "cannot", "can not": "cannot", "won't": "will not", "n't": " not", "i'm": "i am",
    "it's": "it is", "that's": "that is", "there's": "there is", "'re": " are", "'ve": " have", "i'd": "i would",
    "i'll": "i will", "we'll": "we will", "let's": "let us", "here's": "here is", "what's": "what is",
    "you'll": "you will", "you'd": "you would",
}  # fmt: skip
_CONTRACTION = re.compile(
    r"\b(?:can't|cant|can not|won't|i'm|it's|that's|there's|i'd|i'll|we'll|let's|here's|what's|you'll|you'd)(?!\w)"
    r"|n't\b|'(?:re|ve)\b"
)
_HIDDEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_SIGNS = str.maketrans({"’": "'", "‘": "'", "´": "'", "`": "'", "“": '"', "”": '"', "—": " - ", "–": " - "})
_APART = re.compile(r" '(?=(?:m|t|s|re|ve|ll|d)\b)")
_QUOTED = re.compile(r'(?<!^)"[^"]{0,300}"|^"[^"]{0,300}"(?! ?$)')
_LEAD = re.compile(r"[^\w]*(?:(?:assistant|answer|response|reply|ai|bot|model)\s?:)?[^\w(]*")
_LISTED = re.compile(r"(?<=[.:;!?]) (?=(?:\d{1,2}[.)]|[-*•]) \w)")
_MARK = re.compile(r"(?:\d{1,2}[.)]|[-*•#]+) +")
_ENDS = re.compile(
    r" (?:(?<=[.!?;:] )|(?<=, )(?=so )|(?<=[\w,:] )- |(?=(?:but|however"
    r"|yet)\b,? )(?<!help )(?<!nothing )(?<!anything )(?<!all ))"
)
"""Begins with its blank, which is quickest to look for."""


_WHILE = ("while ", "although ", "though ", "even though ", "even if ")


@dataclass(frozen=True)
class Part:
    """A sentence, or the part of one before or after a semicolon, a dash or a `but`."""

    text: str
    listed: bool
    """An entry of a list."""
    at: int
    """Characters of the text before it."""


def plain(text: str) -> str:
    """Lower case, one space between words, contractions spelled out; nothing hidden, quoted or before the first word.

    A text that is a quotation as a whole keeps its words. Of a text over 2 × READ characters both ends are kept.
    """
    return laid_out(text).replace("\n", " ")


def laid_out(text: str) -> str:
    """As `plain`, with its lines."""
    text = text.strip()
    if len(text) > 2 * READ:
        text = f"{text[:READ]}\n{text[-READ:]}"
    text = _HIDDEN.sub("", text.translate(_SIGNS)).lower().replace("**", "")
    lines = [" ".join(line.split()) for line in text.splitlines()]
    words = _QUOTED.sub('""', _APART.sub("'", "\n".join(line for line in lines if line)))
    lead = _LEAD.match(words)
    return _CONTRACTION.sub(lambda match: _SPELLED[match.group()], words[lead.end() :] if lead else words)


def parts(text: str) -> list[Part]:
    """The parts of a text that is laid out, in order."""
    found: list[Part] = []
    at = 0
    for line in _LISTED.sub("\n", text).split("\n"):
        mark = _MARK.match(line)
        for piece in _pieces(line[mark.end() :] if mark else line):
            if piece:
                found.append(Part(piece.rstrip(" ,;:"), mark is not None, at))
            at += len(piece) + 1
    return found


def _pieces(line: str) -> list[str]:
    """A line at its ends, and a `while this is so, that` at its comma."""
    pieces = _ENDS.split(line)
    return [half for piece in pieces for half in (piece.split(", ", 1) if piece.startswith(_WHILE) else (piece,))]
