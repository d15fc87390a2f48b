"""RunConfig → families: which variants tune in one way at several intensities, and so make one curve. Source: ours.

A family has one strategy with the same settings but for the learning rate, the same data, and the same search; all of
it is tuned in full or all of it by LoRA. Training length, batch and LoRA rank may differ: they too are ways to learn
more or less, and a further point can only make the family a stronger reference (frontier.py).
"""

from __future__ import annotations

import hashlib
import json

from harness.config import RunConfig, Variant
from harness.plan_analysis import PLAIN
from harness.specs import CheckpointSpec, Family, FamilyKind

PLAIN_NAME = "plain IFT"
CONTROLS = ("random", "complement")
"""Sets of modules that no search chose for being robust (strategies/__init__.py)."""


def families_of(config: RunConfig) -> tuple[Family, ...]:
    """The families of a run, in order of their first variants."""
    members: dict[str, list[Variant]] = {}
    for variant in config.variants:
        members.setdefault(_identity(variant, config), []).append(variant)
    return tuple(_family(variants, config) for variants in members.values())


def _family(variants: list[Variant], config: RunConfig) -> Family:
    first = variants[0]
    names = tuple(v.name for v in variants)
    kind = _kind(first)
    return Family(
        name=PLAIN_NAME if kind == "plain" else ", ".join(names),
        kind=kind,
        variants=names,
        data=_data(first, config),
        lora=first.lora is not None,
    )


def _kind(variant: Variant) -> FamilyKind:
    if variant.strategy == PLAIN:
        return "plain"
    return "control" if getattr(variant.settings, "modules", None) in CONTROLS else "other"


def _identity(variant: Variant, config: RunConfig) -> str:
    """What the variants of a family have in common, as text."""
    settings = json.loads(variant.settings.model_dump_json(exclude={"learning_rate"}))
    # Checkpoints of other people are no curve: nobody knows that they were made alike.
    settings = settings if variant.settings.trains else variant.name
    shared = (_data(variant, config), variant.lora is not None, variant.strategy, settings, _search(variant, config))
    return json.dumps(shared, sort_keys=True)


def _search(variant: Variant, config: RunConfig) -> tuple[str, ...]:
    """The analysis and the search that a variant's modules come from; empty where they come from the config."""
    spec = variant.spec
    if isinstance(spec, CheckpointSpec) or not (spec.needs_search or spec.needs_analysis):
        return ()
    return tuple(s.model_dump_json() for s in (variant.analysis or config.analysis, variant.search or config.search))


def _data(variant: Variant, config: RunConfig) -> str:
    if not variant.settings.trains:
        return f"unknown, of {variant.name}"
    chosen = variant.dataset or config.dataset
    assert chosen is not None
    return hashlib.sha256(chosen.model_dump_json().encode()).hexdigest()[:16]
