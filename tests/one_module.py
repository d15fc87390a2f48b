"""A tiny Llama in which one module alone carries the security feature, for the analysis and its search.

Every prompt ends in one of two words, and the two words' embeddings differ in one direction: that is the feature, and
it reaches the last layer by the residual stream. All matrices that write to the stream are zero, so that nothing that
is added to a single matrix can reach it, but for the last layer's `down`, whose input is not zero. What is harmless
alone is not so together: `v` and `o` of one layer, or `gate`, `up` and `down` of the first.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM

from harness.analysis_specs import (
    AnalyzeParams,
    MeasureSettings,
    PerturbationSettings,
    ProbeSettings,
    PromptSource,
)
from harness.builtin.tokenizer import make_tokenizer
from harness.digests import digest_folder
from harness.records import Checkpoint

LAST = 1
"""The last layer's index."""
CARRIER = f"down.{LAST}"
SILENT = ("q", "k", "v", "o", "down")
"""Types whose matrices are all zero."""
TEMPLATE = "{{ bos_token }}{% for m in messages %}{{ ' ' + m['content'] }}{% endfor %}"


def save_model(folder: Path) -> LlamaForCausalLM:
    """Save the model with its tokenizer as a finished stage base."""
    texts = [f"{word} w{n}" for word in ("rob", "bake") for n in range(60)] + ["please how to do it ?"]
    tokenizer = make_tokenizer(texts)
    tokenizer.chat_template = TEMPLATE
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=48, num_hidden_layers=LAST + 1,
        num_attention_heads=2, num_key_value_heads=1, bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    model = LlamaForCausalLM(config)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            early = "mlp" in name and f"layers.{LAST}." not in name
            if early or any(f".{kind}_proj." in name for kind in SILENT):
                weight.zero_()
            elif "mlp" in name:
                weight.mul_(30)
        embed = model.get_input_embeddings().weight
        embed.mul_(50)
        for sign, word in ((4.0, "rob"), (-4.0, "bake")):
            embed[tokenizer.convert_tokens_to_ids(word)] = embed[tokenizer.convert_tokens_to_ids("it")]
            embed[tokenizer.convert_tokens_to_ids(word), 5] = sign
    model.save_pretrained(folder / "weights")
    tokenizer.save_pretrained(folder / "weights")
    write_record(folder, layers=LAST + 1)
    return model


def write_record(folder: Path, *, layers: int) -> None:
    """checkpoint.json of a stage whose weights lie in it."""
    record = Checkpoint(
        kind="full", location="weights", architecture="LlamaForCausalLM", parameters=1, layers=layers,
        digest=digest_folder(folder / "weights"), dtype="float32",
    )  # fmt: skip
    (folder / "checkpoint.json").write_text(record.model_dump_json())


def save_update(folder: Path, model: LlamaForCausalLM, *, seed: int, size: float = 0.3) -> None:
    """A finished train stage: every matrix of the layers is the base's plus Gaussian noise."""
    generator = torch.Generator().manual_seed(seed)
    weights = {}
    for name, weight in model.named_parameters():
        change = torch.randn(weight.shape, generator=generator) * size if "_proj" in name else torch.zeros_like(weight)
        weights[name] = (weight.detach() + change).contiguous()
    (folder / "weights").mkdir(parents=True)
    save_file(weights, folder / "weights" / "model.safetensors")
    write_record(folder, layers=LAST + 1)


def save_prompts(folder: Path) -> tuple[PromptSource, ...]:
    """Sixty prompts of each class; only the last word tells them apart."""
    sources = []
    for label, word in (("harmful", "rob"), ("benign", "bake")):
        path = folder / f"{label}.jsonl"
        ends = ["? ", ""]
        rows = [{"prompt": f"{ends[n % 2]}w{n} {word}"} for n in range(60)]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        sources.append(PromptSource.model_validate({"label": label, "location": str(path), "digest": ""}))
    return tuple(sources)


def params(prompts: tuple[PromptSource, ...], **more: object) -> AnalyzeParams:
    """An analysis by updates of two seeds, margins alone."""
    plain = AnalyzeParams(
        probe=ProbeSettings(),
        perturbation=PerturbationSettings(seeds=(0, 1)),
        measures=MeasureSettings(refusal=False, gain=0),
        prompts=prompts,
    )
    return plain.model_copy(update=more)
