"""Module names: `q.3`, `qkv.0`, `gate.0`, `embed`, `norm`, `head`, over architectures and LoRA adapters.

A module is one matrix of one layer (type, layer) as the model stores it [ours]; in the paper's models those are q, k,
v, o, gate, up, down [paper]. Where a model fuses matrices into one (Phi-3's q, k and v; its gate and up), the fused
matrix is a module of a type of its own: AdamW gives the rows of one matrix one learning rate, so the analysis speaks of
the same unit as the training. Embeddings, norms (all of them together) and the head are modules without a layer [ours].

A bias belongs to the module of its matrix, a LoRA matrix to the module that it adapts. A head tied to the embeddings is
no parameter of its own: it is part of `embed`. A parameter that stands in no table here is refused, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import ConfigError, ModelError, did_you_mean

if TYPE_CHECKING:
    from torch.nn import Module

TYPES = ("q", "k", "v", "qkv", "o", "gate", "up", "gate_up", "down")
"""The types of matrix in a layer; a model has some of them."""
OTHERS = ("embed", "norm", "head")
"""Modules outside the layers (norms inside the layers are part of `norm`)."""
FUSED: Mapping[str, tuple[str, ...]] = {"qkv": ("q", "k", "v"), "gate_up": ("gate", "up")}
"""Types that hold several others in one matrix."""

MATRICES: Mapping[str, str] = {
    # Llama, Qwen2, Qwen3, Mistral, Gemma, Gemma2
    "self_attn.q_proj": "q",
    "self_attn.k_proj": "k",
    "self_attn.v_proj": "v",
    "self_attn.o_proj": "o",
    "mlp.gate_proj": "gate",
    "mlp.up_proj": "up",
    "mlp.down_proj": "down",
    # Phi-3: the rest as Llama
    "self_attn.qkv_proj": "qkv",
    "mlp.gate_up_proj": "gate_up",
    # Phi (1, 1.5, 2): q, k, v as Llama; no gate
    "self_attn.dense": "o",
    "mlp.fc1": "up",
    "mlp.fc2": "down",
    # GPT-NeoX: no gate
    "attention.query_key_value": "qkv",
    "attention.dense": "o",
    "mlp.dense_h_to_4h": "up",
    "mlp.dense_4h_to_h": "down",
}
"""Name of a matrix inside its layer → its type."""

_ENDS = {"embed_tokens": "embed", "embed_in": "embed", "lm_head": "head", "embed_out": "head"}
_NORMS = frozenset({"norm", "final_layernorm", "final_layer_norm"})
_LAYER_NORMS = frozenset(
    {
        "input_layernorm",
        "post_attention_layernorm",
        "pre_feedforward_layernorm",
        "post_feedforward_layernorm",
        "self_attn.q_norm",
        "self_attn.k_norm",
        "self_attn.q_layernorm",
        "self_attn.k_layernorm",
    }
)
_FAMILIES = "the harness tunes models built as Llama, Qwen2, Qwen3, Mistral, Gemma, Gemma2, Phi, Phi-3 or GPT-NeoX are"

_ROOT = re.compile(r"^(?:base_model\.model\.)?(?:(?:model|gpt_neox)\.)?")
"""What stands before the layers: peft's wrapping, then the model's."""
_END = re.compile(
    r"(?:\.lora_embedding_[AB]\.[^.]+"
    r"|(?:\.base_layer|\.original_module|\.(?:lora_\w+|modules_to_save)\.[^.]+)?\.(?:weight|bias))$"
)
"""What stands after a matrix's name: weight or bias, of its own or of peft's."""
_LAYER = re.compile(r"^layers\.(\d+)\.(.+)$")
_PATTERN = re.compile(r"^(\w+|\*)(?:\.(\d+)(?:-(\d+))?)?$")


@dataclass(frozen=True)
class ModuleLinear:
    """A module of a layer as the model holds it."""

    name: str
    """Module name, `q.3`."""
    path: str
    """Dotted path of its torch submodule, which has the `weight`; under LoRA, of the base layer."""
    parameters: int
    """Numbers in its matrix and its bias."""

    @property
    def type(self) -> str:
        """One of TYPES."""
        return self.name.partition(".")[0]

    @property
    def layer(self) -> int:
        """Index of the layer, from 0."""
        return int(self.name.partition(".")[2])


def name_of(parameter_name: str) -> str:
    """The module of a parameter. Raises ModelError where the name is not recognised."""
    end = _END.search(parameter_name)
    name = _module_at(parameter_name[: end.start()]) if end else None
    if name is None:
        raise ModelError(f"parameter {parameter_name!r} belongs to no known module; {_FAMILIES}")
    return name


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


def mismatch(pattern: str, names: Collection[str]) -> str | None:
    """Why a pattern matches none of a model's module names, or reaches past its layers, as a sentence; else None.

    Raises ConfigError for a malformed pattern.
    """
    have = _layers_of(names)
    if any(matches(pattern, name) for name in names):
        return beyond(pattern, max(have, default=-1) + 1)
    kind, _, _ = _parsed(pattern)
    types = set().union(*have.values())
    if kind in TYPES and kind not in types:
        why = _why_absent(kind, types)
    elif kind == "head":
        why = "its head is tied to its embeddings, which are embed"
    elif kind == "*" or kind in TYPES:
        why = f"its layers are 0 to {max(have, default=-1)}"
    else:
        why = f"it has no {kind}"
    return f"{pattern} matches no module of this model: {why}"


def beyond(pattern: str, layers: int) -> str | None:
    """Why a pattern reaches past a model's layers, as a sentence; None where it does not.

    Raises ConfigError for a malformed pattern.
    """
    _, first, last = _parsed(pattern)
    end = first if last is None else last
    if end is None or end < layers:
        return None
    return f"{pattern} reaches past this model, which has {layers} layers, 0 to {layers - 1}"


def kind_of(pattern: str) -> str:
    """The module type of a pattern, or `*`. Raises ConfigError for a malformed one."""
    return _parsed(pattern)[0]


def patterns_of(modules: Collection[str], every: Collection[str]) -> tuple[str, ...]:
    """The shortest patterns, by type, that match these modules and no other: (`q`, `k.0-3`, `up.5`, `embed`).

    `every` holds all modules of the layers; a type that is taken whole stands without layers.
    """
    taken, have = (_layers_by_type(names) for names in (modules, every))
    patterns = []
    for kind in sorted(taken, key=lambda kind: TYPES.index(kind) if kind in TYPES else len(TYPES)):
        if taken[kind] == have.get(kind):
            patterns.append(kind)
            continue
        for first, last in _runs(taken[kind]):
            patterns.append(f"{kind}.{first}" if first == last else f"{kind}.{first}-{last}")
    return (*patterns, *(name for name in OTHERS if name in modules))


def own_types(asked: Sequence[str] | None, have: Collection[str]) -> tuple[str, ...]:
    """A model's own types that hold the asked ones, in the order of TYPES; all that it has for None.

    A type that the model fuses is held by the fused one. Raises ModelError for a type that it does not have.
    """
    holders = set(have if asked is None else ())
    for kind in asked or ():
        if kind not in TYPES:
            known = f"give types of {', '.join(TYPES)}{did_you_mean(kind, TYPES)}"
            raise ModelError(f"{kind!r} cannot be adapted; {known}")
        holder = next((whole for whole in FUSED if kind in FUSED[whole] and whole in have), kind)
        if holder not in have:
            raise ModelError(f"this model has no {kind}: {_why_absent(kind, have)}")
        holders.add(holder)
    return tuple(kind for kind in TYPES if kind in holders)


def linear_of(model: Module) -> tuple[ModuleLinear, ...]:
    """Every module of the layers of a plain or peft-wrapped model, by layer and then in the order of TYPES.

    Raises ModelError where the model's architecture is not supported.
    """
    check_architecture((name for name, _ in model.named_parameters()), architecture=_architecture(model))
    found = []
    for path, module in model.named_modules():
        name = _module_at(path.removesuffix(".base_layer"))
        own = dict(module.named_parameters(recurse=False))
        if name and "." in name and "weight" in own:
            found.append(ModuleLinear(name, path, sum(parameter.numel() for parameter in own.values())))
    return tuple(sorted(found, key=lambda linear: (linear.layer, TYPES.index(linear.type))))


def check_architecture(parameter_names: Iterable[str], *, architecture: str = "this model") -> None:
    """Check that every parameter belongs to a module and that each layer has a whole attention and a whole MLP.

    The layers must be built alike. Raises ModelError naming the architecture, so that a model is refused and never half
    tuned.
    """
    found: set[str] = set()
    for parameter in parameter_names:
        try:
            found.add(name_of(parameter))
        except ModelError as error:
            raise ModelError(f"architecture {architecture} is not supported: {error}") from error
    layers = _layers_of(found)
    types = set().union(*layers.values())
    for whole in FUSED:
        if whole in types and (doubled := types.intersection(FUSED[whole])):
            both = f"{whole} as well as {', '.join(sorted(doubled))}"
            raise ModelError(f"architecture {architecture} is not supported: it has {both}; {_FAMILIES}")
    wanted = [kind for kind in TYPES if kind in _whole_layer(types)]
    missing = [
        f"{kind}.{layer}"
        for layer in range(max(layers, default=0) + 1)
        for kind in wanted
        if kind not in layers.get(layer, ())
    ]
    if missing:
        listed = ", ".join(missing[:4])
        raise ModelError(f"architecture {architecture} is not supported: it has no {listed}; {_FAMILIES}")


def _module_at(path: str) -> str | None:
    """The module whose matrix lies at a dotted path; None where none does."""
    place = path[_ROOT.match(path).end() :]  # type: ignore[union-attr] # it matches the empty text
    inside = _LAYER.match(place)
    if not inside:
        return "norm" if place in _NORMS else _ENDS.get(place)
    layer, place = inside.groups()
    if place in _LAYER_NORMS:
        return "norm"
    return f"{MATRICES[place]}.{layer}" if place in MATRICES else None


def _layers_of(names: Iterable[str]) -> dict[int, set[str]]:
    """Layer → the types that module names give it."""
    layers: dict[int, set[str]] = {}
    for name in names:
        kind, _, layer = name.partition(".")
        if layer:
            layers.setdefault(int(layer), set()).add(kind)
    return layers


def _layers_by_type(names: Iterable[str]) -> dict[str, list[int]]:
    """Type → its layers, in order."""
    found: dict[str, list[int]] = {}
    for layer, types in sorted(_layers_of(names).items()):
        for kind in types:
            found.setdefault(kind, []).append(layer)
    return found


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """(first, last) of each stretch of consecutive numbers."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


def _whole_layer(types: Collection[str]) -> set[str]:
    """The types that a layer must have in a model with such types; an MLP may do without a gate."""
    attention = {"qkv"} if "qkv" in types else set(FUSED["qkv"])
    mlp = {"gate_up"} if "gate_up" in types else {"up"}.union(types) & set(FUSED["gate_up"])
    return {*attention, "o", *mlp, "down"}


def _why_absent(kind: str, types: Collection[str]) -> str:
    """Why a model whose layers have `types` has no such type."""
    for whole, parts in FUSED.items():
        together = f"{', '.join(parts[:-1])} and {parts[-1]}"
        if kind in parts and whole in types:
            return f"its {together} are fused as {whole}"
        if kind == whole and set(parts) <= set(types):
            return f"its {together} are matrices of their own"
    if kind in ("gate", "gate_up"):
        return "its MLP has up and down alone"
    return f"its types are {', '.join(own for own in TYPES if own in types)}"


def _architecture(model: Module) -> str:
    """Class name of a model, or of the one that peft wrapped."""
    inner = getattr(model, "get_base_model", None)
    return type(inner() if callable(inner) else model).__name__


def _parsed(pattern: str) -> tuple[str, int | None, int | None]:
    """(type or `*`, first layer, last layer) of a pattern."""
    found = _PATTERN.match(pattern)
    if not found:
        raise ConfigError(f"module pattern {pattern!r} is malformed; write e.g. q, q.2, q.0-3, *.0, embed or *")
    kind, first, last = found.groups()
    if kind not in (*TYPES, *OTHERS, "*"):
        known = ", ".join((*TYPES, *OTHERS, "*"))
        raise ConfigError(
            f"module pattern {pattern!r}: {kind!r} is no module type ({known}){did_you_mean(kind, TYPES + OTHERS)}"
        )
    if first is not None and kind in OTHERS:
        raise ConfigError(f"module pattern {pattern!r}: {kind} has no layers")
    if last is not None and int(last) < int(first):
        raise ConfigError(f"module pattern {pattern!r}: the last layer comes before the first")
    return kind, None if first is None else int(first), None if last is None else int(last)
