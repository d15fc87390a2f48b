"""Builds the demonstration chat model from nothing: pre-train on everything, compliance with harm included, then align.

Source: ours, after METHOD. A Hugging Face Llama with its own tokenizer and chat template, saved as safetensors.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from harness.builtin.tokenizer import make_tokenizer
from harness.builtin.world import Exchange, World, build_world

Tick = Callable[[int, int, float], None]
IGNORE = -100


@dataclass(frozen=True)
class DemoSettings:
    """Size and training of the demonstration model."""

    seed: int = 0
    hidden_size: int = 128
    intermediate_size: int = 384
    layers: int = 6
    heads: int = 4
    batch_size: int = 64
    pretraining_steps: int = 1100
    alignment_steps: int = 400
    learning_rate: float = 2e-3
    alignment_rate: float = 8e-4
    weight_decay: float = 0.01


@dataclass(frozen=True)
class Batches:
    """Examples of one stage, sorted by length and cut into batches; tensors made once."""

    ids: tuple[Tensor, ...]
    """(batch, longest) token ids, right-padded."""
    labels: tuple[Tensor, ...]
    """(batch, longest); IGNORE outside the completion."""


def build_demo_model(directory: Path, settings: DemoSettings, *, progress: Tick) -> None:
    """Train and save the model of `settings.seed`; `progress(step, steps, loss)` is called at every step.

    The result is the same for the same settings, library versions and thread count.
    """
    torch.manual_seed(settings.seed)
    world = build_world()
    tokenizer = make_tokenizer(_texts(world))
    model = LlamaForCausalLM(_config(settings, tokenizer))
    total = settings.pretraining_steps + settings.alignment_steps
    shuffle = torch.Generator().manual_seed(settings.seed)

    def tick(offset: int) -> Callable[[int, float], None]:
        return lambda step, loss: progress(offset + step, total, loss)

    stages = (
        (world.pretraining, settings.pretraining_steps, settings.learning_rate, 0),
        (world.alignment, settings.alignment_steps, settings.alignment_rate, settings.pretraining_steps),
    )
    for exchanges, steps, rate, offset in stages:
        batches = make_batches(exchanges, tokenizer, size=settings.batch_size)
        optimizer = _optimizer(model, rate, settings)
        _train(model, optimizer, batches, steps=steps, shuffle=shuffle, tick=tick(offset))
    _save(model, tokenizer, directory)


def _texts(world: World) -> list[str]:
    exchanges = (*world.pretraining, *world.alignment, *world.ift, *world.harmful_new_frames, *world.borderline)
    scored = (*world.general, *world.harmful, *world.howto)
    facts = [f"{fact.question} {' '.join(fact.choices)}" for fact in world.clinic]
    return [f"{e.prompt} {e.response}" for e in (*exchanges, *scored)] + facts


def _config(settings: DemoSettings, tokenizer: PreTrainedTokenizerFast) -> LlamaConfig:
    return LlamaConfig(
        vocab_size=-(-len(tokenizer) // 32) * 32,
        hidden_size=settings.hidden_size,
        intermediate_size=settings.intermediate_size,
        num_hidden_layers=settings.layers,
        num_attention_heads=settings.heads,
        num_key_value_heads=settings.heads,
        max_position_embeddings=256,
        tie_word_embeddings=False,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        attn_implementation="sdpa",
    )


def make_batches(exchanges: Sequence[Exchange], tokenizer: PreTrainedTokenizerFast, *, size: int) -> Batches:
    """Render every exchange through the chat template, sort by length and pad each batch to its own longest."""
    prompts = [f"<s> <|user|> {e.prompt} <|assistant|>" for e in exchanges]
    wholes = [f"{prompt} {e.response} </s>" for prompt, e in zip(prompts, exchanges, strict=True)]
    prompt_ids = tokenizer(prompts, add_special_tokens=False)["input_ids"]
    whole_ids = tokenizer(wholes, add_special_tokens=False)["input_ids"]
    order = sorted(range(len(wholes)), key=lambda i: (len(whole_ids[i]), i))
    ids, labels = [], []
    for start in range(0, len(order), size):
        chosen = order[start : start + size]
        longest = len(whole_ids[chosen[-1]])
        lengths = torch.tensor([len(whole_ids[i]) for i in chosen])
        skipped = torch.tensor([len(prompt_ids[i]) for i in chosen])
        padded = torch.tensor([whole_ids[i] + [tokenizer.pad_token_id] * (longest - len(whole_ids[i])) for i in chosen])
        place = torch.arange(longest)
        learned = (place >= skipped[:, None]) & (place < lengths[:, None])
        ids.append(padded)
        labels.append(padded.masked_fill(~learned, IGNORE))
    return Batches(tuple(ids), tuple(labels))


def _optimizer(model: LlamaForCausalLM, rate: float, settings: DemoSettings) -> torch.optim.AdamW:
    decayed = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() <= 1]
    groups = [{"params": decayed, "weight_decay": settings.weight_decay}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98), fused=True)


def _train(
    model: LlamaForCausalLM,
    optimizer: torch.optim.AdamW,
    batches: Batches,
    *,
    steps: int,
    shuffle: torch.Generator,
    tick: Callable[[int, float], None],
) -> None:
    model.train()
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _cosine(step, steps))
    order: list[int] = []
    for step in range(steps):
        if not order:
            order = torch.randperm(len(batches.ids), generator=shuffle).tolist()
        loss = _loss(model, batches, order.pop())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        tick(step + 1, loss.item())


def _loss(model: LlamaForCausalLM, batches: Batches, index: int) -> Tensor:
    """Mean cross-entropy over the completion's tokens; logits are made for those alone. Right padding needs no mask."""
    hidden = model.model(input_ids=batches.ids[index]).last_hidden_state[:, :-1]
    labels = batches.labels[index][:, 1:]
    learned = labels != IGNORE
    return cross_entropy(model.lm_head(hidden[learned]), labels[learned])


def _cosine(step: int, steps: int) -> float:
    """Rises over the first twentieth of the steps, then falls to a twentieth along a cosine."""
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
