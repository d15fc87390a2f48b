"""Module sets by name in a TrainSpec: `@found`, `@random` and `@complement` become the search's modules,
`@safety_layers:N` the layers that the analysis finds most sensitive.

[paper] Mods_Robust is what the search found. [ours] The controls: `random` is a set of the same size, drawn anew for
each training seed, so that no one draw decides; `complement` is as many modules from outside the set, the most
sensitive first. In both, embeddings, norms and head are where the found set has them: the controls differ from it in
the modules of the layers alone.

Safety layers: [Li et al. 2024, "Safety Layers in Aligned Large Language Models"] a run of layers in the middle that
tell malicious from normal prompts apart. [ours] The run of N layers whose modules, changed one by one, make the
security feature drift most on harmful prompts, on average.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Collection
from statistics import fmean

from harness.analysis_records import Robustness, SearchOutcome
from harness.errors import ConfigError
from harness.specs import TrainSpec
from harness.train_specs import SAFETY_LAYERS


def resolved(spec: TrainSpec, search: SearchOutcome, *, seed: int, trainable: Collection[str]) -> TrainSpec:
    """The spec with the search's modules in place of `@` names, as far as they are among the `trainable` modules.

    Under LoRA only adapted modules are. Raises ConfigError where a set is empty.
    """
    groups = []
    for rule in spec.groups:
        named = [p for p in rule.modules if p.startswith("@")]
        modules = [p for p in rule.modules if not p.startswith("@")]
        for name in named:
            chosen = _chosen(name, search, seed=seed, trainable=trainable)
            if not chosen:
                raise ConfigError(f"parameter group {rule.name!r}: {name} is empty: {_why(name, search)}")
            modules += chosen
        groups.append(rule.model_copy(update={"modules": tuple(modules)}))
    return spec.model_copy(update={"groups": tuple(groups)})


def with_safety_layers(spec: TrainSpec, robustness: Robustness) -> TrainSpec:
    """The spec with layers in place of `@safety_layers:N`. Raises ConfigError where the model has no more than N."""
    groups = []
    for rule in spec.groups:
        modules: list[str] = []
        for pattern in rule.modules:
            if pattern.startswith(SAFETY_LAYERS):
                first, last = safety_layers(robustness, count=int(pattern.partition(":")[2]))
                pattern = f"*.{first}-{last}"
            modules.append(pattern)
        groups.append(rule.model_copy(update={"modules": tuple(modules)}))
    return spec.model_copy(update={"groups": tuple(groups)})


def safety_layers(robustness: Robustness, *, count: int) -> tuple[int, int]:
    """First and last of the `count` layers in a row with the greatest mean drift; of equal runs the first.

    Raises ConfigError where the model has no more layers than that.
    """
    drifts: defaultdict[int, list[float]] = defaultdict(list)
    for module in robustness.modules:
        drifts[int(module.module.partition(".")[2])].append(module.mean.harmful)
    layers = sorted(drifts)
    if count >= len(layers):
        raise ConfigError(f"freezing {count} safety layers leaves none of the model's {len(layers)} to learn")
    means = [fmean(drifts[layer]) for layer in layers]
    starts = range(len(layers) - count + 1)
    first = max(starts, key=lambda start: sum(means[start : start + count]))
    return layers[first], layers[first + count - 1]


def _chosen(name: str, search: SearchOutcome, *, seed: int, trainable: Collection[str]) -> tuple[str, ...]:
    found = tuple(module for module in search.chosen.modules if module in trainable)
    if name == "@found":
        return found
    if name == "@complement":
        return tuple(module for module in search.complement if module in trainable)
    every = [module for module in search.every if module in trainable]
    others = [module for module in found if module not in search.every]
    drawn = set(random.Random(f"random control {seed}").sample(every, len(found) - len(others)))
    return (*(module for module in every if module in drawn), *others)


def _why(name: str, search: SearchOutcome) -> str:
    if name == "@complement":
        return "the search took every module; lower search.budget or set search.cap"
    if search.chosen.modules:
        return "none of the modules that the search found is trained; give lora.modules that are among them"
    return f"no module keeps within the drift budget of {search.budget:.4g}; raise search.budget"
