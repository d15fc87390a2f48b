"""How far each module moved: ‖W_tuned − W_base‖ / ‖W_base‖ in Frobenius norms (ours)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch

from harness.errors import SilentFailureError
from harness.modules import name_of
from harness.records import ModuleChange


@dataclass(frozen=True)
class BaseWeights:
    """The trainable weights before training, on the CPU; empty for an adapter, which leaves the base in
    place.
    """

    tensors: tuple[tuple[str, torch.Tensor], ...]


def remember(model: torch.nn.Module) -> BaseWeights:
    """Copy the weights that full tuning is about to change."""
    return BaseWeights(
        tuple((name, parameter.detach().to("cpu", copy=True)) for name, parameter in model.named_parameters())
    )


def full_changes(model: torch.nn.Module, base: BaseWeights) -> tuple[ModuleChange, ...]:
    """The change of every module after full tuning."""
    tuned = dict(model.named_parameters())
    return changes_by_module(
        (name, tuned[name].detach().cpu().float() - old.float(), old) for name, old in base.tensors
    )


def adapter_changes(model: torch.nn.Module) -> tuple[ModuleChange, ...]:
    """The change of every adapted module under LoRA: scale · B A against its base matrix."""
    return changes_by_module(_adapter_deltas(model))


def check_moved(moved: Iterable[ModuleChange], *, expected: Iterable[frozenset[str]]) -> None:
    """Raise SilentFailureError where a set of modules that was to learn did not move at all."""
    changed = {change.module for change in moved if change.relative_change > 0}
    for modules in expected:
        if not changed & modules:
            listed = ", ".join(sorted(modules)[:4])
            raise SilentFailureError(
                f"training changed none of the modules {listed}, though their rate is above 0"
            )


def _adapter_deltas(model: torch.nn.Module) -> Iterator[tuple[str, torch.Tensor, torch.Tensor]]:
    from peft.tuners.lora import LoraLayer

    for name, layer in model.named_modules():
        if isinstance(layer, LoraLayer):
            weight = layer.get_base_layer().weight
            yield f"{name}.weight", layer.get_delta_weight("default").detach().float(), weight.detach()


def changes_by_module(deltas: Iterable[tuple[str, torch.Tensor, torch.Tensor]]) -> tuple[ModuleChange, ...]:
    """The change of every module out of (parameter name, change, base weight); what is given is read one by one.

    Raises ModelError for a parameter that belongs to no known module.
    """
    changed: defaultdict[str, float] = defaultdict(float)
    before: defaultdict[str, float] = defaultdict(float)
    for name, delta, old in deltas:
        module = name_of(name)
        changed[module] += float(delta.norm()) ** 2
        before[module] += float(old.float().norm()) ** 2
    return tuple(
        # A module that was all zeros (a fresh bias, say) has no relative change; its norm stands in.
        ModuleChange(module=module, relative_change=(changed[module] / (before[module] or 1.0)) ** 0.5)
        for module in sorted(changed, key=order_of)
    )


def order_of(module: str) -> tuple[int, str]:
    """Sorts module names by layer, then type; those outside the layers come first."""
    kind, _, layer = module.partition(".")
    return (int(layer) if layer else -1), kind
