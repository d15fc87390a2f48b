"""Training tokens/s: packed batches against padded ones grouped by length, on examples of mixed length.

    python -m benchmarks.packing [--steps 20] [--rounds 5] [--threads 1] [--width 256]

First the same batches go through both, whose mean losses must agree; exits with 1 where they don't. Then the two loops
take turns, so that other work on the machine falls on both; the ratio is the median of the rounds, with its range, and
so is that against padding without grouping by length, which is what packing is often compared with. Lengths are drawn
as instruction data have them: log-normal, from 16 to 512 tokens, most of them short.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from unittest.mock import patch

import harness  # noqa: F401 (hides packages built for another torch, before transformers looks for them)

# isort: split
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from benchmarks.training import ratios
from harness.chat import EncodedExample
from harness.specs import GroupRule, LoopSettings, TrainSpec
from harness.training.batches import make_batch
from harness.training.examples import IGNORED, Examples, load_examples, save_examples
from harness.training.groups import build_groups
from harness.training.loop import Training, train
from harness.training.losses import PLAIN
from harness.training.schedule import batch_order, drawn_order

VOCABULARY, EXAMPLES, BATCH, RATE = 1024, 1024, 16, 4e-4
TOLERANCE = 1e-5
"""Relative, of the loss of a batch."""


@dataclass(frozen=True)
class Measured:
    """One training."""

    rate: float
    """Unpadded tokens per second of CPU time."""
    final_loss: float


def make_examples(seed: int = 0) -> Examples:
    """Rows of 16 to 512 tokens; the second half of each is its completion and repeats the first."""
    draw, rows = random.Random(seed), []
    for _ in range(EXAMPLES):
        half = min(256, max(8, round(draw.lognormvariate(3.9, 0.8))))
        prompt = [draw.randrange(4, 200) for _ in range(half)]
        rows.append(EncodedExample((*prompt, *prompt), (False,) * half + (True,) * half))
    with tempfile.TemporaryDirectory() as folder:
        save_examples(rows, Path(folder))
        return load_examples(Path(folder))


def make_model(width: int) -> LlamaForCausalLM:
    """Four layers of `width`."""
    torch.manual_seed(0)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=VOCABULARY, hidden_size=width, intermediate_size=3 * width, num_hidden_layers=4,
            num_attention_heads=width // 64, num_key_value_heads=width // 64, tie_word_embeddings=True,
            bos_token_id=1, eos_token_id=3, pad_token_id=0, attn_implementation="sdpa",
        )
    )  # fmt: skip


def measure(examples: Examples, loop: LoopSettings, *, width: int) -> Measured:
    """Train a fresh model."""
    model = make_model(width)
    spec = TrainSpec(learning_rate=RATE, groups=(GroupRule(name="all", modules=("*",), scale=1),))
    busy = process_time()
    trained = train(Training(model, build_groups(model, spec), spec, loop, 0), examples, lambda _: None)
    return Measured(trained.tokens / (process_time() - busy), trained.final_loss)


def ungrouped(examples: Examples, loop: LoopSettings, *, width: int) -> Measured:
    """The padded loop with batches as they are drawn."""

    def order(lengths: torch.Tensor, *, batch_size: int, batches: int, seed: int) -> torch.Tensor:
        return drawn_order(len(lengths), batch_size=batch_size, batches=batches, seed=seed)

    with patch("harness.training.batches.batch_order", order):
        return measure(examples, loop, width=width)


def same_loss(examples: Examples, *, width: int) -> float:
    """The largest relative difference of a batch's loss between packed and padded, over eight batches."""
    model, apart = make_model(width).eval(), 0.0
    with torch.no_grad():
        for chosen in drawn_order(len(examples), batch_size=BATCH, batches=8, seed=0):
            losses = []
            for packed in (True, False):
                batch = make_batch(examples, chosen, packed=packed)
                losses.append(float(PLAIN.summed(model, batch)) / int((batch.labels != IGNORED).sum()))
            apart = max(apart, abs(losses[0] / losses[1] - 1))
    return apart


def filled(examples: Examples) -> tuple[float, float, float]:
    """Share of a batch's places that hold a token: packed, padded and grouped, padded as drawn."""
    shares = []
    grouped = batch_order(examples.lengths, batch_size=BATCH, batches=64, seed=0)
    drawn = drawn_order(len(examples), batch_size=BATCH, batches=64, seed=0)
    for order, packed in ((drawn, True), (grouped, False), (drawn, False)):
        made = [make_batch(examples, chosen, packed=packed) for chosen in order]
        shares.append(sum(b.tokens for b in made) / sum(b.input_ids.numel() for b in made))
    return shares[0], shares[1], shares[2]


def main() -> int:
    """Compare the losses, then the rates."""
    parser = argparse.ArgumentParser(description="Packed against padded training.")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--width", type=int, default=256)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    examples = make_examples()
    apart = same_loss(examples, width=asked.width)
    print(f"losses of the same batches differ by {apart:.1e} at most")
    print("places that hold a token: packed {:.0%}, grouped {:.0%}, as drawn {:.0%}".format(*filled(examples)))
    padded = LoopSettings(steps=asked.steps, batch_size=BATCH, threads=asked.threads, warmup_ratio=0)
    packing = padded.model_copy(update={"packing": True})
    rounds = [
        (
            measure(examples, packing, width=asked.width),
            measure(examples, padded, width=asked.width),
            ungrouped(examples, padded, width=asked.width),
        )
        for _ in range(asked.rounds)
    ]
    for at, name in enumerate(("packed", "grouped", "as drawn")):
        rates = " ".join(f"{run[at].rate:.0f}" for run in rounds)
        print(f"{name:9} tokens per CPU second by round: {rates}   final loss {rounds[0][at].final_loss:.4f}")
    print(f"packed / padded and grouped  {ratios([run[0].rate / run[1].rate for run in rounds])}")
    print(f"packed / padded as drawn     {ratios([run[0].rate / run[2].rate for run in rounds])}")
    return 0 if apart <= TOLERANCE else 1


if __name__ == "__main__":
    sys.exit(main())
