"""Tiny models of many families, their prompts, and a plain forward pass to compare with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import transformers
from torch import Tensor
from transformers import PreTrainedModel

from harness.analysis.replay import Delta, Sequences

COMMON = {
    "vocab_size": 60, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 3, "num_attention_heads": 4,
    "max_position_embeddings": 64, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0,
}  # fmt: skip


@dataclass(frozen=True)
class Tiny:
    """A family's config class, what its config differs in, and the path that should carry it."""

    config_class: str
    changes: dict[str, Any]
    kind: str


MODELS = {
    "llama": Tiny("LlamaConfig", {"num_key_value_heads": 2}, "wired"),
    "qwen2": Tiny("Qwen2Config", {"num_key_value_heads": 2}, "wired"),
    "qwen3": Tiny("Qwen3Config", {"num_key_value_heads": 2, "head_dim": 16}, "wired"),
    "mistral": Tiny("MistralConfig", {"num_key_value_heads": 1}, "wired"),
    "gemma": Tiny("GemmaConfig", {"num_key_value_heads": 1, "head_dim": 8}, "wired"),
    "mistral with a window": Tiny("MistralConfig", {"num_key_value_heads": 2, "sliding_window": 4}, "layers"),
    "gemma2": Tiny("Gemma2Config", {"num_key_value_heads": 2, "head_dim": 8, "sliding_window": 4}, "layers"),
    "gpt_neox": Tiny("GPTNeoXConfig", {}, "layers"),
    "phi": Tiny("PhiConfig", {}, "layers"),
    "phi3": Tiny("Phi3Config", {"num_key_value_heads": 2}, "layers"),
}

PROMPTS = Sequences(
    ids=(
        (1, 7, 8, 20, 21, 22, 9, 10),
        (1, 7, 8, 20, 30, 9, 10),
        (1, 7, 8, 20, 21, 22, 9, 10),  # the first again
        (1, 7, 8, 20, 21),  # a prefix of the first
        (1, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49),
        (5, 6),
    ),
    wanted=((7,), (3, 6), (0, 7), (4,), (2, 5, 10), (0, 1)),
)
"""Shared prefixes, a prompt twice, one that starts another, several wanted positions, two that differ at once."""


def tiny(family: str, *, seed: int = 0) -> PreTrainedModel:
    """A random model with lively norms and biases."""
    kind = MODELS[family]
    torch.manual_seed(seed)
    config = getattr(transformers, kind.config_class)(**COMMON, **kind.changes)
    model: PreTrainedModel = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    return model


def noise(model: PreTrainedModel, *names: str, scale: float = 0.1, seed: int = 1) -> Delta:
    """Gaussian changes of parameters whose names contain one of `names`."""
    draw = torch.Generator().manual_seed(seed)
    found = [(n, p) for n, p in model.named_parameters() if any(name in n for name in names)]
    assert found, names
    return Delta(tuple((n, scale * torch.randn(p.shape, generator=draw)) for n, p in found))


@torch.no_grad()
def plain(model: PreTrainedModel, delta: Delta, prompts: Sequences = PROMPTS, *, layer: int | None = None) -> Tensor:
    """What a replay should say: each prompt through the whole changed model, [positions, hidden]."""
    before = {name: parameter.clone() for name, parameter in model.named_parameters()}
    parameters = dict(model.named_parameters())
    for name, change in delta.parameters:
        parameters[name].add_(change.to(parameters[name].dtype))
    found, seen = [], []
    layers: Any = model.base_model.layers
    hook = layers[layer or 0].register_forward_hook(lambda _, __, made: seen.append(made))
    for ids, wanted in zip(prompts.ids, prompts.wanted, strict=True):
        states = model.base_model(torch.tensor([ids])).last_hidden_state
        found.append((states if layer is None else seen[-1])[0, list(wanted)].float())
    hook.remove()
    for name, parameter in parameters.items():
        parameter.copy_(before[name])
    return torch.cat(found)
