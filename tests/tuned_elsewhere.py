"""A tiny base with checkpoints that were tuned elsewhere: a full copy with other weights, and LoRA adapters."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any


def save_tuned(folder: Path, base: Path, *, by: float = 0.5, only: str = "") -> Path:
    """A full checkpoint: the base's, every parameter whose name holds `only` times 1 + `by`; returns its folder."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(base)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.mul_(1 + by if only in name else 1)
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(base).save_pretrained(folder)
    return folder


def save_adapter(
    folder: Path, base: Path, *, targets: Sequence[str] = ("q_proj",), scale: float = 1.0, **more: Any
) -> Path:
    """A LoRA adapter of rank 2 and alpha 4 with random matrices, `lora_B` times `scale`; returns its folder."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(1)
    config = LoraConfig(r=2, lora_alpha=4, target_modules=list(targets), task_type="CAUSAL_LM", **more)
    model = get_peft_model(AutoModelForCausalLM.from_pretrained(base), config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                parameter.copy_(scale * torch.randn_like(parameter))
    model.save_pretrained(str(folder))
    return folder


