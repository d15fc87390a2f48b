"""The leakage check on made-up text: seconds and memory for so many rows and prompts, on one core.

    python -m benchmarks.leakage                     100 000 rows of 130 words, 10 000 prompts

Words are drawn by Zipf's law from 50 000, half of the texts open with one of 40 frames, and one prompt in a hundred is
planted in a row, exactly or with a word changed. It ends with 1 where a planted prompt is not found.
"""

from __future__ import annotations

import argparse
import itertools
import random
import resource
import time
from collections.abc import Iterator

from harness.leakage import Passage, ScoredPrompt, find

VOCABULARY = 50_000
FRAMES = 40
PLANTED = 100
"""One prompt in so many."""


class Texts:
    """Draws texts from a seeded generator."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.known = [f"w{number}" for number in range(VOCABULARY)]
        self.weights = list(itertools.accumulate(1 / (rank + 10) for rank in range(VOCABULARY)))
        self.frames = [self.words(6) for _ in range(FRAMES)]

    def words(self, count: int) -> list[str]:
        """So many words."""
        return self.rng.choices(self.known, cum_weights=self.weights, k=count)

    def text(self, count: int) -> str:
        """A text of so many words, in half of the cases after a frame."""
        opening = self.rng.choice(self.frames) if self.rng.random() < 0.5 else []
        return " ".join([*opening, *self.words(count)])


def passages(texts: Texts, rows: int, planted: list[str]) -> Iterator[Passage]:
    """Rows of a question and an answer, the planted prompts in the first."""
    for number in range(rows):
        asked = planted[number] if number < len(planted) else texts.text(30)
        yield Passage("data", "made up", f"row {number + 1}", asked)
        yield Passage("data", "made up", f"row {number + 1}", texts.text(100), quotable=False)


def main() -> int:
    """Print what was found and what it took; 1 where a planted prompt was missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--prompts", type=int, default=10_000)
    chosen = parser.parse_args()
    texts = Texts(0)
    prompts = [ScoredPrompt("t", str(n), texts.text(texts.rng.randint(4, 60))) for n in range(chosen.prompts)]
    long = [p for p in prompts if len(p.text.split()) >= 20][: chosen.prompts // PLANTED]
    planted = [p.text if n % 2 else p.text.replace(p.text.split()[9], "changed", 1) for n, p in enumerate(long)]
    rows = list(passages(texts, chosen.rows, planted))
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    found = find(prompts, rows, near=0.8, min_words=8)
    seconds = time.perf_counter() - started
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - held) / 1024
    missed = {p.sample_id for p in long} - {overlap.sample_id for overlap in found}
    exact = sum(overlap.kind == "exact" for overlap in found)
    print(f"{chosen.rows} rows, {chosen.prompts} prompts: {seconds:.1f} s, {grown:.0f} MiB more")
    print(f"planted {len(long)}, found {len(found)} ({exact} exact), missed {len(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
