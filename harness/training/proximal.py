"""The penalty w/2 · ‖θ − θ_anchor‖² over the parameters that learn (L2-SP, Li et al. 2018; Lisa, Huang et al. 2024)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from peft.tuners.lora import LoraLayer
from transformers import PreTrainedModel

from harness.train_specs import Proximal
from harness.training.groups import ParameterGroup


class Penalty:
    """Adds the penalty's gradient, w · (θ − θ_anchor), after the loss's own.

    Anchored to the base, an adapter is pulled to nothing: its penalty is w/2 · ‖s·BA‖², the change of the matrix that
    it adapts. Memory: the parameters that learn once more, but nothing for an adapter anchored to the base.
    """

    def __init__(self, settings: Proximal, model: PreTrainedModel, groups: Sequence[ParameterGroup]) -> None:
        self.settings = settings
        self._parameters = [p for group in groups if group.scale > 0 for p in group.parameters]
        self._adapters = [m for m in model.modules() if isinstance(m, LoraLayer)] if settings.anchor == "base" else []
        self.anchor: list[torch.Tensor] = []
        if not self._adapters:
            self.moor()

    def moor(self) -> None:
        """Anchor to the weights as they are now."""
        self.anchor = [p.detach().clone() for p in self._parameters]

    @property
    def moves(self) -> bool:
        """Whether the anchor is another after a turn."""
        return self.settings.anchor == "turn"

    def turned(self) -> None:
        """A turn of the loop begins."""
        if self.moves:
            self.moor()

    def backward(self) -> float:
        """Add to the gradients; returns the penalty."""
        if self._adapters:
            return self._adapted()
        total = 0.0
        with torch.no_grad():
            for parameter, anchor in zip(self._parameters, self.anchor, strict=True):
                if parameter.requires_grad and parameter.grad is not None:
                    away = parameter - anchor
                    parameter.grad.add_(away, alpha=self.settings.weight)
                    total += float(away.float().square().sum())
        return self.settings.weight / 2 * total

    def _adapted(self) -> float:
        """‖s·BA‖² is s² · Σ (BᵀB ∘ AAᵀ): no matrix of the model's size is made."""
        total = 0.0
        for layer in self._adapters:
            a, b = layer.lora_A["default"].weight, layer.lora_B["default"].weight
            scale = float(layer.scaling["default"])
            share = self.settings.weight / 2 * scale**2 * ((b.T @ b) * (a @ a.T)).sum()
            if share.requires_grad:
                share.backward()
            total += float(share.detach())
        return total
