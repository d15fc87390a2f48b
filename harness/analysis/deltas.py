"""Perturbations: what is added to a module's weights.

`update` [ours]: Δ = W_tuned − W_base of a short benign IFT, full or by LoRA: what would tuning this module alone do?
`noise`: Gaussian, its standard deviation a share of the root mean square of W, drawn from
(seed, parameter name), so that a module's noise never depends on which others are perturbed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import safe_open

from harness.analysis.replay_input import Delta, swapped
from harness.analysis_specs import PerturbationSettings
from harness.errors import StoreError
from harness.modules import name_of
from harness.training.checkpoints import read_checkpoint

Change = Callable[[str], "torch.Tensor | None"]
"""Parameter name → what is added to it, float32 on the CPU; None where nothing is. It is read off the model's weights
as they are, so ask before they are perturbed."""


@dataclass(frozen=True)
class Perturbation:
    """One perturbation seed, module by module."""

    seed: int
    weights: Mapping[str, torch.nn.Parameter]
    """The base model's parameters by name."""
    by_module: Mapping[str, tuple[str, ...]]
    """Module → names of its parameters."""
    change: Change
    factors: Mapping[str, float]
    """Module → factor of its change; 1 where it has none."""
    _squares: dict[str, tuple[float, float]] = field(default_factory=dict, compare=False, repr=False)
    """Module → (‖Δ‖², ‖W‖²), as far as they were asked for."""

    def of(self, modules: Sequence[str]) -> Delta:
        """The change of all these modules at once."""
        return Delta(tuple((name, d) for m in modules for name, d in self._changes(m)))

    def weight_change(self, modules: Sequence[str]) -> float:
        """‖Δ‖ / ‖W‖ over the modules' parameters (a parameter without a change counts in W)."""
        for module in modules:
            if module not in self._squares:
                self._squares[module] = self._measured(module)
        changed, whole = (sum(self._squares[m][at] for m in modules) for at in (0, 1))
        return float((changed / whole) ** 0.5) if whole else 0.0

    def _measured(self, module: str) -> tuple[float, float]:
        changed = sum(float(d.norm()) ** 2 for _, d in self._changes(module))
        return changed, sum(float(self.weights[n].detach().float().norm()) ** 2 for n in self.by_module[module])

    def _changes(self, module: str) -> Iterator[tuple[str, torch.Tensor]]:
        for name in self.by_module[module]:
            change = self.change(name)
            if change is not None:
                yield name, change * self.factors.get(module, 1.0)


def parameters_by_module(model: torch.nn.Module) -> dict[str, tuple[str, ...]]:
    """Module → names of its parameters, in the model's order."""
    found: dict[str, list[str]] = {}
    for name, _ in model.named_parameters():
        found.setdefault(name_of(name), []).append(name)
    return {module: tuple(names) for module, names in found.items()}


def update_of(stage: Path, weights: Mapping[str, torch.nn.Parameter]) -> Change:
    """The update that a finished train stage made. Raises StoreError where its weights cannot be read."""
    checkpoint = read_checkpoint(stage)
    if checkpoint.record.kind == "adapter":
        return _adapter_update(checkpoint.weights)
    return _full_update(checkpoint.weights, weights)


def noise_of(seed: int, weights: Mapping[str, torch.nn.Parameter], *, scale: float) -> Change:
    """Gaussian noise for every matrix; biases and norms are left as they are."""

    def change(name: str) -> torch.Tensor | None:
        weight = weights[name].detach().float().cpu()
        if weight.ndim < 2:
            return None
        number = int.from_bytes(hashlib.sha256(f"{seed} {name}".encode()).digest()[:7], "big")
        drawn = torch.randn(weight.shape, generator=torch.Generator().manual_seed(number))
        return drawn * (scale * float(weight.pow(2).mean().sqrt()))

    return change


def matched(
    perturbation: Perturbation,
    settings: PerturbationSettings,
    modules: Sequence[str],
    *,
    output_change: Callable[[Delta], float],
) -> Perturbation:
    """The perturbation with every module's factor set as the settings say.

    `output_change` measures ‖xΔᵀ‖ / ‖xWᵀ‖. A module without a change keeps none, and one that puts out nothing, so that
    its output cannot be matched, is left unperturbed.
    """
    factors = {}
    for module in modules:
        if settings.match == "none":
            factors[module] = settings.scale if settings.kind == "update" else 1.0
            continue
        now = (
            perturbation.weight_change([module])
            if settings.match == "weight"
            else output_change(perturbation.of([module]))
        )
        factors[module] = settings.scale / now if now > 0 else 1.0
    return Perturbation(perturbation.seed, perturbation.weights, perturbation.by_module, perturbation.change, factors)


@contextlib.contextmanager
def applied(model: torch.nn.Module, delta: Delta) -> Iterator[None]:
    """The model with the change in its weights; afterwards they are bitwise as before."""
    with swapped(dict(model.named_parameters()), delta):
        yield


def _full_update(folder: Path, weights: Mapping[str, torch.nn.Parameter]) -> Change:
    where = {name: file for file in sorted(folder.glob("*.safetensors")) for name in _names(file)}

    def change(name: str) -> torch.Tensor | None:
        saved = name if name in where else _saved_as(name, set(where).difference(weights))
        if saved is None:
            raise StoreError(f"{folder}: holds no weights {name}; the short IFT's checkpoint is not whole")
        with safe_open(where[saved], framework="pt") as stored:
            tuned: torch.Tensor = stored.get_tensor(saved).float()
        return tuned - weights[name].detach().float().cpu()

    return change


def _saved_as(name: str, others: Collection[str]) -> str | None:
    """The name in the file of a weight that transformers renames on loading, as GPT-NeoX's head; None if unclear."""
    same = [o for o in others if (name_of(o), o.rpartition(".")[2]) == (name_of(name), name.rpartition(".")[2])]
    return same[0] if len(same) == 1 else None


def _adapter_update(folder: Path) -> Change:
    """scale · B A for each adapted matrix."""
    settings = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
    scale = settings["lora_alpha"] / settings["r"]
    file = folder / "adapter_model.safetensors"
    where = {name.removeprefix("base_model.model."): name for name in _names(file)}

    def change(name: str) -> torch.Tensor | None:
        stem = name.removesuffix(".weight")
        if not name.endswith(".weight") or f"{stem}.lora_A.weight" not in where:
            return None
        with safe_open(file, framework="pt") as stored:
            a, b = (stored.get_tensor(where[f"{stem}.lora_{half}.weight"]).float() for half in "AB")
        made: torch.Tensor = scale * (b @ a)
        return made

    return change


def _names(file: Path) -> list[str]:
    try:
        with safe_open(file, framework="pt") as stored:
            return list(stored.keys())
    except OSError as error:
        raise StoreError(f"{file}: cannot be read ({error})") from error
