"""The base model's own refusals: what the refusal proxy scores, and what is generated under perturbation.

[ours, after a reviewer's objection: recognising a harmful request is not refusing it.]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from transformers import GenerationConfig, PreTrainedModel

from harness import plugins
from harness.records import Sample, Verdict

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

BATCH = 64
"""Prompts answered at once."""
REFUSES = "refuses"


@dataclass(frozen=True)
class Answer:
    """A greedy completion."""

    prompt: str
    tokens: tuple[int, ...]
    """Up to the end token, which is left out."""
    text: str


def answer(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[tuple[str, tuple[int, ...]]],
    *,
    max_new_tokens: int,
) -> tuple[Answer, ...]:
    """Greedy completions of (text, token ids) prompts, in order; padded on the left."""
    done: list[Answer] = []
    for start in range(0, len(prompts), BATCH):
        chunk = prompts[start : start + BATCH]
        for (text, _), ids in zip(
            chunk, _generate(model, tokenizer, [i for _, i in chunk], max_new_tokens), strict=True
        ):
            done.append(Answer(text, ids, str(tokenizer.decode(list(ids), skip_special_tokens=True))))
    return tuple(done)


def refused(answers: Sequence[Answer], *, judge: str) -> tuple[bool | None, ...]:
    """Whether the judge calls each answer a refusal; None where it gives no verdict."""
    module = plugins.load("judges", judge)
    samples = [_sample(number, a) for number, a in enumerate(answers)]
    verdicts: list[Verdict] = module.judge(samples, module.Settings())
    return tuple(None if v.outcome is None else v.outcome == REFUSES for v in verdicts)


def _sample(number: int, given: Answer) -> Sample:
    return Sample(
        task="analysis",
        sample_id=str(number),
        category="",
        prompt=given.prompt,
        target="",
        completion=given.text,
        chosen="",
        finish="stop",
        completion_tokens=len(given.tokens),
        metric=None,
    )


@torch.inference_mode()
def _generate(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, prompts: Sequence[tuple[int, ...]], most: int
) -> list[tuple[int, ...]]:
    ends = _ends(model, tokenizer)
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else next(iter(ends), 0)
    width = max(map(len, prompts))
    ids = torch.tensor([[pad] * (width - len(p)) + list(p) for p in prompts], device=model.device)
    mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts], device=model.device)
    config = GenerationConfig(
        max_new_tokens=most, do_sample=False, eos_token_id=sorted(ends) or None, pad_token_id=pad, use_cache=True
    )
    before, model.generation_config = model.generation_config, GenerationConfig()
    try:
        out = model.generate(input_ids=ids, attention_mask=mask, generation_config=config)
    finally:
        model.generation_config = before
    return [_until(row, ends) for row in out[:, width:].tolist()]


def _ends(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> frozenset[int]:
    declared = model.generation_config.eos_token_id if model.generation_config is not None else None
    listed = declared if isinstance(declared, list) else [declared]
    return frozenset(id_ for id_ in (*listed, tokenizer.eos_token_id) if id_ is not None)


def _until(row: list[int], ends: frozenset[int]) -> tuple[int, ...]:
    return tuple(row[: next((at for at, id_ in enumerate(row) if id_ in ends), len(row))])
