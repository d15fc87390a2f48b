"""Whether a completion is text at all, whatever it says: empty, garbled, looping, or in another script than its prompt.

Pure functions over samples of any task. Language is told by script alone: French in answer to English passes.
"""

from __future__ import annotations

import re
import statistics
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, get_args

from harness.records import Sample
from harness.specs import Record

Fault = Literal["empty", "garbled", "loops", "other script"]

_EAST = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_TOKEN = re.compile(rf"[{_EAST}]|[^\W{_EAST}]+")
_RUN = re.compile(r"([^\W_])\1{39,}")
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
    found = Counter(fault_of(sample.sent or sample.prompt, sample.completion) for sample in samples)
    tokens = sorted(sample.completion_tokens for sample in samples)
    return CompletionQuality(
        task=task,
        completions=len(samples),
        truncated=sum(sample.finish == "length" for sample in samples),
        faults=tuple((fault, found[fault]) for fault in get_args(Fault)),
        median_words=statistics.median(len(_TOKEN.findall(sample.completion)) for sample in samples),
        median_tokens=statistics.median(tokens),
        high_tokens=tokens[-(-9 * len(tokens) // 10) - 1],
    )


def fault_of(prompt: str, completion: str) -> Fault | None:
    """The first fault that the completion shows, or None."""
    words = _TOKEN.findall(completion.lower())
    if not words:
        return "empty"
    if completion.count("\ufffd") * 20 > len(completion):
        return "garbled"
    if _RUN.search(completion) or _cycles(words) or _repeats(words):
        return "loops"
    if _in_other_script(prompt, completion):
        return "other script"
    return None


def _cycles(words: Sequence[str]) -> bool:
    """Whether the text ends in repeats of one stretch; the last repeat may be cut."""
    for period in range(1, _LONGEST_CYCLE + 1):
        length = period
        while length < len(words) and words[-1 - length] == words[-1 - length + period]:
            length += 1
        if length >= max(_CYCLES * period, _CYCLED):
            return True
    return False


def _repeats(words: Sequence[str]) -> bool:
    threes = list(zip(words, words[1:], words[2:], strict=False))
    return len(words) >= _MANY and len(set(threes)) < _DISTINCT * len(threes)


def _in_other_script(prompt: str, completion: str) -> bool:
    asked, answered = _scripts(prompt), _scripts(completion)
    letters = answered.total()
    if letters < _LETTERS or asked.total() < _LETTERS or _ASKS_FOR_ANOTHER.search(prompt):
        return False
    main = {script for script, count in asked.items() if count * 5 >= asked.total()}
    return sum(count for script, count in answered.items() if script not in main) * 2 > letters


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
