"""A set of robust modules for other trainers: parameter groups for transformers and TRL, axolotl's YAML, JSON.

axolotl (docs/lr_groups.qmd, core/trainers/mixins/optimizer.py) gives a parameter the rate of the group one of whose
`modules` is part of its name, `learning_rate` where none is. Matrices alone take part: norms and biases learn at
`learning_rate`, `embed_tokens` and `lm_head` at `embedding_lr`. What that cannot say learns at the rest's rate, and
the file says so in a comment (`not_in_axolotl`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import Field

from harness.errors import ConfigError, ModelError
from harness.hostile import one_line
from harness.modules import name_of, patterns_of, validate_pattern
from harness.record import Record

if TYPE_CHECKING:
    from torch.nn import Module

_EMBEDDINGS = ("embed_tokens", "lm_head")
"""What axolotl gives `embedding_lr`."""
_ROBUST, _REST = "robust", "rest"


class ExportedModules(Record):
    """Mods_Robust of one variant, and how it was tuned with them."""

    run: str
    variant: str
    strategy: str
    base: str
    """`builtin`, a folder or a hub id."""
    base_revision: str | None
    """Commit of a hub model."""
    base_digest: str | None
    """sha256 over the files of a local folder."""
    search: str | None
    """Key of the search that found them; None where the config names them."""
    drift: float | None
    """What perturbing all of them at once does, in the unit of the search's proxy."""
    modules: tuple[str, ...] = Field(min_length=1)
    """By layer, then name."""
    every: tuple[str, ...]
    """All modules of the base."""
    matrices: tuple[str, ...]
    """Dotted paths of the exported modules' tensors in the base, e.g. `model.layers.3.self_attn.q_proj`."""
    learning_rate: float
    """Of the robust modules."""
    rest_ratio: float
    """Learning rate of the rest over that of the robust modules, from where the rest learns."""
    warmup_fraction: float | None = None
    """Share of the steps in which the robust modules learn alone (swat); None where the rest learns from the start."""
    weight_decay: float
    lora: bool
    """Whether an adapter was tuned."""

    @property
    def rest_rate(self) -> float:
        """Learning rate of the rest; with the digits that its factors have."""
        return float(f"{self.learning_rate * self.rest_ratio:.12g}")


def parameter_groups(
    model: Module, modules: Sequence[str], *, learning_rate: float, rest_ratio: float, weight_decay: float = 0.0
) -> list[dict[str, Any]]:
    """Groups for a torch optimizer that partition a model's trainable parameters: the robust modules, and the rest.

    `modules` are names or patterns (`q.3`, `k.0-3`, `up`, `embed`). For transformers' Trainer and TRL give
    `optimizers=(AdamW(groups), None)`: its schedule scales every group alike, so the ratio of the rates is kept. A peft
    model must be wrapped already, since the optimizer holds the adapter's own matrices. Weight decay goes to matrices
    alone, not to norms and biases. A group has the keys name, params, lr and weight_decay.

    Raises ConfigError where a pattern matches nothing that is trained, or a number is out of range; ModelError for an
    architecture that is not known.
    """
    from harness.specs import GroupRule, TrainSpec
    from harness.training.groups import build_groups

    _check_numbers(learning_rate, rest_ratio, weight_decay)
    if isinstance(modules, str) or not modules:
        raise ConfigError(f"modules: give a list of module names or patterns, e.g. ['q', 'up.3'] (got {modules!r})")
    robust = GroupRule(name=_ROBUST, modules=tuple(validate_pattern(pattern) for pattern in modules), scale=1.0)
    rest = GroupRule(name=_REST, modules=("*",), scale=rest_ratio, optional=True)
    groups = []
    for group in build_groups(model, TrainSpec(learning_rate=learning_rate, groups=(robust, rest))):
        for decays in (True, False):
            chosen = [parameter for parameter in group.parameters if (parameter.ndim > 1) == decays]
            rate, decay = learning_rate * group.scale, weight_decay if decays else 0.0
            if chosen:
                groups.append({"name": group.name, "params": chosen, "lr": rate, "weight_decay": decay})
    return groups


def paths_of(modules: Iterable[str], parameter_names: Iterable[str]) -> tuple[str, ...]:
    """Dotted paths of the tensors of some modules, in the model's order. Raises ModelError for one that has none."""
    wanted = set(modules)
    paths = [(name_of(name), name.rpartition(".")[0]) for name in parameter_names]
    if absent := sorted(wanted - {module for module, _ in paths}):
        raise ModelError(f"the base has no module {absent[0]}; the run was made with another model")
    return tuple(dict.fromkeys(path for module, path in paths if module in wanted))


def as_json(exported: ExportedModules) -> str:
    """The record, for programs."""
    return exported.model_dump_json(indent=1) + "\n"


def not_in_axolotl(exported: ExportedModules) -> tuple[str, ...]:
    """Robust modules for which axolotl has no rate, of `norm`, `embed` and `head`, each with the reason."""
    robust, every = set(exported.modules), set(exported.every)
    left = ["norm (axolotl gives norms no rate of their own)"] if "norm" in robust else []
    ends = robust & {"embed", "head"}
    if len(ends) == 1 and {"embed", "head"} <= every:
        left.append(f"{min(ends)} (axolotl gives {' and '.join(_EMBEDDINGS)} one rate)")
    return tuple(left)


def as_axolotl(exported: ExportedModules) -> str:
    """The keys to put into an axolotl config.

    Raises ConfigError where it has no words for any of the modules, or for phases.
    """
    _check_phases(exported)
    tree: dict[str, Any] = {"learning_rate": exported.rest_rate}
    left = not_in_axolotl(exported)
    without = {reason.partition(" ")[0] for reason in left}
    if without >= set(exported.modules):
        raise ConfigError(
            f"--variant {exported.variant}: axolotl has no rate for any of its modules: {'; '.join(left)}; "
            "use --to transformers"
        )
    ends = [path for path in exported.matrices if path.endswith(_EMBEDDINGS)]
    if ends and not without & {"embed", "head"}:
        tree["embedding_lr"] = exported.learning_rate
    names = [f"{path}." for path in exported.matrices if path not in ends and name_of(f"{path}.weight") != "norm"]
    if names:
        tree["lr_groups"] = [{"name": _ROBUST, "modules": names, "lr": exported.learning_rate}]
    notes = [
        *_provenance(exported),
        "learning_rate is the rest's; one schedule scales both. axolotl lets biases learn at learning_rate, those of",
        "robust matrices too.",
        *(f"Not as in the run: at learning_rate here, and robust there: {reason}." for reason in left),
    ]
    return "".join(f"# {line}\n" for line in notes) + yaml.safe_dump(tree, sort_keys=False)


def as_transformers(exported: ExportedModules) -> str:
    """A piece of Python for transformers' Trainer or TRL. Raises ConfigError for phases, which it has no words for."""
    _check_phases(exported)
    patterns = patterns_of(exported.modules, exported.every)
    about = "\n".join(f"# {line}" for line in _provenance(exported))
    adapter = "wrapped already (peft.get_peft_model, not the trainer's peft_config)" if exported.lora else "to be tuned"
    return f'''{about}

from torch.optim import AdamW

from harness.export import parameter_groups

MODULES = [{", ".join(f'"{pattern}"' for pattern in patterns)}]


def optimizer(model):
    """For Trainer or SFTTrainer: optimizers=(optimizer(model), None). The model is {adapter}."""
    groups = parameter_groups(
        model,
        MODULES,
        learning_rate={exported.learning_rate!r},
        rest_ratio={exported.rest_ratio!r},
        weight_decay={exported.weight_decay!r},
    )
    return AdamW(groups)
'''


def _check_phases(exported: ExportedModules) -> None:
    if exported.warmup_fraction is not None:
        raise ConfigError(
            f"--variant {exported.variant}: strategy {exported.strategy} lets its robust modules learn alone first, "
            "which other trainers have no setting for; --to json tells modules, rate and warm-up"
        )


def _provenance(exported: ExportedModules) -> list[str]:
    of = exported.base_revision or exported.base_digest
    found = f"search {exported.search}" if exported.search else "named in the config"
    lines = [
        f"{exported.strategy} of run {exported.run}, variant {exported.variant}",
        f"{len(exported.modules)} robust modules, {found}",
        f"Base: {exported.base}{f' ({of})' if of else ''}; for another base or other data search anew.",
    ]
    return [one_line(line) for line in lines]


def _check_numbers(learning_rate: float, rest_ratio: float, weight_decay: float) -> None:
    for name, value, lowest in (
        ("learning_rate", learning_rate, "above 0"), ("rest_ratio", rest_ratio, "0 or more"),
        ("weight_decay", weight_decay, "0 or more"),
    ):  # fmt: skip
        if not math.isfinite(value) or value < 0 or (value == 0 and lowest == "above 0"):
            raise ConfigError(f"{name}: must be {lowest} (got {value!r})")
