"""Stage restore: after training, weights made of the base's, the tuned ones and the unaligned sibling's by a strategy.

Writes weights/, checkpoint.json and summary.json (the training's TrainSummary, with what the restored weights moved
and without a final loss).
An adapter stays one, unless the strategy says that it merges; then a full checkpoint is saved.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from peft import PeftModel
from transformers import PreTrainedModel

from harness.chat import load_tokenizer
from harness.record_files import read_record, write_text
from harness.records import ModuleChange, TrainSummary
from harness.specs import RestoreParams
from harness.stages import Progress, StageContext
from harness.strategy_code import bound
from harness.training.changes import adapter_changes, full_changes, remember
from harness.training.checkpoints import (
    WEIGHTS,
    OpenCheckpoint,
    load_model,
    read_checkpoint,
    save_adapter,
    save_full,
    write_checkpoint,
)
from harness.training.restoring import Restore, restore_adapter, restore_full


@dataclass(frozen=True)
class _Job:
    """The models, and what the strategy makes of them."""

    base: OpenCheckpoint
    tuned: OpenCheckpoint
    unaligned: PreTrainedModel | None
    restore: Restore


def run(params: RestoreParams, context: StageContext) -> None:
    """Restore the input checkpoint.

    Raises ModelError where the unaligned sibling is not of the base's architecture or equals it,
    SilentFailureError where a strategy makes of an adapter what is none.
    """
    torch.set_num_threads(params.threads)
    base, tuned = read_checkpoint(context.input("base")), read_checkpoint(context.input("checkpoint"))
    unaligned = _model(read_checkpoint(context.input("unaligned"))) if params.unaligned else None
    restore: Restore = bound(params.code, "restored")
    context.progress(Progress(0, 1, "restoring"))
    job, weights = _Job(base, tuned, unaligned, restore), context.folder / WEIGHTS
    adapter = tuned.record.kind == "adapter" and not params.merges
    moved = _adapter(job, weights) if adapter else _full(job, weights, dtype=params.dtype)
    write_checkpoint(context.folder, base.record, adapter=adapter, dtype=params.dtype)
    summary = read_record(TrainSummary, context.input("checkpoint") / "summary.json")
    # The training's loss is not that of the restored weights.
    summary = summary.model_copy(update={"moved": moved, "final_loss": None})
    write_text(context.folder / "summary.json", summary.model_dump_json(indent=1))


def _adapter(job: _Job, folder: Path) -> tuple[ModuleChange, ...]:
    """Save the restored adapter; returns what it moves."""
    adapted = PeftModel.from_pretrained(_model(job.base), str(job.tuned.weights))
    restore_adapter(adapted, job.unaligned, job.restore)
    save_adapter(adapted, folder)
    return adapter_changes(adapted.get_base_model())


def _full(job: _Job, folder: Path, *, dtype: str) -> tuple[ModuleChange, ...]:
    """Save the restored model, an adapter merged; returns what it moved."""
    before = _model(job.base)
    if job.tuned.record.kind == "adapter":
        model = PeftModel.from_pretrained(_model(job.base), str(job.tuned.weights)).merge_and_unload()
    else:
        model = _model(job.tuned)
    restore_full(model, before, job.unaligned, job.restore)
    moved = full_changes(model, remember(before))
    tokenizer = load_tokenizer(job.base.weights, trust_remote_code=job.base.record.trust_remote_code)
    save_full(model.to(getattr(torch, dtype)), tokenizer, folder)
    return moved


def _model(checkpoint: OpenCheckpoint) -> PreTrainedModel:
    return load_model(checkpoint, dtype="float32")
