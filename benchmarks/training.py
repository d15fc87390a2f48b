"""Training tokens/s: our loop against TRL's SFTTrainer, on the same model, examples, batch size and learning
rate.

    python -m benchmarks.training [--steps 60] [--rounds 3] [--threads 1]

Prints their rates, the ratio (aim: at least 1.0), and both losses, which must agree; exits with 1 where
they don't. Both train a fresh Llama (6 layers of width 128) on rows of mixed length with completion-only
loss; TRL groups by length too. The two take turns, so that other work on the machine falls on both; the
ratio is the median of the rounds, with its range.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import harness  # noqa: F401 (hides packages built for another torch, before transformers looks for them)

# isort: split
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from harness.chat import EncodedExample
from harness.specs import GroupRule, LoopSettings, TrainSpec
from harness.training.examples import load_examples, save_examples
from harness.training.groups import build_groups
from harness.training.loop import Training, train

RATE, BATCH, VOCABULARY, EXAMPLES = 4e-4, 32, 1024, 2048
LOSS_TOLERANCE = 0.03
"""Relative; the two see the examples in different orders."""


@dataclass(frozen=True)
class Measured:
    """One trainer's run."""

    tokens: int
    seconds: float
    """Wall time."""
    cpu_seconds: float
    """CPU time of this process, all threads; it says more on a machine that does other work too."""
    final_loss: float
    """Mean over the last tenth of the steps, nats per loss token."""

    @property
    def rate(self) -> float:
        """Unpadded tokens per second."""
        return self.tokens / self.seconds


def make_examples(seed: int = 0) -> list[EncodedExample]:
    """Rows of 12 to 60 tokens whose completions repeat their prompts, so that there is something to learn."""
    draw = random.Random(seed)
    examples = []
    for _ in range(EXAMPLES):
        prompt = [draw.randrange(4, 200) for _ in range(draw.randint(6, 30))]
        examples.append(
            EncodedExample(
                (1, *prompt, 2, *prompt, 3), (False,) * (len(prompt) + 2) + (True,) * (len(prompt) + 1)
            )
        )
    return examples


def make_model() -> LlamaForCausalLM:
    """The demonstration model's size: about 1.5 M parameters."""
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=128,
        intermediate_size=352,
        num_hidden_layers=6,
        num_attention_heads=4,
        num_key_value_heads=4,
        bos_token_id=1,
        eos_token_id=3,
        pad_token_id=0,
        tie_word_embeddings=True,
        attn_implementation="sdpa",
    )
    return LlamaForCausalLM(config)


def ours(examples: list[EncodedExample], *, steps: int, threads: int) -> Measured:
    """Our loop."""
    model = make_model()
    spec = TrainSpec(learning_rate=RATE, groups=(GroupRule(name="all", modules=("*",), scale=1),))
    loop = LoopSettings(steps=steps, batch_size=BATCH, warmup_ratio=0, threads=threads)
    with tempfile.TemporaryDirectory() as folder:
        save_examples(examples, Path(folder))
        ready = load_examples(Path(folder))
    start, busy = time.perf_counter(), time.process_time()
    trained = train(Training(model, build_groups(model, spec), spec, loop, 0), ready, lambda _: None)
    return Measured(
        trained.tokens, time.perf_counter() - start, time.process_time() - busy, trained.final_loss
    )


def trl(examples: list[EncodedExample], *, steps: int) -> Measured:
    """TRL's SFTTrainer with the same settings."""
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    rows = Dataset.from_list(
        [{"input_ids": list(e.ids), "completion_mask": [int(m) for m in e.labels_mask]} for e in examples]
    )
    with tempfile.TemporaryDirectory() as folder:
        settings = SFTConfig(
            output_dir=folder,
            max_steps=steps,
            per_device_train_batch_size=BATCH,
            learning_rate=RATE,
            lr_scheduler_type="cosine",
            warmup_steps=0,
            weight_decay=0.0,
            max_grad_norm=1.0,
            logging_steps=1,
            save_strategy="no",
            report_to=[],
            disable_tqdm=True,
            use_cpu=not torch.cuda.is_available(),
            seed=0,
            bf16=False,
            gradient_checkpointing=False,
            completion_only_loss=True,
            max_length=None,
            optim="adamw_torch_fused",
            train_sampling_strategy="group_by_length",
            eos_token=None,
        )
        trainer = SFTTrainer(
            model=make_model(), args=settings, train_dataset=rows, processing_class=_tokenizer()
        )
        start, busy = time.perf_counter(), time.process_time()
        trainer.train()
        seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - busy
    logged = [entry for entry in trainer.state.log_history if "loss" in entry]
    last = [entry["loss"] for entry in logged[-max(1, steps // 10) :]]
    return Measured(int(logged[-1]["num_tokens"]), seconds, cpu_seconds, sum(last) / len(last))


def _tokenizer() -> object:
    """TRL wants a tokenizer though the rows are token ids: one of bare numbers."""
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    words = {str(number): number for number in range(VOCABULARY)}
    return PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(models.WordLevel(words, unk_token="4")),
        pad_token="0",
        bos_token="1",
        eos_token="3",
    )


def ratios(ratios: list[float]) -> str:
    """Median and range over the rounds."""
    return f"{statistics.median(ratios):.2f}x ({min(ratios):.2f} to {max(ratios):.2f})"


def main() -> int:
    """Measure both and compare."""
    parser = argparse.ArgumentParser(description="Training tokens/s against TRL's SFTTrainer.")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    examples = make_examples()
    pairs = [
        (ours(examples, steps=asked.steps, threads=asked.threads), trl(examples, steps=asked.steps))
        for _ in range(asked.rounds)
    ]
    for name, runs in (("ours", [pair[0] for pair in pairs]), ("TRL", [pair[1] for pair in pairs])):
        rates = " ".join(f"{run.rate:.0f}" for run in runs)
        print(f"{name:5} tokens/s by round: {rates}   final loss {runs[0].final_loss:.4f}")
    print(f"ratio {ratios([m.rate / t.rate for m, t in pairs])} by wall time")
    print(
        f"ratio {ratios([(m.tokens / t.tokens) * t.cpu_seconds / m.cpu_seconds for m, t in pairs])} by CPU"
    )
    mine, theirs = pairs[0]
    agree = abs(mine.final_loss / theirs.final_loss - 1) <= LOSS_TOLERANCE
    print(f"losses {'agree' if agree else 'DISAGREE'} within {LOSS_TOLERANCE:.0%}")
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())
