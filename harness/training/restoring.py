"""Weights made of the base's, the tuned ones and the unaligned sibling's, parameter by parameter, by a strategy."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from peft import PeftModel
from peft.tuners.lora import LoraLayer
from transformers import PreTrainedModel

from harness.errors import ModelError, SilentFailureError
from harness.modules import name_of
from harness.strategies import ModuleWeights

Restore = Callable[[ModuleWeights], torch.Tensor]
_LEFT_OUT = 1e-3
"""How much of a restored change may lie outside what the adapter can express, as a share of it."""


def restore_full(
    tuned: PreTrainedModel, base: PreTrainedModel, unaligned: PreTrainedModel | None, restore: Restore
) -> None:
    """Give every parameter of `tuned` its restored value.

    Raises ModelError where the models' parameters differ, or the unaligned sibling's values all equal the base's.
    """
    before, sibling = dict(base.named_parameters()), _named(unaligned)
    alike = True
    with torch.no_grad():
        for name, parameter in tuned.named_parameters():
            weights = ModuleWeights(
                name=name,
                module=name_of(name),
                base=_same(before, name, parameter, whose="base").float(),
                tuned=parameter.float(),
                unaligned=None if unaligned is None else _same(sibling, name, parameter, whose="unaligned").float(),
            )
            alike = alike and _alike(weights)
            parameter.copy_(restore(weights))
    _check_sibling(alike)


def restore_adapter(adapted: PeftModel, unaligned: PreTrainedModel | None, restore: Restore) -> None:
    """Give every adapted matrix its restored change, as a new B of the same adapter.

    A is kept: B' = (Δ'/s) Aᵀ (AAᵀ)⁻¹ is exact as long as the strategy keeps the change within the rows of A, as a
    factor or a projection from the left does. Raises SilentFailureError otherwise, ModelError where the models differ
    or the unaligned sibling's adapted matrices all equal the base's.
    """
    sibling = _named(unaligned)
    alike = True
    with torch.no_grad():
        for path, layer in adapted.get_base_model().named_modules():
            if not isinstance(layer, LoraLayer):
                continue
            weight, change = layer.get_base_layer().weight, layer.get_delta_weight("default")
            name = f"{path}.weight"
            weights = ModuleWeights(
                name=name,
                module=name_of(name),
                base=weight.float(),
                tuned=weight.float() + change.float(),
                unaligned=None if unaligned is None else _same(sibling, name, weight, whose="unaligned").float(),
            )
            alike = alike and _alike(weights)
            _express(layer, restore(weights) - weights.base, module=weights.module)
    _check_sibling(alike)


def _alike(weights: ModuleWeights) -> bool:
    """Whether the sibling's parameter, where there is a sibling, equals the base's."""
    return weights.unaligned is not None and torch.equal(weights.base, weights.unaligned)


def _check_sibling(alike: bool) -> None:
    """Raise ModelError where the sibling equals the base in all that is restored."""
    if alike:
        raise ModelError(
            "unaligned: its weights equal the base's, so that the strategy would change nothing; give the model "
            "as it was before its alignment"
        )


def _express(layer: LoraLayer, change: torch.Tensor, *, module: str) -> None:
    a, b = layer.lora_A["default"].weight, layer.lora_B["default"].weight
    scale = float(layer.scaling["default"])
    rows = a.float()
    made = (change / scale) @ torch.linalg.pinv(rows)
    left_out = float((scale * made @ rows - change).norm())
    if left_out > _LEFT_OUT * max(float(change.norm()), 1e-12):
        raise SilentFailureError(
            f"module {module}: the restored change is none that its adapter can express; the strategy must say `merges`"
        )
    b.copy_(made)


def _named(model: PreTrainedModel | None) -> Mapping[str, torch.nn.Parameter]:
    return {} if model is None else dict(model.named_parameters())


def _same(
    parameters: Mapping[str, torch.nn.Parameter], name: str, like: torch.Tensor, *, whose: str
) -> torch.nn.Parameter:
    """The parameter of that name. Raises ModelError where there is none of that shape."""
    found = parameters.get(name)
    if found is None or found.shape != like.shape:
        shape = "none" if found is None else str(tuple(found.shape))
        raise ModelError(
            f"{whose}: parameter {name} is {shape} and {tuple(like.shape)} in the tuned model; "
            "give a model of the same architecture and size"
        )
    return found
