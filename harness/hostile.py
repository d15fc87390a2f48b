"""Makes hostile text (model output, prompts, names) safe to look at: nothing hidden, nothing reordered.

Control, bidi and other invisible characters become marks such as `⟦U+202E⟧`, in report and terminal alike.
"""

from __future__ import annotations

import re
import unicodedata

_KEPT = "\n\t"
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories: controls, formats (bidi, zero width), surrogates, private, unassigned, separators."""
_INVISIBLE = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f")
"""Letters and symbols that show nothing."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_SUSPECT = re.compile(r"[^\x20-\x7e\n\t]")


def visible(text: str) -> str:
    """`text` with every character that hides or reorders shown as its code point; newline and tab stay."""
    return _SUSPECT.sub(_mark, text)


def one_line(text: str) -> str:
    """`visible`, with newlines and tabs as spaces."""
    return " ".join(visible(text).split())


def encodable(text: str) -> str:
    """`text` with lone surrogates, which no UTF-8 can hold, as marks; everything else stays as it is."""
    return _SURROGATE.sub(_mark, text)


def _mark(match: re.Match[str]) -> str:
    character = match.group()
    if character in _KEPT:
        return character
    if unicodedata.category(character) in _HIDDEN or character in _INVISIBLE:
        return f"⟦U+{ord(character):04X}⟧"
    return character
