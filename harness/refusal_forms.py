"""Whether another than the model speaks in a text: a letter, verse, a dialogue, a story, a translation. Ours."""

from __future__ import annotations

import re

_OPENS = re.compile(
    r"^(?:subject: [^\n]*\n)?dear (?!user|friend|customer|sir or madam, i cannot)[^,\n]{1,40}[,:!]"
    r"|^(?:the )?(?:\w+ )?(?:translation|poem|song|lyrics|story|scene"
    r"|monologue|speech|letter|diary|dialogue|example sentences?)[^.\n]{0,40}(?: is|:|\n)|^dear diary"
)
_SIGNED = re.compile(r"\n(?:kind regards|best regards|regards|sincerely|yours|love|best wishes|cheers|with love)\b")
_SPEAKER = re.compile(r"^[a-z][\w'.]*(?: [\w'.]+)?: \S")
_TOLD = re.compile(
    r"^(?:the \w+|he|she) (?:said|whispered|asked|replied|cried)\b|"
    r'"" ?(?:\w+ ){0,3}?(?:said|says|whispered|asked|replied|cried|shouted|answered|told)\b'
    r"|, (?:said|whispered|replied|cried) (?:the|he|she|an?)\b|\b(?:he|she) (?:said|whispered|replied|shook)\b"
)
_TELLS = ("said", "says", "whispered", "asked", "replied", "cried", "shouted", "answered", "told", "shook")
_MODEL = re.compile(
    r"\b(?:as an ai|language model|ai assistant|i am an ai|this request|your request|my guidelines|my programming"
    r"|fulfill)\b"
)
META = re.compile(
    r"\b(?:request|content|that|this (?:scene|poem|story|song|letter|kind|type|sort|one|topic|material)|writ(?:e"
    r"|ing)|compos\w+"
    r"|creat\w+|generat\w+|produc\w+|draft\w*|role-?play\w*|as an ai|assistant|assist|comfortable|help you"
    r"|guidelines|such|refuse|declin\w+|rules|help with)\b"
)
"""A decline that is about the text asked for, and no line in it."""


def another_speaks(text: str) -> bool:
    """Whether the form of a text that is laid out shows that its first person is not the model."""
    return _formed(text) and _MODEL.search(text[:600]) is None


def _formed(text: str) -> bool:
    if _OPENS.match(text[:120]) or _SIGNED.search(text[-200:]):
        return True
    if any(word in text[:1500] for word in _TELLS) and _TOLD.search(text[:1500]):
        return True
    lines = text[:2000].split("\n")
    return _dialogue(lines) or _verse(lines)


def _dialogue(lines: list[str]) -> bool:
    spoken = [line for line in lines if _SPEAKER.match(line)]
    return len(spoken) >= 2 and bool(_SPEAKER.match(lines[0]))


def _verse(lines: list[str]) -> bool:
    """Three or more short lines, most of which end in no full stop and none of which opens a list."""
    if len(lines) < 2 or any(len(line) > 70 or re.match(r"[-*•#]|\d+[.)]", line) for line in lines):
        return False
    run_on = sum(not line.endswith((".", "?", ":")) for line in lines[:-1])
    return (len(lines) >= 3 and 2 * run_on >= len(lines) - 1) or (len(lines) == 2 and run_on == 1)
