"""Whether a variant can be trained as its config says: what the config and the base's config.json decide before a run.

The stages check the same on the model itself; here it is told in seconds, by variant and key.
"""

from __future__ import annotations

import json
from pathlib import Path

from harness import hub
from harness.config import Variant
from harness.errors import ConfigError, ModelError
from harness.modules import FUSED, TYPES, beyond, kind_of
from harness.specs import LoopSettings, ModelSource, TrainSpec
from harness.train_specs import empty_phase

BUILTIN_LAYERS = 6
"""Of the built-in model."""


def check_folder(source: ModelSource, *, key: str) -> None:
    """Raise ModelError where a local model is a folder without config.json; `key` is where the config names it."""
    if source.kind == "path" and not (Path(source.location) / "config.json").is_file():
        raise ModelError(f"{key}: {source.location} holds no config.json; give a folder saved by save_pretrained")


def layers_of(source: ModelSource) -> int | None:
    """How many layers a model has, as its config.json says; None where that is not on this machine or does not say."""
    if source.kind == "builtin":
        return BUILTIN_LAYERS
    folder = hub.local_model(source.location, kind=source.kind, revision=source.revision)
    try:
        found = json.loads((folder / "config.json").read_text(encoding="utf-8")) if folder else {}
    except (OSError, ValueError):
        return None
    layers = found.get("num_hidden_layers") if isinstance(found, dict) else None
    return layers if isinstance(layers, int) and layers > 0 else None


def check_variant(variant: Variant, spec: TrainSpec, *, layers: int | None) -> None:
    """Raise ConfigError for modules that the model or the adapter does not have, and for steps that are too few.

    `layers`: how many the base has, where that is known.
    """
    at = f"variants.{variant.name}"
    _check_modules(variant, spec, layers, at=at)
    if variant.training.steps is not None:
        _check_steps(variant, spec, variant.training, at=at)


def _check_modules(variant: Variant, spec: TrainSpec, layers: int | None, *, at: str) -> None:
    key = "layers" if hasattr(variant.settings, "layers") else "modules"
    for rule in spec.groups:
        patterns = [pattern for pattern in rule.modules if not pattern.startswith("@")]
        for pattern in patterns:
            if layers is not None and (why := beyond(pattern, layers)):
                raise ConfigError(f"{at}.{key}: {why}")
        adapted = _adapted(variant)
        named = len(patterns) == len(rule.modules) and not rule.optional
        if adapted is not None and named and not any(_holds(pattern, adapted) for pattern in patterns):
            raise ConfigError(
                f"{at}.{key}: {', '.join(patterns)} is none of what the adapter trains, "
                f"{at}.lora.modules: {', '.join(sorted(adapted, key=TYPES.index))}"
            )


def _adapted(variant: Variant) -> set[str] | None:
    """The types that the adapter may have, fused ones for their parts as well; None for full tuning."""
    if variant.lora is None:
        return None
    asked = set(variant.lora.modules or TYPES) & set(TYPES)
    fused = {whole for whole, parts in FUSED.items() if asked.intersection(parts)}
    return asked | fused


def _holds(pattern: str, adapted: set[str]) -> bool:
    kind = kind_of(pattern)
    return kind == "*" or kind in adapted


def _check_steps(variant: Variant, spec: TrainSpec, loop: LoopSettings, *, at: str) -> None:
    steps = loop.steps or 0
    if empty := empty_phase(spec.phases, steps):
        key = "warmup_fraction" if hasattr(variant.settings, "warmup_fraction") else "training.steps"
        raise ConfigError(
            f"{at}.{key}: phase {empty.name!r} of strategy {variant.strategy} would have none of the {steps} steps "
            f"({empty.fraction:.3g} of them, rounded); change it or train for longer"
        )
    if spec.turns is not None and steps <= spec.turns.tuning_steps:
        raise ConfigError(
            f"{at}.training.steps: {steps} end before the first turn on the safety data, which comes after "
            f"tuning_steps: {spec.turns.tuning_steps}; train for longer or lower tuning_steps"
        )
