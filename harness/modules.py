"""Module names: `q.3`, `gate.0`, `embed`, `norm`, `head`, over architectures and LoRA adapters.

A module is one matrix of one layer (type, layer), as in the paper's analysis [paper]: q, k, v, o, gate, up,
down. Embeddings, norms (all of them together) and the head are modules without a layer [ours]. A bias
belongs to the module of its matrix; a LoRA matrix belongs to the module that it adapts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from harness.errors import ConfigError, ModelError, did_you_mean

TYPES = ("q", "k", "v", "o", "gate", "up", "down")
"""The types of matrix in a layer."""
OTHERS = ("embed", "norm", "head")
"""Modules outside the layers (norms inside the layers are part of `norm`)."""

PROJECTIONS = {
    "q": "q_proj",
    "k": "k_proj",
    "v": "v_proj",
    "o": "o_proj",
    "gate": "gate_proj",
    "up": "up_proj",
    "down": "down_proj",
}
"""A type's name in Llama, Qwen2, Mistral and Gemma checkpoints."""

_TYPE_OF = {projection: kind for kind, projection in PROJECTIONS.items()}
_IN_LAYER = re.compile(r"(?:^|\.)layers\.(\d+)\.(?:self_attn|mlp)\.(\w+_proj)\.")
_NORM = re.compile(r"(?:^|\.)(?:norm|\w+_layernorm|[qk]_norm)\.(?:weight|bias)$")
_PATTERN = re.compile(r"^(\w+|\*)(?:\.(\d+)(?:-(\d+))?)?$")


def name_of(parameter_name: str) -> str:
    """The module of a parameter. Raises ModelError where the name is not recognised."""
    inside = _IN_LAYER.search(parameter_name)
    if inside and inside.group(2) in _TYPE_OF:
        return f"{_TYPE_OF[inside.group(2)]}.{inside.group(1)}"
    if "embed_tokens." in parameter_name:
        return "embed"
    if "lm_head." in parameter_name:
        return "head"
    if _NORM.search(parameter_name):
        return "norm"
    raise ModelError(f"parameter {parameter_name!r} belongs to no known module; {_KNOWN_FAMILIES}")


_KNOWN_FAMILIES = "the harness tunes models built as Llama, Qwen2, Mistral or Gemma are"


def matches(pattern: str, name: str) -> bool:
    """Whether a module name falls under a pattern: `q`, `q.2`, `q.0-3`, `*.0`, `embed`, `*`.

    Raises ConfigError for a malformed pattern.
    """
    kind, first, last = _parsed(pattern)
    name_kind, _, layer = name.partition(".")
    if kind not in ("*", name_kind):
        return False
    if first is None:
        return True
    return bool(layer) and first <= int(layer) <= (first if last is None else last)


def validate_pattern(pattern: str) -> str:
    """The pattern itself. Raises ConfigError where it is malformed or names an unknown module type."""
    _parsed(pattern)
    return pattern


def check_architecture(parameter_names: Iterable[str], *, architecture: str = "this model") -> None:
    """Check that every parameter belongs to a module and that each layer has q, k, v, o, gate, up and down.

    Raises ModelError naming the architecture, so that a model is refused and never half tuned.
    """
    found: set[str] = set()
    for parameter in parameter_names:
        try:
            found.add(name_of(parameter))
        except ModelError as error:
            raise ModelError(f"architecture {architecture} is not supported: {error}") from error
    layers = {int(name.partition(".")[2]) for name in found if "." in name}
    missing = [
        f"{kind}.{layer}"
        for layer in sorted(layers or {0})
        for kind in TYPES
        if f"{kind}.{layer}" not in found
    ]
    if missing:
        listed = ", ".join(missing[:4])
        raise ModelError(
            f"architecture {architecture} is not supported: it has no {listed}; {_KNOWN_FAMILIES}"
        )


def _parsed(pattern: str) -> tuple[str, int | None, int | None]:
    """(type or `*`, first layer, last layer) of a pattern."""
    found = _PATTERN.match(pattern)
    if not found:
        raise ConfigError(
            f"module pattern {pattern!r} is malformed; write e.g. q, q.2, q.0-3, *.0, embed or *"
        )
    kind, first, last = found.groups()
    if kind not in (*TYPES, *OTHERS, "*"):
        known = ", ".join((*TYPES, *OTHERS, "*"))
        raise ConfigError(
            f"module pattern {pattern!r}: {kind!r} is no module type ({known})"
            f"{did_you_mean(kind, TYPES + OTHERS)}"
        )
    if first is not None and kind in OTHERS:
        raise ConfigError(f"module pattern {pattern!r}: {kind} has no layers")
    if last is not None and int(last) < int(first):
        raise ConfigError(f"module pattern {pattern!r}: the last layer comes before the first")
    return kind, None if first is None else int(first), None if last is None else int(last)
