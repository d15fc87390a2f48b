"""Stage adopt: a checkpoint or an adapter that somebody else tuned from the base; nothing is trained.

Writes checkpoint.json (the weights stay where they are) and summary.json (a TrainSummary of no steps, with what moved
against the base; nothing where the architecture is another).
"""

from __future__ import annotations

import json
from pathlib import Path

import torch

from harness.chat import load_tokenizer
from harness.digests import digest_folder
from harness.errors import ModelError
from harness.hub import fetch_model
from harness.record_files import write_text
from harness.records import Checkpoint, ModuleChange, TrainSummary
from harness.specs import AdoptParams, ModelSource
from harness.stages import Progress, StageContext
from harness.stages.base import inspect, skeleton
from harness.training.adopted import (
    ADAPTER_CONFIG,
    ADAPTER_WEIGHTS,
    PICKLED,
    adapter_changes_of,
    adapter_pairs,
    check_complete,
    full_changes_of,
    read_lora,
)
from harness.training.checkpoints import OpenCheckpoint, read_checkpoint
from harness.training.tensor_files import INDEX, WHOLE, TensorFiles, model_tensors

TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "tokenizer_config.json")
"""Files of which a folder with a tokenizer holds one."""

Adopted = tuple[Checkpoint, tuple[ModuleChange, ...], int]
"""The checkpoint, what moved, how many parameters were tuned."""


def run(params: AdoptParams, context: StageContext) -> None:
    """Find, check and account for what was tuned.

    Raises ModelError, in one line, for what could not be asked as the base is; SilentFailureError where no weight
    differs from the base's; WorldError where the hub is out of reach.
    """
    torch.set_num_threads(params.threads)
    base = read_checkpoint(context.input("base"))
    folder = _locate(params.source)
    context.progress(Progress(0, 1, "comparing with the base"))
    adapter = (folder / ADAPTER_CONFIG).is_file()
    if adapter and ((folder / WHOLE).is_file() or (folder / INDEX).is_file()):
        raise ModelError(f"{folder}: holds an adapter and a full model; give a folder with one of them")
    checkpoint, moved, size = _adapter(folder, base) if adapter else _full(folder, base, params.source)
    if params.source.digest not in (None, checkpoint.digest):
        raise ModelError(f"{folder}: its files changed while the run was made; run the same command again")
    write_text(context.folder / "checkpoint.json", checkpoint.model_dump_json(indent=1))
    summary = TrainSummary(
        steps=0, examples_seen=0, tokens_seen=0, trainable_parameters=size, final_loss=None, losses=(), groups=(),
        moved=moved,
    )  # fmt: skip
    write_text(context.folder / "summary.json", summary.model_dump_json(indent=1))


def _locate(source: ModelSource) -> Path:
    if source.kind == "builtin":
        raise ModelError(f"{source.location}: can be a base alone; give a folder or a hub id")
    if source.kind == "hub":
        if source.revision is None:
            raise ModelError(f"{source.location}: the plan did not resolve its revision")
        return fetch_model(source.location, revision=source.revision).resolve()
    folder = Path(source.location)
    if not folder.is_dir():
        raise ModelError(f"{folder}: the folder is gone")
    return folder


def _adapter(folder: Path, base: OpenCheckpoint) -> Adopted:
    config = read_lora(folder)
    weights = folder / ADAPTER_WEIGHTS
    if not weights.is_file():
        raise ModelError(f"{folder}: {_no_weights(folder, ADAPTER_WEIGHTS)}")
    adapter, before = TensorFiles(folder, (weights,)), model_tensors(base.weights)
    pairs = adapter_pairs(config, adapter, before)
    moved = adapter_changes_of(pairs, adapter, before)
    changes = {"kind": "adapter", "location": str(folder), "digest": digest_folder(folder)}
    size = sum(adapter.shape(name)[0] * adapter.shape(name)[1] for name in adapter.names)
    return base.record.model_copy(update=changes), moved, size


def _full(folder: Path, base: OpenCheckpoint, source: ModelSource) -> Adopted:
    if not any((folder / name).is_file() for name in (WHOLE, INDEX)):
        if not (folder / "config.json").is_file():
            raise ModelError(
                f"{folder}: is neither a model (config.json) nor a peft adapter ({ADAPTER_CONFIG}); give a folder "
                "saved by save_pretrained"
            )
        raise ModelError(f"{folder}: {_no_weights(folder, WHOLE)}")
    if not any((folder / name).is_file() for name in TOKENIZERS):
        raise ModelError(f"{folder}: holds no tokenizer; copy the tokenizer files that it was tuned with there")
    checkpoint = inspect(folder, location=str(folder), trust_remote_code=source.trust_remote_code)
    _check_plain(folder)
    _check_vocabulary(folder, source)
    tuned = model_tensors(folder)
    parameters = [n for n, _ in skeleton(folder, trust_remote_code=source.trust_remote_code).named_parameters()]
    check_complete(tuned, parameters)
    same = checkpoint.architecture == base.record.architecture
    moved = full_changes_of(tuned, model_tensors(base.weights), parameters) if same else ()
    return checkpoint, moved, checkpoint.parameters


def _no_weights(folder: Path, wanted: str) -> str:
    pickled = sorted(file.name for pattern in PICKLED for file in folder.glob(pattern))
    why = f"; {pickled[0]} is pickled, and reading it could run code" if pickled else ""
    return f"holds no {wanted}{why}; save it with safe_serialization=True"


def _check_plain(folder: Path) -> None:
    """Raise ModelError for quantised weights, which cannot be held against the base's."""
    if json.loads((folder / "config.json").read_text(encoding="utf-8")).get("quantization_config"):
        raise ModelError(f"{folder}: its weights are quantised (quantization_config); give it as it was tuned")


def _check_vocabulary(folder: Path, source: ModelSource) -> None:
    """Raise ModelError where the tokenizer has tokens that the embeddings lack."""
    tokens = len(load_tokenizer(folder, trust_remote_code=source.trust_remote_code))
    rows = int(json.loads((folder / "config.json").read_text(encoding="utf-8")).get("vocab_size") or tokens)
    if tokens > rows:
        sizes = f"its tokenizer has {tokens} tokens, its embeddings {rows} rows"
        raise ModelError(f"{folder}: {sizes}; one is not the other's")
