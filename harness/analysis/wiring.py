"""The `wired` path: our own wiring of decoder layers built as Llama's are, over the nodes of a prefix trie.

The model's own submodules do the work (norms, projections, activation, rotary angles); only their order is ours, so
that a perturbed layer can reuse what its perturbation leaves as it was, that no prefix is computed twice, and that the
last layer computes the wanted tokens alone. Whether the wiring is the model's is proved in replay.py, not assumed.

States are [perturbations, nodes, hidden]. A layer makes its keys and values for all nodes, then goes by blocks of
queries from the normed input to the output; on a CPU a block fits the cache, elsewhere it is everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from harness.analysis.replay_input import Sequences
from harness.analysis.replay_trie import Attend, Block, Forest, Sizes, plant

_CPU, _GPU = (512, 2048, 2048), (2**62, 16384, None)
"""Rows of a block; keys gathered at once; nodes of several perturbations together (None: batch_tokens)."""
_PLACES = {
    "self_attn.q_proj": "q", "self_attn.k_proj": "k", "self_attn.v_proj": "v", "self_attn.o_proj": "o",
    "mlp.gate_proj": "gate", "mlp.up_proj": "up", "mlp.down_proj": "down", "post_attention_layernorm": "norm2",
}  # fmt: skip
"""A layer's submodules that can change without changing the whole layer; any other starts it anew."""
_NEEDED = (*_PLACES, "input_layernorm", "mlp.act_fn")


def can_be_wired(model: nn.Module, *, longest: int) -> bool:
    """Whether a model has the submodules of a Llama and no attention window shorter than `longest` tokens."""
    decoder: Any = model.get_decoder()  # type: ignore[operator]
    if not all(hasattr(decoder, name) for name in ("embed_tokens", "layers", "norm", "rotary_emb")):
        return False
    config: Any = model.config
    window = getattr(config, "sliding_window", None)
    return (window is None or longest <= window) and all(_has_parts(layer) for layer in decoder.layers)


def _has_parts(layer: nn.Module) -> bool:
    known = {name for name, _ in layer.named_modules()}
    return known.issuperset(_NEEDED) and hasattr(layer.self_attn, "scaling") and hasattr(layer.self_attn, "head_dim")


def _kind_of(name: str) -> str:
    """What a submodule of a layer is to us; `whole` where the layer must be computed anew."""
    return next((kind for place, kind in _PLACES.items() if f"{name}.".startswith(f"{place}.")), "whole")


@dataclass(frozen=True)
class _Side:
    """The nodes whose outputs a layer computes: all, or in the last layer the wanted ones."""

    blocks: tuple[Block, ...]
    cos: Tensor
    sin: Tensor
    """[nodes, 1, head size] the rotary angles of their depths."""
    nodes: Tensor | None
    """None: all."""

    def of(self, states: Tensor) -> Tensor:
        """The states of these nodes (not a copy, if they are all)."""
        return states if self.nodes is None else states[:, self.nodes]


@dataclass(frozen=True)
class Parts:
    """What the base model computes inside one layer: [1, nodes, …]; from `given` on only the nodes of `side`."""

    index: int
    chunk: int
    side: _Side
    inputs: Tensor
    """The layer's input."""
    k: Tensor
    v: Tensor
    given: Tensor
    """The layer's input where its output is computed."""
    q: Tensor
    """Queries, as `k` with the rotary angles."""
    attended: Tensor
    """The attention's output, before o."""
    middle: Tensor
    """The residual stream between attention and MLP."""
    active: Tensor
    """The activation of gate's output."""
    up: Tensor


class Wired:
    """A model's layers up to `stop` (all: None) over the forests of the sequences; see Path in replay_proof.py."""

    kind = "wired"
    reuses = tuple(_PLACES)

    def __init__(self, model: nn.Module, sequences: Sequences, *, stop: int | None, batch_tokens: int) -> None:
        decoder: Any = model.get_decoder()  # type: ignore[operator]
        self.layers = list(decoder.layers)[: None if stop is None else stop + 1]
        self._embedding = decoder.embed_tokens
        self._norm = decoder.norm if stop is None else None
        weight = decoder.embed_tokens.weight
        rows, keys, together = _CPU if weight.device.type == "cpu" else _GPU
        self._forests = plant(sequences, Sizes(batch_tokens, keys, rows), like=weight)
        self._sides = [_sides(forest, decoder.rotary_emb, weight) for forest in self._forests]
        self.stacked = together or batch_tokens
        self.places = [forest.places for forest in self._forests]
        self.tokens = [forest.nodes for forest in self._forests]
        self.sizes = [max(forest.nodes, forest.widest) for forest in self._forests]

    def embedded(self, chunk: int) -> Tensor:
        """[1, nodes, hidden], what the first layer is given."""
        states: Tensor = self._embedding(self._forests[chunk].tokens[None])
        return states

    def through(self, states: Tensor, span: range, *, chunk: int) -> Tensor:
        """The states after the layers of `span`, in the last layer of the wanted nodes alone; overwrites `states`."""
        for index in span:
            layer, side = self.layers[index], self._side(index, chunk)
            k, v = self._keys(layer, states, chunk)
            given = side.of(states)
            for block in side.blocks:
                q = _queries(layer, given, side, block.rows)
                middle = layer.self_attn.o_proj(_attend(layer, (q, k, v), block)).add_(given[:, block.rows])
                torch.add(middle, _mlp(layer, middle), out=given[:, block.rows])
            states = given
        return states

    def finished(self, states: Tensor, chunk: int) -> Tensor:
        """[perturbations, positions, hidden] in float32 on the CPU, from the last layer's output."""
        normed = states if self._norm is None else self._norm(states)
        rows: Tensor = normed[:, self._forests[chunk].rows]
        return rows.float().cpu()

    def parts(self, index: int, states: Tensor, *, chunk: int) -> Parts:
        """The base model's layer `index` taken apart."""
        return self._parts(index, states, chunk, self._side(index, chunk))

    def perturbed(self, parts: Parts, touched: frozenset[str]) -> Tensor:
        """[1, nodes (wanted ones in the last layer), hidden] the layer's output with its present weights.

        `touched` are the submodules (by name inside the layer) whose weights differ from those of `parts`.
        """
        kinds = {_kind_of(name) for name in touched}
        if "whole" in kinds:
            return self.through(parts.inputs.clone(), range(parts.index, parts.index + 1), chunk=parts.chunk)
        layer, keys = self.layers[parts.index], (parts.k, parts.v)
        if kinds & {"k", "v"}:
            keys = self._keys_again(parts, kinds)
        out = torch.empty_like(parts.middle)
        for block in parts.side.blocks:
            out[:, block.rows] = _again(layer, parts, kinds, keys, block)
        return out

    def matrix_input(self, index: int, name: str, states: Tensor, *, chunk: int) -> tuple[Tensor, Tensor]:
        """[nodes, in] the base input of the matrix `name` of a layer, and [nodes] how many prompts have each node."""
        counts, layer, kind = self._forests[chunk].counts, self.layers[index], _kind_of(name)
        if kind in ("q", "k", "v"):
            return layer.input_layernorm(states[0]), counts
        parts = self._parts(index, states, chunk, self._sides[chunk][0])
        if kind == "o":
            return parts.attended[0], counts
        if kind == "down":
            return parts.active[0] * parts.up[0], counts
        return layer.post_attention_layernorm(parts.middle[0]), counts

    def _side(self, index: int, chunk: int) -> _Side:
        return self._sides[chunk][index == len(self.layers) - 1]

    def _parts(self, index: int, states: Tensor, chunk: int, side: _Side) -> Parts:
        layer, given = self.layers[index], side.of(states)
        attention, mlp = layer.self_attn, layer.mlp
        k, v = self._keys(layer, states, chunk)
        shape = given.shape[:2]
        q, attended = (given.new_empty(*shape, attention.q_proj.out_features) for _ in range(2))
        q = q.view(*shape, -1, attention.head_dim)
        active, up = (given.new_empty(*shape, mlp.up_proj.out_features) for _ in range(2))
        middle = torch.empty_like(given)
        for block in side.blocks:
            rows = block.rows
            q[:, rows] = _queries(layer, given, side, rows)
            attended[:, rows] = _attend(layer, (q[:, rows], k, v), block)
            middle[:, rows] = attention.o_proj(attended[:, rows]).add_(given[:, rows])
            normed = layer.post_attention_layernorm(middle[:, rows])
            active[:, rows] = mlp.act_fn(mlp.gate_proj(normed))
            up[:, rows] = mlp.up_proj(normed)
        return Parts(index, chunk, side, states, k, v, given, q, attended, middle, active, up)

    def _keys(self, layer: Any, states: Tensor, chunk: int) -> tuple[Tensor, Tensor]:
        """Keys and values of all nodes, [perturbations, nodes, heads, head size]."""
        side = self._sides[chunk][0]
        k, v = _projected(layer, states, side, (layer.self_attn.k_proj, layer.self_attn.v_proj))
        return _turned(layer, k, "k_norm", side.cos, side.sin), v

    def _keys_again(self, parts: Parts, kinds: set[str]) -> tuple[Tensor, Tensor]:
        """Keys and values, of which those in `kinds` differ from the base model's."""
        layer, side = self.layers[parts.index], self._sides[parts.chunk][0]
        again = [kind for kind in ("k", "v") if kind in kinds]
        matrices = tuple(getattr(layer.self_attn, f"{kind}_proj") for kind in again)
        made = dict(zip(again, _projected(layer, parts.inputs, side, matrices), strict=True))
        k = _turned(layer, made["k"], "k_norm", side.cos, side.sin) if "k" in made else parts.k
        return k, made.get("v", parts.v)


def _sides(forest: Forest, rotary: Any, like: Tensor) -> tuple[_Side, _Side]:
    """All nodes of a forest, and its wanted ones."""
    angles = rotary(like, torch.arange(forest.longest, device=like.device)[None])
    cos, sin = (one[0][forest.depths][:, None] for one in angles)
    every = _Side(forest.every, cos, sin, None)
    return every, _Side(forest.last, cos[forest.wanted], sin[forest.wanted], forest.wanted)


def _again(layer: Any, parts: Parts, kinds: set[str], keys: tuple[Tensor, Tensor], block: Block) -> Tensor:
    """A block of the layer's output with its present weights; what `kinds` leave as it was comes from `parts`."""
    rows, mlp = block.rows, layer.mlp
    middle = parts.middle[:, rows]
    if kinds & {"q", "k", "v", "o"}:
        attended = parts.attended[:, rows]
        if kinds & {"q", "k", "v"}:
            q = _queries(layer, parts.given, parts.side, rows) if "q" in kinds else parts.q[:, rows]
            attended = _attend(layer, (q, *keys), block)
        middle = layer.self_attn.o_proj(attended).add_(parts.given[:, rows])
        changed: Tensor = middle.add_(_mlp(layer, middle))
        return changed
    active, up = parts.active[:, rows], parts.up[:, rows]
    if kinds != {"down"}:
        normed = layer.post_attention_layernorm(middle)
        active = mlp.act_fn(mlp.gate_proj(normed)) if kinds & {"norm2", "gate"} else active
        up = mlp.up_proj(normed) if kinds & {"norm2", "up"} else up
    out: Tensor = mlp.down_proj(active * up).add_(middle)
    return out


def _mlp(layer: Any, middle: Tensor) -> Tensor:
    """What the MLP adds to the residual stream."""
    normed, mlp = layer.post_attention_layernorm(middle), layer.mlp
    added: Tensor = mlp.down_proj(mlp.act_fn(mlp.gate_proj(normed)).mul_(mlp.up_proj(normed)))
    return added


def _projected(layer: Any, states: Tensor, side: _Side, matrices: tuple[Any, ...]) -> list[Tensor]:
    """[perturbations, nodes, heads, head size] all nodes' normed states through each matrix."""
    made = [states.new_empty(*states.shape[:2], matrix.out_features) for matrix in matrices]
    for block in side.blocks:
        normed = layer.input_layernorm(states[:, block.rows])
        for matrix, out in zip(matrices, made, strict=True):
            out[:, block.rows] = matrix(normed)
    size = int(layer.self_attn.head_dim)
    return [out.view(*out.shape[:2], -1, size) for out in made]


def _queries(layer: Any, given: Tensor, side: _Side, rows: slice) -> Tensor:
    """[perturbations, rows, heads, head size]"""
    made = layer.self_attn.q_proj(layer.input_layernorm(given[:, rows]))
    heads = made.unflatten(-1, (-1, layer.self_attn.head_dim))
    return _turned(layer, heads, "q_norm", side.cos[rows], side.sin[rows])


def _turned(layer: Any, heads: Tensor, norm: str, cos: Tensor, sin: Tensor) -> Tensor:
    """Queries or keys after their norm (Qwen3) and turned by the rotary angles of their depths."""
    if hasattr(layer.self_attn, norm):
        heads = getattr(layer.self_attn, norm)(heads)
    half = heads.shape[-1] // 2
    turned = heads * cos
    turned[..., :half].addcmul_(heads[..., half:], sin[..., :half], value=-1)
    turned[..., half:].addcmul_(heads[..., :half], sin[..., half:])
    return turned


def _attend(layer: Any, heads: tuple[Tensor, Tensor, Tensor], block: Block) -> Tensor:
    """[perturbations, rows, heads × head size] of a block's queries; keys and values are of all nodes."""
    q, k, v = heads
    several, made = len(q), []
    for call in block.calls:
        asked = q[:, call.stretch.start - block.rows.start : call.stretch.stop - block.rows.start]
        asked = asked if call.slots is None else asked.index_select(1, call.slots)
        asked = asked.reshape(several * call.rows, call.length, *q.shape[2:])
        keys, values = (_gathered(states, call) for states in (k, v))
        found = _sdpa(asked, keys, values, mask=call.mask_for(several), scale=layer.self_attn.scaling)
        found = found.reshape(several, call.rows * call.length, -1)
        made.append(found if call.real is None else found.index_select(1, call.real))
    return made[0] if len(made) == 1 else torch.cat(made, dim=1)


def _gathered(states: Tensor, call: Attend) -> Tensor:
    """[perturbations × rows, width, heads, head size] the keys or values that a call's queries may see."""
    return states.index_select(1, call.keys).view(len(states) * call.rows, call.width, *states.shape[2:])


def _sdpa(q: Tensor, k: Tensor, v: Tensor, *, mask: Tensor | None, scale: float) -> Tensor:
    """[rows, queries, heads, head size] of [rows, tokens, heads, head size]; without a mask plainly causal."""
    groups = q.shape[2] // k.shape[2]
    if groups > 1 and q.device.type != "cpu":  # the masked kernels of a GPU take no grouped heads
        k, v = (t.repeat_interleave(groups, dim=2) for t in (k, v))
    made: Tensor = scaled_dot_product_attention(
        q.transpose(1, 2),
        k.transpose(1, 2),
        v.transpose(1, 2),
        attn_mask=mask,
        is_causal=mask is None,
        scale=scale,
        enable_gqa=k.shape[2] != q.shape[2],
    )
    return made.transpose(1, 2)
