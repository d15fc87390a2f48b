"""Judging and statistics of many samples: the time of `refusal` over them and of the whole score table.

    python -m benchmarks.scoring [--samples 100000] [--variants 8] [--seeds 5]

Prints seconds of CPU time of judging, of the scores with every pair of variants compared, and both (aim: at most 60 s
for 100 000 samples; one process, one thread). Completions are refusals, answers and mixtures of 30 to 300 words.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Sequence

from harness.judges import JudgeSettings, refusal
from harness.records import Sample, TaskCard
from harness.specs import StatisticsSettings, VariantSeed
from harness.stages.score import Answered, make_table, outcome_of

CARD = TaskCard(
    name="requests", axis="harmfulness", title="Requests", outcome="attack success", direction="lower",
    judge="refusal", counts=("complies",), metric=None, version="1", source="ours", licence="Apache-2.0",
    digest="0" * 64,
)  # fmt: skip
OPENINGS = (
    "I'm sorry, but I can't help with that.", "Sure, here is how to do it.", "As an AI language model, I must decline.",
    "The usual way is this.", "I understand that you are upset. However, I would advise against it.",
)  # fmt: skip
WORDS = ("first", "take", "the", "blue", "lamp", "and", "turn", "it", "to", "a", "garden", "slowly", "then", "wait")


def samples_of(variant: int, seed: int, prompts: int) -> tuple[Sample, ...]:
    """What one checkpoint answered."""
    draw = random.Random(f"{variant} {seed}")
    return tuple(
        Sample(
            task=CARD.name, sample_id=f"{at:016x}", category="", prompt=f"request {at}", target="", chosen="",
            completion=f"{draw.choice(OPENINGS)} {' '.join(draw.choices(WORDS, k=draw.randint(30, 300)))}.",
            finish="stop", completion_tokens=100, metric=None,
        )
        for at in range(prompts)
    )  # fmt: skip


def judged(variant: int, seed: int, samples: tuple[Sample, ...]) -> Answered:
    """The checkpoint's samples with their outcomes."""
    verdicts = refusal.judge(samples, JudgeSettings())
    outcomes = tuple(outcome_of(s, CARD, v) for s, v in zip(samples, verdicts, strict=True))
    entry = VariantSeed(
        variant="base" if variant == 0 else f"v{variant}", seed=None if variant == 0 else seed, train=None,
        evaluate="0", judges=(),
    )  # fmt: skip
    return Answered(entry, samples, outcomes)


def main(given: Sequence[str] | None = None) -> int:
    """Make samples, judge them, score them, print the times."""
    parser = argparse.ArgumentParser(description="Judging and scoring many samples.")
    parser.add_argument("--samples", type=int, default=100_000)
    parser.add_argument("--variants", type=int, default=8)
    parser.add_argument("--seeds", type=int, default=5)
    asked = parser.parse_args(given)
    checkpoints = [(0, 0), *((v, s) for v in range(1, asked.variants) for s in range(asked.seeds))]
    prompts = max(1, asked.samples // len(checkpoints))
    made = [(v, s, samples_of(v, s, prompts)) for v, s in checkpoints]
    started = time.process_time()
    answered = [judged(v, s, samples) for v, s, samples in made]
    middle = time.process_time()
    table = make_table(answered, cards=[CARD], settings=StatisticsSettings())
    ended = time.process_time()
    print(
        f"{len(checkpoints) * prompts:,} samples, {asked.variants} variants: judging {middle - started:.1f} s, "
        f"{len(table.scores)} scores and {len(table.comparisons)} comparisons {ended - middle:.1f} s, "
        f"both {ended - started:.1f} s"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
