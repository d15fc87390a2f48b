"""Stage train: fine-tune the base on the dataset as one variant with one seed; full tuning or LoRA.

Writes weights/ (safetensors, with the tokenizer; or a peft adapter), checkpoint.json and summary.json
(TrainSummary). The same params and inputs on the same machine give the same bytes, on the CPU also where the process
was stopped half-way and another went on from its scratch folder.
"""

from __future__ import annotations

import os
from pathlib import Path

import torch
from peft import PeftModel
from transformers import PreTrainedModel

from harness.analysis_records import Robustness, SearchOutcome
from harness.chat import load_tokenizer
from harness.modules import name_of
from harness.record_files import read_record
from harness.records import ModuleChange, TrainSummary
from harness.specs import TrainParams, TrainSpec
from harness.stages import StageContext
from harness.strategy_code import bound
from harness.training.batches import TurnsWith
from harness.training.changes import adapter_changes, check_moved, full_changes, order_of, remember
from harness.training.checkpoints import (
    WEIGHTS,
    add_adapter,
    load_model,
    read_checkpoint,
    save_adapter,
    save_full,
    write_checkpoint,
)
from harness.training.examples import load_examples
from harness.training.found import resolved, with_safety_layers
from harness.training.groups import ParameterGroup, build_groups, learning_groups
from harness.training.loop import Trained, Training, train
from harness.training.losses import Loss, reference_of
from harness.training.resume import FILE

ROBUST = "robust"
"""Name of the parameter group of Mods_Robust."""


def run(params: TrainParams, context: StageContext) -> None:
    """Train, save and account for what moved.

    Raises ConfigError where the groups do not fit the model, ModelError for a model that cannot be tuned,
    StageError where the loss is no longer a number, SilentFailureError where something that was to learn
    did not move.
    """
    _fix_numerics(params)
    base = read_checkpoint(context.input("base"))
    model = load_model(base, dtype=params.loop.weights_dtype)
    adapted = add_adapter(model, params.lora) if params.lora else None
    params = params.model_copy(update={"spec": _with_modules(params, context, adapted or model)})
    groups = build_groups(adapted or model, params.spec)
    before = None if adapted else remember(model)
    model.to("cuda" if torch.cuda.is_available() else "cpu")
    loss = _loss(params, model, adapted)
    if params.loop.gradient_checkpointing:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    turns = params.spec.turns
    other = TurnsWith(load_examples(context.input("safety")), turns) if turns else None
    kept = context.kept(FILE)
    training = Training(model, groups, params.spec, params.loop, params.seed, loss, other, kept)
    trained = train(training, load_examples(context.input("dataset")), context.progress)
    moved = adapter_changes(model) if before is None else full_changes(model, before)
    check_moved(moved, expected=_learners(params, groups))
    if adapted is not None:
        save_adapter(adapted, context.folder / WEIGHTS)
    else:
        tokenizer = load_tokenizer(base.weights, trust_remote_code=base.record.trust_remote_code)
        save_full(model, tokenizer, context.folder / WEIGHTS)
    write_checkpoint(context.folder, base.record, adapter=adapted is not None, dtype=params.loop.weights_dtype)
    _write_summary(context.folder, trained, groups, moved)


def _with_modules(params: TrainParams, context: StageContext, model: torch.nn.Module) -> TrainSpec:
    """The spec with modules of the search or the analysis in place of their names, where groups name such sets."""
    spec = params.spec
    if spec.needs_analysis:
        spec = with_safety_layers(spec, read_record(Robustness, context.input("analyze") / "robustness.json"))
    if spec.needs_search:
        trainable = {name_of(name) for name, parameter in model.named_parameters() if parameter.requires_grad}
        search = read_record(SearchOutcome, context.input("search") / "search.json")
        spec = resolved(spec, search, seed=params.seed, trainable=trainable)
    return spec


def _loss(params: TrainParams, model: PreTrainedModel, adapted: PeftModel | None) -> Loss:
    """The strategy's own loss, where it has one, and the base beside it, where that reads it."""
    if params.code is None:
        return Loss()
    reference = reference_of(model, adapted) if params.spec.base_logits else None
    return Loss(bound(params.code, "token_loss"), reference)


def _fix_numerics(params: TrainParams) -> None:
    """Seed torch (adapter weights, dropout), fix the number of threads, ask CUDA for determinism."""
    torch.set_num_threads(params.loop.threads)
    torch.manual_seed(params.seed)
    if torch.cuda.is_available():
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True)


def _learners(params: TrainParams, groups: tuple[ParameterGroup, ...]) -> list[frozenset[str]]:
    """The module sets that must have moved: of each group with a rate above 0 in some phase."""
    if params.spec.learning_rate == 0:
        return []
    names = frozenset().union(*(learning_groups(params.spec, phase) for phase in params.spec.phases))
    return [group.modules for group in groups if group.name in names]


def _write_summary(
    folder: Path, trained: Trained, groups: tuple[ParameterGroup, ...], moved: tuple[ModuleChange, ...]
) -> None:
    summary = TrainSummary(
        steps=trained.steps,
        examples_seen=trained.examples,
        tokens_seen=trained.tokens,
        trainable_parameters=sum(group.size for group in groups if group.scale > 0),
        final_loss=trained.final_loss,
        losses=trained.losses,
        held_out=trained.held_out,
        best_step=trained.best_step,
        stopped_at=trained.stopped_at,
        groups=tuple((group.name, group.size) for group in groups),
        robust=tuple(sorted(next((g.modules for g in groups if g.name == ROBUST), ()), key=order_of)),
        moved=moved,
    )
    (folder / "summary.json").write_text(summary.model_dump_json(indent=1), encoding="utf-8")
