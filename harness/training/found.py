"""Module sets by name: `@found`, `@random` and `@complement` in a TrainSpec become the search's modules.

[paper] Mods_Robust is what the search found. [ours] The controls: `random` is a set of the same size, drawn anew for
each training seed, so that no one draw decides; `complement` is as many modules from outside the set, the most
sensitive first. In both, embeddings, norms and head are where the found set has them: the controls differ from it in
the modules of the layers alone.
"""

from __future__ import annotations

import random
from collections.abc import Collection

from harness.analysis_records import SearchOutcome
from harness.errors import ConfigError
from harness.specs import TrainSpec


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
