"""Checkpoints on disk: open a stage's checkpoint.json, load its model and tokenizer, save tuned weights."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from pydantic import ValidationError
from transformers import AutoModelForCausalLM, PreTrainedModel, PreTrainedTokenizerBase

from harness.digests import digest_folder
from harness.errors import ModelError, SilentFailureError, StoreError, first_line
from harness.modules import check_architecture, linear_of, name_of, own_types
from harness.records import Checkpoint
from harness.specs import LoraSpec

WEIGHTS = "weights"
"""Folder of the weights inside a stage's folder."""


@dataclass(frozen=True)
class OpenCheckpoint:
    """A checkpoint's record, and where its weights really lie."""

    record: Checkpoint
    weights: Path


def read_checkpoint(stage_folder: Path) -> OpenCheckpoint:
    """Read checkpoint.json of a finished stage. Raises StoreError where it is absent or damaged."""
    path = stage_folder / "checkpoint.json"
    try:
        record = Checkpoint.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValidationError) as error:
        raise StoreError(f"{path}: cannot be read ({error})") from error
    return OpenCheckpoint(record, stage_folder / record.location)


def load_model(checkpoint: OpenCheckpoint, *, dtype: str) -> PreTrainedModel:
    """The checkpoint's model, ready to train. Raises ModelError for one that cannot be loaded or tuned."""
    try:
        model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(
            checkpoint.weights,
            dtype=getattr(torch, dtype),
            attn_implementation="sdpa",
            trust_remote_code=checkpoint.record.trust_remote_code,
            local_files_only=True,
        )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise ModelError(f"{checkpoint.weights}: cannot be loaded ({first_line(error)})") from error
    check_architecture((name for name, _ in model.named_parameters()), architecture=type(model).__name__)
    if getattr(model.config, "attn_logit_softcapping", None):
        model.set_attn_implementation("eager")  # sdpa leaves Gemma2's cap out without a word
    model.config.use_cache = False
    return model


def add_adapter(model: PreTrainedModel, lora: LoraSpec) -> PeftModel:
    """The model with a fresh LoRA adapter, whose matrices alone are trainable.

    Raises ModelError for a module type that the model does not have, SilentFailureError where peft adapted other
    matrices than those asked for.
    """
    linears = linear_of(model)
    try:
        types = own_types(lora.modules, {linear.type for linear in linears})
    except ModelError as error:
        raise ModelError(f"lora.modules: {error}") from None
    wanted = [linear for linear in linears if linear.type in types]
    config = LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=sorted({linear.path.rpartition(".")[2] for linear in wanted}),
        task_type="CAUSAL_LM",
    )
    adapted = get_peft_model(model, config)
    assert isinstance(adapted, PeftModel)
    trainable = {name_of(name) for name, parameter in adapted.named_parameters() if parameter.requires_grad}
    if trainable != {linear.name for linear in wanted}:
        odd = ", ".join(sorted(trainable ^ {linear.name for linear in wanted})[:4])
        raise SilentFailureError(f"the adapter and the modules asked for differ in {odd}")
    return adapted


def save_full(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: Path) -> None:
    """Save weights (safetensors), configs and tokenizer."""
    model.config.use_cache = True
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def save_adapter(model: PeftModel, folder: Path) -> None:
    """Save a LoRA adapter (safetensors); its bytes depend on no path and no hash order."""
    for config in model.peft_config.values():
        config.base_model_name_or_path = None
    model.save_pretrained(str(folder))
    (folder / "README.md").unlink(missing_ok=True)
    path = folder / "adapter_config.json"
    written = json.loads(path.read_text(encoding="utf-8"))
    written["target_modules"] = sorted(written["target_modules"])
    path.write_text(json.dumps(written, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def write_checkpoint(stage_folder: Path, base: Checkpoint, *, adapter: bool, dtype: str) -> Checkpoint:
    """Write checkpoint.json for the weights saved in `stage_folder/weights`."""
    record = base.model_copy(
        update={
            "kind": "adapter" if adapter else "full",
            "location": WEIGHTS,
            "digest": digest_folder(stage_folder / WEIGHTS),
            "dtype": dtype,
        }
    )
    (stage_folder / "checkpoint.json").write_text(record.model_dump_json(indent=1), encoding="utf-8")
    return record
