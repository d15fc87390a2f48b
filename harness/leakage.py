"""Which scored prompts occur, exactly or nearly, in other texts. Pure and deterministic. Source: ours.

Words: Unicode NFKC and case folding; punctuation, apostrophes and invisible characters dropped, signs before a number
kept (`5 - 3` is not `5 3`); an ideograph is a word of its own.

- Exact: the same words in the same order. Prompts of any length.
- Quoted, of three words up to `min_words`: the same words as whole sentences or lines of a longer text, as in
  `Please answer: How do I kill a process? Thanks!`. Amid other words (`she asked how do I kill a process in C`) a short
  prompt may be a phrase of another question, and does not count.
- Near, from `min_words` words: at least the share `near` of the prompt's runs of three words, its two ends counted as
  words, is in one text; or every run within the prompt is, so that the text quotes it whole. A changed word costs three
  runs wherever it stands: at 0.8 a prompt of 13 words may differ in one, of 28 in two. Short questions share their
  frame with others (`what is the capital of ...`) and differ in the word that matters, so they must be the same, whole.

A paraphrase is not found, nor a translation. The question may be taught in other words: an expertise task asks for what
the data teach, and that is no leakage, on any axis.

Every overlap over the threshold is found: a text that holds so many of a prompt's runs holds one of its few rarest, and
those alone are indexed; candidates are then counted exactly. Time is linear in the texts' words and memory in the
prompts' (texts are read one by one): 19 s and 128 MiB for 100 000 rows of 130 words and 10 000 prompts of up to 66, on
one core of a busy machine (benchmarks/leakage.py).
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.leakage_records import Among, Overlap

RUN = 3
"""Words in a run."""
SHOWN = 200
"""Characters of a text that a record keeps."""

_Run = tuple[str, ...]
_START, _END = ("\x02",) * (RUN - 1), ("\x03",) * (RUN - 1)
_DROPPED = re.compile("['\u2019\u02bc\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_IDEOGRAPHS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_LETTER = rf"[^\W_{_IDEOGRAPHS}]"
_BREAK = re.compile(r"""[\n\r:;"“”„«»()\[\]{}<>|*_`#]|[.!?](?!\w)|(?<=\s)[-–—](?=\s+\D)""")
"""Where a sentence, a line, a label or a quotation ends."""
_WORD = re.compile(rf"\d+(?:\.\d+)*(?!{_LETTER})|[{_IDEOGRAPHS}]|{_LETTER}+|[-+*/%^<>=×÷−](?=\s*\d)")


@dataclass(frozen=True)
class ScoredPrompt:
    """A prompt of a scored task."""

    task: str
    sample_id: str
    text: str


@dataclass(frozen=True)
class Passage:
    """A text that prompts are held against, and where it stands."""

    among: Among
    source: str
    place: str
    text: str
    quotable: bool = True
    """Whether a record may show it; an assistant's text may be a harmful answer."""


def words(text: str) -> tuple[str, ...]:
    """A text's words, as they are compared."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return tuple(_WORD.findall(_THOUSANDS.sub("", _DROPPED.sub("", folded))))


def similarity(prompt: str, text: str) -> float:
    """Share of the prompt's runs that the text has too; 1 where it quotes the prompt whole, 0 for a prompt of no word.

    A short prompt gets one as well; whether it may count is for `find` to say.
    """
    asked = words(prompt)
    return _similarity(_Prompt.of(asked), _runs(words(text))) if asked else 0.0


def find(
    prompts: Sequence[ScoredPrompt], passages: Iterable[Passage], *, near: float, min_words: int
) -> tuple[Overlap, ...]:
    """The prompts that occur in the passages, in their order, each with what is most like it (of equals, the first).

    `near` lies in (0, 1]; a prompt under `min_words` words only occurs if it is the same, alone or as whole sentences.
    """
    index = _Index(prompts, near=near, min_words=min_words)
    for passage in passages:
        index.look(passage)
    return tuple(index.overlap(at) for at in sorted(index.best))


def clipped(text: str) -> str:
    """The text on one line, at most SHOWN characters."""
    line = " ".join(text[: 4 * SHOWN].split())
    return line if len(line) <= SHOWN else line[: SHOWN - 1] + "…"


@dataclass(frozen=True)
class _Prompt:
    """A prompt's runs."""

    every: frozenset[_Run]
    """With the ends."""
    inner: frozenset[_Run]
    """Without them."""

    @staticmethod
    def of(asked: tuple[str, ...]) -> _Prompt:
        return _Prompt(frozenset(_runs(asked)), frozenset(zip(*(asked[at:] for at in range(RUN)), strict=False)))


@dataclass(frozen=True)
class _Match:
    exact: bool
    similarity: float
    passage: Passage

    @property
    def rank(self) -> tuple[bool, float]:
        return self.exact, self.similarity


class _Index:
    """The prompts by their words and by their rarest runs, and what was found of each."""

    def __init__(self, prompts: Sequence[ScoredPrompt], *, near: float, min_words: int) -> None:
        self.prompts = tuple(prompts)
        self.near = near
        self.exact: dict[object, list[int]] = {}
        self.runs: dict[int, _Prompt] = {}
        self.rare: dict[_Run, list[int]] = {}
        self.short: dict[_Run, list[tuple[int, tuple[str, ...]]]] = {}
        self.best: dict[int, _Match] = {}
        self.found: Counter[int] = Counter()
        for at, prompt in enumerate(self.prompts):
            asked = words(prompt.text)
            self.exact.setdefault(_identity(prompt.text, asked), []).append(at)
            if len(asked) >= max(min_words, RUN):
                self.runs[at] = _Prompt.of(asked)
            elif len(asked) >= RUN:
                self.short.setdefault(asked[:RUN], []).append((at, asked))
        common = Counter(run for prompt in self.runs.values() for run in prompt.every)
        for at, own in self.runs.items():
            for run in _rarest(own, common, near=near):
                self.rare.setdefault(run, []).append(at)

    def look(self, passage: Passage) -> None:
        """Note every prompt that the passage holds."""
        said = words(passage.text)
        same = self.exact.get(_identity(passage.text, said), ())
        for at in same:
            self._note(at, _Match(True, 1.0, passage))
        runs = _runs(said)
        candidates = {at for run in runs if run in self.rare for at in self.rare[run]}
        for at in sorted(candidates.difference(same)):
            share = _similarity(self.runs[at], runs)
            if share >= self.near:
                self._note(at, _Match(False, share, passage))
        self._quoted(passage, runs, same)

    def _quoted(self, passage: Passage, runs: set[_Run], same: Sequence[int]) -> None:
        """Note the short prompts that stand in the passage as whole sentences."""
        held = [one for run in runs if run in self.short for one in self.short[run] if one[0] not in same]
        pieces = [said for piece in _BREAK.split(passage.text) if (said := words(piece))] if held else []
        for at, asked in sorted(held):
            if _stands_in(asked, pieces):
                self._note(at, _Match(False, 1.0, passage))

    def overlap(self, at: int) -> Overlap:
        """What was found of prompt number `at`."""
        prompt, match = self.prompts[at], self.best[at]
        return Overlap(
            task=prompt.task,
            sample_id=prompt.sample_id,
            prompt=clipped(prompt.text),
            kind="exact" if match.exact else "near",
            similarity=match.similarity,
            among=match.passage.among,
            source=match.passage.source,
            place=match.passage.place,
            text=clipped(match.passage.text) if match.passage.quotable else "",
            found=self.found[at],
        )

    def _note(self, at: int, match: _Match) -> None:
        self.found[at] += 1
        if at not in self.best or match.rank > self.best[at].rank:
            self.best[at] = match


def _stands_in(asked: tuple[str, ...], pieces: Sequence[tuple[str, ...]]) -> bool:
    """Whether some pieces that follow one another are these very words."""
    for start in range(len(pieces)):
        joined: tuple[str, ...] = ()
        for piece in pieces[start:]:
            joined += piece
            if len(joined) >= len(asked):
                break
        if joined == asked:
            return True
    return False


def _identity(text: str, said: tuple[str, ...]) -> object:
    """What is equal for texts of the same words; without a word, the text itself."""
    return said or " ".join(text.split())


def _runs(said: tuple[str, ...]) -> set[_Run]:
    """Every run of a text, its ends counted as words."""
    whole = (*_START, *said, *_END)
    return set(zip(*(whole[at:] for at in range(RUN)), strict=False))


def _similarity(prompt: _Prompt, runs: set[_Run]) -> float:
    if prompt.inner and prompt.inner <= runs:
        return 1.0
    return len(prompt.every & runs) / len(prompt.every)


def _rarest(prompt: _Prompt, common: Counter[_Run], *, near: float) -> set[_Run]:
    """So few of the prompt's runs that every text which is near it holds one; those that fewest prompts have."""

    def rarity(run: _Run) -> tuple[int, _Run]:
        return common[run], run

    needed = math.ceil(near * len(prompt.every) - 1e-9)
    ordered = sorted(prompt.every, key=rarity)
    return {*ordered[: len(ordered) - needed + 1], min(prompt.inner, key=rarity)}
