"""What was tuned elsewhere, held against the base: whether it is whole and fits, and how far each module moved.

Full checkpoint: W_tuned − W_base of every parameter of the same name and shape. LoRA adapter: scale · B A against the
matrix W_base that it adapts, scale = α / r, or α / √r with rank-stabilised LoRA (Kalajdzievski 2023). Both are read
parameter by parameter.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from peft import LoraConfig
from peft.tuners.tuners_utils import check_target_module_exists
from peft.utils.other import get_pattern_key

from harness.errors import ModelError, SilentFailureError
from harness.records import ModuleChange
from harness.training.changes import changes_by_module
from harness.training.tensor_files import TensorFiles

ADAPTER_CONFIG = "adapter_config.json"
ADAPTER_WEIGHTS = "adapter_model.safetensors"
PICKLED = ("*.bin", "*.pt", "*.pth", "*.ckpt")
"""Files of weights that run code when they are read."""

_MATRIX = re.compile(r"^(?:base_model\.model\.)?(.+)\.lora_([AB])\.weight$")
_MERGE = "merge it into the base (merge_and_unload of peft), save that, and give the full checkpoint"
_BEYOND = (
    "modules_to_save", "trainable_token_indices", "target_parameters", "layer_replication", "alora_invocation_tokens",
    "arrow_config", "kasa_config", "velora_config", "monteclora_config", "use_dora", "use_qalora", "use_bdlora",
    "lora_bias",
)  # fmt: skip
"""Keys of peft's LoRA config that make an adapter more than B A on some matrices."""
_OTHER_BASE = ("pissa", "olora", "loftq", "corda", "lora_ga")
"""Starts (init_lora_weights) that change the base's weights too."""


@dataclass(frozen=True)
class AdapterPair:
    """One adapted matrix."""

    path: str
    """Dotted path of the matrix in the base."""
    a: str
    b: str
    """Names of the adapter's tensors, of shapes (rank, in) and (out, rank)."""
    scale: float


def check_complete(tuned: TensorFiles, parameters: Collection[str]) -> None:
    """Raise ModelError where parameters of the model are not in its files: they would be filled at random."""
    missing = sorted(set(parameters) - tuned.names)
    if missing:
        listed = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
        raise ModelError(f"{tuned.folder}: its weights lack {listed}; save the whole model with save_pretrained")


def full_changes_of(tuned: TensorFiles, base: TensorFiles, parameters: Collection[str]) -> tuple[ModuleChange, ...]:
    """The change of every module of a full checkpoint of the base's architecture.

    Raises SilentFailureError where all weights are the base's, ModelError where they hold what is no number.
    """
    shared = sorted(n for n in parameters if n in base.names and base.shape(n) == tuned.shape(n))

    def deltas() -> Iterator[tuple[str, torch.Tensor, torch.Tensor]]:
        for name in shared:
            old = base.read(name)
            yield name, _read(tuned, name) - old, old

    moved = changes_by_module(deltas())
    if len(shared) == len(parameters) and not any(change.relative_change for change in moved):
        raise SilentFailureError(
            f"{tuned.folder}: every weight equals the base's; nothing was tuned, or the folder is not the one meant"
        )
    return moved


def read_lora(folder: Path) -> LoraConfig:
    """An adapter's config. Raises ModelError where it is broken, not LoRA, or more than LoRA on matrices."""
    path = folder / ADAPTER_CONFIG
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
        kind = str(given["peft_type"])
        if kind != "LORA":
            raise ModelError(f"{path}: peft_type {kind} is no LoRA adapter; {_MERGE}")
        config = LoraConfig.from_pretrained(str(folder))
        rank, targets = int(config.r), config.target_modules
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{path}: is no readable config of a peft adapter ({type(error).__name__}: {error})") from None
    beyond = [key for key in _BEYOND if given.get(key)]
    beyond += ["bias"] if given.get("bias", "none") != "none" else []
    if beyond:
        raise ModelError(f"{path}: {beyond[0]} is more than LoRA on matrices, which alone is run here; {_MERGE}")
    if str(given.get("init_lora_weights")).lower().startswith(_OTHER_BASE):
        start = f"init_lora_weights {given['init_lora_weights']} changed the base too"
        raise ModelError(f"{path}: {start}; {_MERGE}")
    if rank < 1 or not targets:
        raise ModelError(f"{path}: needs r of at least 1 and target_modules")
    return config


def adapter_pairs(config: LoraConfig, adapter: TensorFiles, base: TensorFiles) -> tuple[AdapterPair, ...]:
    """The adapted matrices, by path. Raises ModelError for one that does not fit the base or the adapter's config."""
    halves: dict[str, dict[str, str]] = {}
    for name in sorted(adapter.names):
        found = _MATRIX.match(name)
        if found is None:
            raise ModelError(f"{adapter.folder}: tensor {name} is no LoRA matrix; {_MERGE}")
        halves.setdefault(found[1], {})[found[2]] = name
    if not halves:
        raise ModelError(f"{adapter.folder}: {ADAPTER_WEIGHTS} is empty")
    return tuple(_pair(path, names, config, (adapter, base)) for path, names in halves.items())


def adapter_changes_of(
    pairs: Collection[AdapterPair], adapter: TensorFiles, base: TensorFiles
) -> tuple[ModuleChange, ...]:
    """The change of every adapted module.

    Raises SilentFailureError where the adapter changes nothing, ModelError where it holds what is no number.
    """

    def deltas() -> Iterator[tuple[str, torch.Tensor, torch.Tensor]]:
        for pair in pairs:
            weight = f"{pair.path}.weight"
            yield weight, pair.scale * (_read(adapter, pair.b) @ _read(adapter, pair.a)), base.read(weight)

    moved = changes_by_module(deltas())
    if not any(change.relative_change for change in moved):
        raise SilentFailureError(f"{adapter.folder}: the adapter changes no weight (B A is 0 everywhere)")
    return moved


def _pair(
    path: str, names: dict[str, str], config: LoraConfig, tensors: tuple[TensorFiles, TensorFiles]
) -> AdapterPair:
    adapter, base = tensors
    where = f"{adapter.folder}: {path}"
    if len(names) != 2:
        raise ModelError(f"{where}: has lora_{next(iter(names))} alone; save the adapter again")
    if not check_target_module_exists(config, path):
        raise ModelError(f"{where}: is not among target_modules of {ADAPTER_CONFIG}; config and weights do not belong")
    weight = f"{path}.weight"
    if weight not in base.names:
        raise ModelError(f"{where}: the base has no such matrix; the adapter is of another model")
    a, b, whole = adapter.shape(names["A"]), adapter.shape(names["B"]), base.shape(weight)
    if len(a) != 2 or len(b) != 2 or (b[0], a[1]) != whole or a[0] != b[1]:
        raise ModelError(
            f"{where}: lora_A {_shape(a)} and lora_B {_shape(b)} do not fit the base's {_shape(whole)}; the adapter is "
            "of another model"
        )
    rank = config.rank_pattern.get(get_pattern_key(config.rank_pattern.keys(), path), config.r)
    alpha = config.alpha_pattern.get(get_pattern_key(config.alpha_pattern.keys(), path), config.lora_alpha)
    if rank != a[0]:
        raise ModelError(f"{where}: has rank {a[0]}, {ADAPTER_CONFIG} says {rank}; config and weights do not belong")
    return AdapterPair(path, names["A"], names["B"], alpha / (math.sqrt(rank) if config.use_rslora else rank))


def _shape(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))


def _read(tuned: TensorFiles, name: str) -> torch.Tensor:
    """A tuned tensor. Raises ModelError where it holds what is no number."""
    tensor = tuned.read(name)
    if not bool(tensor.isfinite().all()):
        raise ModelError(f"{tuned.folder}: {name} holds values that are no numbers; its tuning diverged")
    return tensor
