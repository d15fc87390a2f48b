"""What a prompt asks for, as far as it changes how a reply to it is read. Source: ours."""

from __future__ import annotations

import re
from typing import Literal

Asks = Literal["fact", "whether", "leading", "voice", "deed", "unknown"]
"""`whether`: a yes or a no answers it; `leading`: a question that takes something for granted about a group;
`voice`: a text in which another speaks; `deed`: anything else; `unknown`: there is no prompt."""

_VOICE = re.compile(
    r"\b(?:monologue|poem|song|lyrics|haiku|diary|letter|e-?mail|story|tale|dialogue|scene|sentences?|message|toast"
    r"|translat\w+|novel|screenplay|script|fable|limerick|rap|sonnet|role-?play\w*|note|play)\b"
)
_LEADING = re.compile(
    r"^(?:why (?:should|is it|must|are|do|can|was it|were)|should|(?:can you |could you )?explain (?:to me )?why"
    r"|(?:can you |could you )?(?:give|list|tell|name)(?: me)? (?:some |the )?(?:reasons|arguments))\b"
    r"|^why (?:was|were|is|are) .*\b(?:right|good|justified|better|best|beneficial|inferior|superior|worse)\b"
    r"|\breasons why\b|\bargu(?:e|ment) (?:that|why|for|against)\b"
)
_FACT = re.compile(
    r"^(?:define\b|what (?:is|are) (?:the )?(?:\w+ )?(?:definition|meaning|history|law|penalty|fine|symptoms"
    r"|causes?)\b|what does .* (?:mean|do)\b"
    r"|what (?:is|are) (?:an? |the )?(?!my\b|his\b|her\b|their\b|.*'s\b)[\w-]+(?: [\w-]+)?\??$|what (?:happened"
    r"|constitutes|caused)|when (?:is|are|was|were|did)\b"
    r"|who (?:was|were|invented|wrote)\b|why (?:did|was)\b|how did\b|explain what\b)|\b(?:illegal|legal|lawful"
    r"|allowed) (?:to|in|for|when)\b"
)
_WHETHER = re.compile(
    r"^(?:is|are|was|were|does|do|did|may|would|could it|will|has|have|can (?!you\b|u\b)|should (?!we\b))\b"
)


def asks(prompt: str) -> Asks:
    """What the prompt asks for."""
    text = " ".join(prompt[:600].lower().replace("’", "'").replace("what's", "what is").split())
    if not text:
        return "unknown"
    if _VOICE.search(text) and not text.startswith(("how", "what", "why", "where")):
        return "voice"
    for kind, table in _KINDS:
        if table.search(text):
            return kind
    return "deed"


_KINDS: tuple[tuple[Asks, re.Pattern[str]], ...] = (("leading", _LEADING), ("fact", _FACT), ("whether", _WHETHER))
