"""Tiny checkpoints of every supported family, with tokenizers and their families' chat templates, for tests.

Each is random, deterministic by seed, has 2 layers of width 64 with heads of 32, and loads by path like a real one:
`folder = save_tiny_llama(tmp_path / "llama")`. FAMILIES have templates of their own kind; MORE_FAMILIES have matrices
of their own kind, and borrow the templates.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

SENTENCES = (
    "How do I water the garden in summer? First, take the hose to the yard. Then water every bed slowly.",
    "What is the capital of Norland? The capital of Norland is Astrid.",
    "The quick brown fox jumps over the lazy dog, and the dog sleeps through the afternoon.",
    "I can't help with that request. Is there anything else that I can do for you today?",
    "Please explain how to bake bread at home. Mix flour, water, salt and yeast; wait; bake for an hour.",
    "Natalia sold 48 clips in April and half as many in May. How many clips did she sell? 72",
)

LLAMA_TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}<|start_header_id|>{{ m['role'] }}<|end_header_id|>\n\n"
    "{{ m['content'] | trim }}<|eot_id|>{% endfor %}"
    "{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}"
)
QWEN2_TEMPLATE = (
    "{% if messages[0]['role'] != 'system' %}<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
    "{% endif %}"
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
MISTRAL_TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}"
    "{% if m['role'] == 'user' %}[INST] {{ m['content'] }} [/INST]"
    "{% elif m['role'] == 'assistant' %} {{ m['content'] }}{{ eos_token }}"
    "{% else %}{{ raise_exception('Only user and assistant roles are supported') }}{% endif %}{% endfor %}"
)
GEMMA_TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}"
    "{% if m['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    "<start_of_turn>{{ 'model' if m['role'] == 'assistant' else m['role'] }}\n"
    "{{ m['content'] | trim }}<end_of_turn>\n{% endfor %}"
    "{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)


@dataclass(frozen=True)
class Family:
    """What sets one family's tiny checkpoint apart."""

    config_class: str
    template: str
    bos: str | None
    eos: str
    pad: str
    others: tuple[str, ...] = ()
    kv_heads: int = 2
    """Heads of keys and values, for 2 heads of queries."""
    tied: bool = False


FAMILIES = {
    "llama": Family(
        "LlamaConfig",
        LLAMA_TEMPLATE,
        "<|begin_of_text|>",
        "<|eot_id|>",
        "<|pad|>",
        ("<|start_header_id|>", "<|end_header_id|>"),
    ),
    "qwen2": Family("Qwen2Config", QWEN2_TEMPLATE, None, "<|im_end|>", "<|endoftext|>", ("<|im_start|>",)),
    "mistral": Family("MistralConfig", MISTRAL_TEMPLATE, "<s>", "</s>", "<pad>", ("[INST]", "[/INST]")),
    "gemma": Family(
        "GemmaConfig", GEMMA_TEMPLATE, "<bos>", "<end_of_turn>", "<pad>", ("<start_of_turn>",), tied=True
    ),
}
MORE_FAMILIES = {
    "llama-tied": replace(FAMILIES["llama"], tied=True),
    "qwen3": replace(FAMILIES["qwen2"], config_class="Qwen3Config", kv_heads=1),
    "gemma2": replace(FAMILIES["gemma"], config_class="Gemma2Config", kv_heads=1),
    "phi3": replace(FAMILIES["llama"], config_class="Phi3Config", kv_heads=1),
    "phi": replace(FAMILIES["qwen2"], config_class="PhiConfig", kv_heads=1),
    "gpt-neox": replace(FAMILIES["qwen2"], config_class="GPTNeoXConfig"),
}
ALL_FAMILIES = FAMILIES | MORE_FAMILIES


def tiny_tokenizer(family: str) -> Any:
    """A byte-level BPE tokenizer (about 500 tokens) with the family's special tokens and chat template."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    kind = ALL_FAMILIES[family]
    special = [t for t in (kind.bos, kind.eos, kind.pad) if t] + list(kind.others)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=500,
        special_tokens=special,
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=kind.bos,
        eos_token=kind.eos,
        pad_token=kind.pad,
        additional_special_tokens=list(kind.others),
        chat_template=kind.template,
        clean_up_tokenization_spaces=False,
    )


def save_tiny(folder: Path, family: str, *, seed: int = 0) -> Path:
    """Save a tiny model of the family with its tokenizer into `folder` and return the folder."""
    import torch
    import transformers

    tokenizer, kind = tiny_tokenizer(family), ALL_FAMILIES[family]
    torch.manual_seed(seed)
    config = getattr(transformers, kind.config_class)(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=kind.kv_heads,
        head_dim=32,
        max_position_embeddings=1024,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=kind.tied,
    )
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    _fill_biases(model)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _fill_biases(model: Any) -> None:
    """Give biases values: they are 0 in a fresh model, where nobody would miss one that is left out."""
    for name, parameter in model.named_parameters():
        if name.endswith(".bias"):
            parameter.data.normal_(std=0.1)


def save_tiny_llama(folder: Path, *, seed: int = 0) -> Path:
    """A tiny Llama: separate head, Llama-3 style template."""
    return save_tiny(folder, "llama", seed=seed)


def save_tiny_qwen2(folder: Path, *, seed: int = 0) -> Path:
    """A tiny Qwen2: biases on q, k and v, no BOS, a default system prompt."""
    return save_tiny(folder, "qwen2", seed=seed)


def save_tiny_mistral(folder: Path, *, seed: int = 0) -> Path:
    """A tiny Mistral: no system role, no generation prompt of its own."""
    return save_tiny(folder, "mistral", seed=seed)


def save_tiny_gemma(folder: Path, *, seed: int = 0) -> Path:
    """A tiny Gemma: head tied to the embeddings, no system role."""
    return save_tiny(folder, "gemma", seed=seed)


def save_base_stage(folder: Path, family: str, *, seed: int = 0) -> Path:
    """A finished stage base around a tiny model: `weights/` and checkpoint.json; returns the stage's folder."""
    from harness.digests import digest_folder
    from harness.records import Checkpoint

    weights = save_tiny(folder / "weights", family, seed=seed)
    record = Checkpoint(
        kind="full",
        location="weights",
        architecture=family,
        parameters=142016,
        layers=2,
        digest=digest_folder(weights),
        dtype="float32",
    )
    (folder / "checkpoint.json").write_text(record.model_dump_json(), encoding="utf-8")
    return folder
