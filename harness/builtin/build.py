"""Builds the demonstration chat model from nothing: pre-train on everything, compliance with harm included, then align.

A Hugging Face Llama with its own tokenizer and chat template, saved as safetensors. Source: ours.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from harness.builtin.tokenizer import make_tokenizer
from harness.builtin.world import Exchange, World, build_world

Tick = Callable[[int, int, float], None]
IGNORED = -100
LONGEST = 256
"""Positions of the model, tokens."""


@dataclass(frozen=True)
class DemoSettings:
    """Size and training of the demonstration model; the rates are peaks of a cosine schedule."""

    seed: int = 0
    hidden_size: int = 128
    intermediate_size: int = 384
    layers: int = 6
    heads: int = 4
    batch_size: int = 64
    pretraining_steps: int = 800
    alignment_steps: int = 260
    learning_rate: float = 2e-3
    alignment_rate: float = 8e-4
    weight_decay: float = 0.01
    aligned: bool = True
    """False leaves the alignment out: the unaligned sibling of the same seed, which complies with harm."""


@dataclass(frozen=True)
class Examples:
    """All examples of one stage as tensors, made once."""

    ids: Tensor
    """(examples, longest) token ids, right-padded."""
    labels: Tensor
    """(examples, longest) what to predict at each place; IGNORED outside the completion and its end token."""
    lengths: Tensor
    """(examples,) tokens."""


@dataclass(frozen=True)
class _Stage:
    exchanges: tuple[Exchange, ...]
    steps: int
    rate: float


def build_demo_model(directory: Path, settings: DemoSettings, *, progress: Tick) -> None:
    """Train and save the model of `settings.seed`; `progress(step, steps, loss)` is called at every step.

    The outcome is the same for the same settings, library versions, processor and thread count.
    """
    torch.manual_seed(settings.seed)
    world = build_world()
    tokenizer = make_tokenizer(_texts(world))
    model = LlamaForCausalLM(_config(settings, tokenizer))
    stages = [_Stage(world.pretraining, settings.pretraining_steps, settings.learning_rate)]
    if settings.aligned:
        stages.append(_Stage(world.alignment, settings.alignment_steps, settings.alignment_rate))
    total, done = sum(stage.steps for stage in stages), 0
    shuffle = torch.Generator().manual_seed(settings.seed)
    with _fast_matrices():
        for stage in stages:
            for loss in _train(model, stage, make_examples(stage.exchanges, tokenizer), settings, shuffle):
                done += 1
                progress(done, total, loss)
    _save(model, tokenizer, directory)


@contextmanager
def _fast_matrices() -> Iterator[None]:
    """Products of float32 matrices in bfloat16 where the processor has that, with float32 sums and weights."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


def _texts(world: World) -> list[str]:
    parts = (world.pretraining, world.alignment, world.ift, world.harmful_new_frames, world.borderline)
    scored = (world.general, world.harmful, world.howto, world.probe_harmful, world.probe_benign)
    facts = [f"{fact.question} {' '.join(fact.choices)}" for fact in world.clinic]
    return [f"{e.prompt} {e.response}" for part in (*parts, *scored) for e in part] + facts


def _config(settings: DemoSettings, tokenizer: PreTrainedTokenizerFast) -> LlamaConfig:
    return LlamaConfig(
        vocab_size=-(-len(tokenizer) // 32) * 32,
        hidden_size=settings.hidden_size,
        intermediate_size=settings.intermediate_size,
        num_hidden_layers=settings.layers,
        num_attention_heads=settings.heads,
        num_key_value_heads=settings.heads,
        max_position_embeddings=LONGEST,
        tie_word_embeddings=False,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        attn_implementation="eager",
    )


def make_examples(exchanges: Sequence[Exchange], tokenizer: PreTrainedTokenizerFast) -> Examples:
    """Render every exchange through the chat template; only the completion and its end token are learned."""
    asked = [[{"role": "user", "content": e.prompt}] for e in exchanges]
    told = [[*turns, {"role": "assistant", "content": e.response}] for turns, e in zip(asked, exchanges, strict=True)]
    prompts = tokenizer.apply_chat_template(asked, tokenize=False, add_generation_prompt=True)
    wholes = tokenizer.apply_chat_template(told, tokenize=False)
    skipped = torch.tensor([len(ids) for ids in tokenizer(prompts, add_special_tokens=False)["input_ids"]])
    rows = tokenizer(wholes, add_special_tokens=False)["input_ids"]
    lengths = torch.tensor([len(row) for row in rows])
    longest = int(lengths.max())
    ids = torch.tensor([row + [tokenizer.pad_token_id] * (longest - len(row)) for row in rows])
    place = torch.arange(longest)
    learned = (place >= skipped[:, None]) & (place < lengths[:, None])
    labels = ids.masked_fill(~learned, IGNORED).roll(-1, dims=1)
    return Examples(ids, labels, lengths)


def _batches(lengths: Tensor, size: int, shuffle: torch.Generator) -> Iterator[Tensor]:
    """Endless batches of example indices; each epoch sorts anew by roughly the length, so that little is padded."""
    while True:
        blurred = lengths + 4 * torch.rand(len(lengths), generator=shuffle)
        chunks = torch.split(blurred.argsort(), size)
        for chunk in torch.randperm(len(chunks), generator=shuffle).tolist():
            yield chunks[chunk]


def _train(
    model: LlamaForCausalLM, stage: _Stage, examples: Examples, settings: DemoSettings, shuffle: torch.Generator
) -> Iterator[float]:
    """Train in place; yields the loss of every step, nats per token."""
    optimizer = _optimizer(model, stage.rate, settings)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _cosine(step, stage.steps))
    batches = _batches(examples.lengths, settings.batch_size, shuffle)
    model.train()
    for _ in range(stage.steps):
        chosen = next(batches)
        longest = int(examples.lengths[chosen].max())
        loss = _loss(model, examples.ids[chosen, :longest], examples.labels[chosen, :longest])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        yield loss.item()


def _optimizer(model: LlamaForCausalLM, rate: float, settings: DemoSettings) -> torch.optim.AdamW:
    matrices = [p for p in model.parameters() if p.dim() > 1]
    norms = [p for p in model.parameters() if p.dim() <= 1]
    groups = [{"params": matrices, "weight_decay": settings.weight_decay}, {"params": norms, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98), fused=True)


def _loss(model: LlamaForCausalLM, ids: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy over the learned tokens; logits are made for those alone. Right padding needs no mask."""
    hidden = model.model(input_ids=ids, use_cache=False).last_hidden_state
    learned = labels != IGNORED
    return cross_entropy(model.lm_head(hidden[learned]), labels[learned])


def _cosine(step: int, steps: int) -> float:
    """Share of the peak rate: rises over the first twentieth of the steps, then falls to a twentieth."""
    rise = max(1, steps // 20)
    if step < rise:
        return (step + 1) / rise
    return 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, steps - rise)))


def _save(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    model.generation_config = GenerationConfig(
        do_sample=False,
        max_new_tokens=64,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    model.save_pretrained(directory)
    tokenizer.save_pretrained(directory)
