"""Tiny guard models for tests: a byte-level tokenizer with a format's control tokens, and heads that say one word."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

WORDS = ("yes no yes no Yes No Yes No safe unsafe safe unsafe", "the word yes or the word no : yes : no")
CONTROLS = {
    "llama_guard_3": ("<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"),
    "llama_guard_4": ("<|begin_of_text|>", "<|header_start|>", "<|header_end|>", "<|eot|>"),
    "harmbench": ("<s>", "</s>"),
    "wildguard": ("<s>", "</s>", "[INST]", "[/INST]"),
    "shieldgemma": ("<bos>", "<start_of_turn>", "<end_of_turn>"),
    "granite_guardian": ("<|end_of_text|>", "<|start_of_role|>", "<|end_of_role|>"),
}
LABELS = {
    "llama_guard_3": ("unsafe", "safe"),
    "llama_guard_4": ("unsafe", "safe"),
    "harmbench": ("Ġyes", "Ġno"),
    "wildguard": ("Ġyes", "Ġno"),
    "shieldgemma": ("Yes", "No"),
    "granite_guardian": ("Yes", "No"),
}
"""The tokens of harm and of no harm in the tiny tokenizers; Ġ is a space."""


def guard_tokenizer(name: str) -> Any:
    """A tokenizer for a format, with each label one token."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    controls = list(CONTROLS[name])
    trainer = trainers.BpeTrainer(
        vocab_size=600,
        special_tokens=["<pad>", *controls],
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(WORDS * 5, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", additional_special_tokens=controls)


def save_guard(folder: Path, name: str, *, says: dict[str, float] | None = None) -> Path:
    """Save a tiny Llama with the format's tokenizer; with `says` its head gives these tokens these probabilities.

    Whatever it reads: its hidden state is then the same at every position. What `says` leaves is on the other tokens.
    """
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = guard_tokenizer(name)
    torch.manual_seed(0)
    model = LlamaForCausalLM(_config(LlamaConfig, tokenizer))
    if says is not None:
        with torch.no_grad():
            _speak(model, {tokenizer.convert_tokens_to_ids(t): share for t, share in says.items()})
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def save_head(folder: Path, *, labels: tuple[str, ...], problem: str | None = None, seed: int = 0) -> Path:
    """Save a tiny Llama with a random classification head over `labels`."""
    import torch
    from transformers import LlamaConfig, LlamaForSequenceClassification

    tokenizer = guard_tokenizer("llama_guard_3")
    torch.manual_seed(seed)
    config = _config(LlamaConfig, tokenizer)
    config.id2label, config.label2id = dict(enumerate(labels)), {name: at for at, name in enumerate(labels)}
    config.problem_type = problem
    LlamaForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _config(kind: Any, tokenizer: Any) -> Any:
    return kind(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=2,
        head_dim=32,
        max_position_embeddings=4096,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
        eos_token_id=None,
        tie_word_embeddings=False,
    )


def _speak(model: Any, shares: dict[int, float]) -> None:
    """Make every hidden state all ones, and the head's rows the logarithms of the wanted probabilities."""
    for layer in model.model.layers:
        layer.self_attn.o_proj.weight.zero_()
        layer.mlp.down_proj.weight.zero_()
    model.model.embed_tokens.weight.fill_(1.0)
    size, width = model.lm_head.weight.shape
    rest = max(1 - sum(shares.values()), 1e-9) / (size - len(shares))
    model.lm_head.weight.fill_(math.log(rest) / width)
    for token, share in shares.items():
        model.lm_head.weight[token].fill_(math.log(share) / width)
