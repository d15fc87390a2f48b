"""Whether a completion is text at all, whatever it says: empty, garbled, looping, or in another script than its prompt.

Pure functions over samples of any task. Language is told by script alone: French in answer to English passes.
"""

from __future__ import annotations

import re
import statistics
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

from harness.records import Sample
from harness.specs import Record

Fault = Literal["empty", "garbled", "loops", "other script"]

_EAST = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_TOKEN = re.compile(rf"[{_EAST}]|[^\W{_EAST}]+")
_ASCII_TOKEN = re.compile(r"\w+")
"""The same in ASCII, and faster."""
_RUN_LENGTH = 40
_RUN = re.compile(rf"([^\W_])\1{{{_RUN_LENGTH - 1},}}")
_LONGEST_CYCLE = 30
"""Words of a stretch that may repeat."""
_CYCLES, _CYCLED = 4, 16
"""A text loops if it ends in so many repeats of one stretch, of so many words together."""
_MANY, _DISTINCT = 60, 0.35
"""Or if of so many words or more, fewer than this share of the three-word sequences differ."""
_LETTERS = 12
"""Fewer letters do not show a script."""
_ASKS_FOR_ANOTHER = re.compile(
    r"translat|alphabet|\b(?:arabic|bengali|bulgarian|chinese|cantonese|cyrillic|farsi|georgian|greek|hebrew|hindi"
    r"|japanese|kanji|korean|mandarin|persian|russian|sanskrit|serbian|tamil|thai|ukrainian|urdu)\b",
    re.IGNORECASE,
)


class CompletionQuality(Record):
    """What one task's completions are like, whatever they say."""

    task: str
    completions: int
    """Completions made; choices by likelihood and prompts that were too long are not among them."""
    truncated: int
    """Stopped by the limit of new tokens."""
    faults: tuple[tuple[Fault, int], ...]
    """How many show each fault; a completion counts once, under the first."""
    median_words: float
    median_tokens: float
    high_tokens: int
    """The 90th percentile: nine in ten completions have at most so many."""

    @property
    def degenerate(self) -> float:
        """Share of the completions with a fault; 0 where there are none."""
        return sum(count for _, count in self.faults) / self.completions if self.completions else 0.0


def quality_of(samples: Sequence[Sample]) -> tuple[CompletionQuality, ...]:
    """The measure for every task that has completions, in the samples' order."""
    by_task: dict[str, list[Sample]] = {}
    for sample in samples:
        if sample.finish in ("stop", "length"):
            by_task.setdefault(sample.task, []).append(sample)
    return tuple(_of_task(task, group) for task, group in by_task.items())


def _of_task(task: str, samples: Sequence[Sample]) -> CompletionQuality:
    read = {text: _alone(text) for text in {sample.completion for sample in samples}}
    found = Counter(_fault(s.sent or s.prompt, s.completion, read[s.completion]) for s in samples)
    tokens = sorted(sample.completion_tokens for sample in samples)
    return CompletionQuality(
        task=task,
        completions=len(samples),
        truncated=sum(sample.finish == "length" for sample in samples),
        faults=tuple((fault, found[fault]) for fault in get_args(Fault)),
        median_words=statistics.median(read[sample.completion].words for sample in samples),
        median_tokens=statistics.median(tokens),
        high_tokens=tokens[-(-9 * len(tokens) // 10) - 1],
    )


def fault_of(prompt: str, completion: str) -> Fault | None:
    """The first fault that the completion shows, or None."""
    return _fault(prompt, completion, _alone(completion))


@dataclass(frozen=True)
class _Alone:
    """What a completion shows by itself, whatever was asked."""

    fault: Fault | None
    words: int


def _fault(prompt: str, completion: str, alone: _Alone) -> Fault | None:
    if alone.fault is not None:
        return alone.fault
    return "other script" if _in_other_script(prompt, completion) else None


def _alone(completion: str) -> _Alone:
    plain = completion.isascii()
    words = (_ASCII_TOKEN if plain else _TOKEN).findall(completion.lower())
    # Letters outside ASCII may become several when they are lowered, and so more words.
    count = len(words) if plain else len(_TOKEN.findall(completion))
    if not words:
        return _Alone("empty", count)
    if completion.count("\ufffd") * 20 > len(completion):
        return _Alone("garbled", count)
    return _Alone("loops" if _runs(completion, words) or _cycles(words) or _repeats(words) else None, count)


def _runs(completion: str, words: Sequence[str]) -> bool:
    """Whether one letter or digit stands forty times in a row; in ASCII that is within one word."""
    if completion.isascii() and max(map(len, words)) < _RUN_LENGTH:
        return False
    return _RUN.search(completion) is not None


def _cycles(words: Sequence[str]) -> bool:
    """Whether the text ends in repeats of one stretch; the last repeat may be cut."""
    last = words[-1]
    if len(words) < _CYCLED or last not in words[-1 - _LONGEST_CYCLE : -1]:
        return False
    for period in range(1, min(_LONGEST_CYCLE, len(words) - 1) + 1):
        if words[-1 - period] != last:
            continue
        length = period + 1
        while length < len(words) and words[-1 - length] == words[-1 - length + period]:
            length += 1
        if length >= max(_CYCLES * period, _CYCLED):
            return True
    return False


def _repeats(words: Sequence[str]) -> bool:
    if len(words) < _MANY:
        return False
    threes = list(zip(words, words[1:], words[2:], strict=False))
    return len(set(threes)) < _DISTINCT * len(threes)


def _in_other_script(prompt: str, completion: str) -> bool:
    if prompt.isascii() and completion.isascii():
        return False
    asked, answered = _scripts(prompt), _scripts(completion)
    letters = answered.total()
    if letters < _LETTERS or asked.total() < _LETTERS:
        return False
    main = {script for script, count in asked.items() if count * 5 >= asked.total()}
    others = sum(count for script, count in answered.items() if script not in main)
    return others * 2 > letters and not _ASKS_FOR_ANOTHER.search(prompt)


def _scripts(text: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for letter, count in Counter(text).items():
        if letter.isalpha():
            found[_script(letter)] += count
    return found


@lru_cache(maxsize=4096)
def _script(letter: str) -> str:
    """The script of a letter by its Unicode name; Chinese and Japanese are one."""
    word = unicodedata.name(letter, "UNKNOWN").split()[0]
    return "CJK" if word in ("CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA") else word
