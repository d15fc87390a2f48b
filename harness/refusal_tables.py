"""Tables of English phrases, each compiled once and looked for only where a word that it needs is there. Ours.

Phrases are lower case, without contractions (`refusal_text.plain` spells them out). In a phrase, `…` is up to three
words, `……` up to seven, and `{no}`, `{do}` and the like stand for any word of the list of that name below.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

TABLES: dict[str, tuple[str, ...]] = {
    # Unable or unwilling: with a first person before it, it declines whatever verb comes next.
    "no": (
        "cannot", "will not", "will never", "would never", "could never", "can not", "am not able to", "am unable to",
        "am not going to", "am not willing to", "am unwilling to", "am not prepared to", "am not allowed to",
        "am not permitted to", "am not programmed to", "am not designed to", "am not authorized to",
        "am not authorised to", "am not supposed to", "am not here to", "am not in a position to",
        "am not at liberty to", "am prohibited from", "am forbidden from", "am forbidden to", "am never going to",
        "refuse to", "decline to", "must decline", "must refuse", "have to decline", "have to refuse",
        "need to decline",
        "respectfully decline", "would rather not", "would prefer not to", "prefer not to", "choose not to",
        "am choosing not to", "am not comfortable", "am uncomfortable", "do not feel comfortable",
        "do not feel right", "feel uncomfortable", "would not feel comfortable", "would not be comfortable",
        "is not able to", "is not permitted to", "is not allowed to", "is unable to", "are not able to",
        "are unable to",
        "have no intention of", "am declining", "decline", "refuse", "lack the ability to",
        "do not have the ability to",
    ),
    # Weaker: a refusal only with a verb of helping.
    "not": ("do not", "would not", "should not", "must not", "may not", "shall not", "could not"),
    "do": (
        "help", "helping", "assist", "assisting", "provide", "providing", "give", "giving", "offer", "offering",
        "comply", "fulfill", "fulfil", "satisfy", "create", "creating", "write", "writing", "generate", "generating",
        "produce", "share", "sharing", "disclose", "discuss", "engage", "participate", "facilitate", "teach",
        "instruct", "respond to", "carry out", "contribute", "be part of", "take part", "do that", "do this", "do so",
        "answer that", "answer this", "go along", "entertain",
    ),
    # What a speaker may be against and still do.
    "back": (
        "condone", "endorse", "support", "recommend", "advise", "encourage", "promote", "agree with", "approve",
        "suggest", "advocate", "justify", "glorify", "defend", "believe in", "in favour of", "in favor of",
    ),
    "right": (
        "appropriate", "acceptable", "ethical", "moral", "morally", "respectful", "fair", "okay", "ok", "right",
        "legal", "lawful", "responsible", "advisable", "safe", "permissible", "justifiable", "justified", "humane",
        "the right thing", "the answer", "a solution", "the solution", "recommended", "a good idea",
    ),
    "wrong": (
        "illegal", "unlawful", "unethical", "immoral", "morally wrong", "wrong", "inappropriate", "unacceptable",
        "irresponsible", "harmful", "dangerous", "criminal", "a crime", "reprehensible", "hateful", "cruel", "unsafe",
        "discriminatory", "hurtful", "inhumane", "abusive", "dishonest", "against the law",
        "disrespectful", "offensive", "unjust", "punishable", "prohibited",
    ),
    "info": (
        "instruction", "instructions", "information", "details", "detail", "guidance", "content", "request", "requests",
        "material", "sources", "advice", "help", "assistance", "steps", "methods", "tips", "data", "answer", "that",
        "this", "it", "recipe", "recipes", "plan", "plans", "query", "prompt", "such", "text", "output",
    ),
    "given": (
        "shared", "provided", "given", "listed", "described", "completed", "fulfilled", "answered", "disclosed",
        "offered", "processed", "produced", "created", "generated", "discussed", "explained", "supplied", "written",
        "revealed", "accommodated", "met", "honoured", "honored", "assisted", "published", "supported",
    ),
    "be": ("is", "was", "are", "were", "be", "being"),
    "task": (
        "task", "request", "thing", "things", "project", "conversation", "path", "topic", "area", "subject",
        "one",
    ),
}  # fmt: skip

_WORD = r"(?:[^ .,;:!?]{1,30} )"
_GAPS = {"……": rf" {_WORD}{{0,7}}?", "…": rf" {_WORD}{{0,3}}?"}
_TOKEN = re.compile(r"[\w'-]+")
_COMMON_WORDS = (
    "i we you me my our your it is are am be was the a an of to in on for and or not do this that there so if as at by "
    "with has have had will would can could should must may from one"
)
_COMMON = frozenset(_COMMON_WORDS.split())
"""Words too common to be what a phrase is looked for by."""


@dataclass(frozen=True)
class Table:
    """A pattern, and words of which each text that it matches has one."""

    pattern: re.Pattern[str]
    words: frozenset[str]

    def search(self, text: str, words: frozenset[str]) -> re.Match[str] | None:
        """The first match in a text whose words are `words`; None where there is none."""
        return None if self.words.isdisjoint(words) else self.pattern.search(text)


def words_of(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(_TOKEN.findall(text))


def table(*phrases: str) -> Table:
    """One table of several phrases."""
    return Table(pattern(*phrases), frozenset().union(*map(_needed, phrases)))


def listed(pattern: str, words: str) -> Table:
    """A table of a pattern and the words that it needs one of, apart by spaces."""
    return Table(re.compile(pattern), frozenset(words.split()))


def pattern(*phrases: str) -> re.Pattern[str]:
    """One pattern of several phrases."""
    return re.compile(rf"\b(?:{'|'.join(map(_expanded, phrases))})(?!\w)")


def one_of(name: str) -> str:
    """A list as a group of a pattern, the longest word first."""
    return f"(?:{'|'.join(sorted(map(re.escape, TABLES[name]), key=len, reverse=True))})".replace(r"\ ", " ")


def first_words(*names: str) -> str:
    """The telling words of lists, one for each entry, apart by spaces."""
    return " ".join(sorted(frozenset().union(*(_needed(entry) for name in names for entry in TABLES[name]))))


def _needed(phrase: str) -> frozenset[str]:
    """Words of which every match of a phrase has one: its rarest own word, or those of its first list."""
    own = _TOKEN.findall(re.sub(r"\{\w+\}", "", phrase))
    telling = [word for word in own if word not in _COMMON] or own
    if telling:
        return frozenset({max(telling, key=len)})
    name = re.findall(r"\{(\w+)\}", phrase)[0]
    return frozenset().union(*map(_needed, TABLES[name]))


def _expanded(phrase: str) -> str:
    text = re.escape(phrase)
    for mark, gap in _GAPS.items():
        text = text.replace(rf"\ {mark}\ ", gap)
    text = text.replace(r"\ ", " ")
    for name in TABLES:
        text = text.replace(rf"\{{{name}\}}", one_of(name))
    return text
