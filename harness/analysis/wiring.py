"""The `wired` path: our own wiring of decoder layers built as Llama's are, over the nodes of a prefix trie.

The model's own submodules do the work (norms, projections, activation, rotary angles); only their order is ours, so
that a perturbed layer can reuse what its perturbation leaves as it was, that no prefix is computed twice, and that the
last layer computes the wanted tokens alone. Whether the wiring is the model's is proved in replay.py, not assumed.

States are [perturbations, nodes, hidden]. On a CPU the products go by blocks of rows that fit its cache.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from harness.analysis.replay_input import Sequences
from harness.analysis.replay_trie import Attend, Forest, plant

_BLOCK = 512
"""Rows of a block on a CPU."""
_STACK = 2048
"""Nodes of several perturbations that go through the layers together on a CPU."""
_KEYS_CPU, _KEYS_GPU = 2048, 16384
"""Keys gathered for one call of attention."""
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
class Parts:
    """What the base model computes inside one layer: [1, nodes, …]; from `q` on, in the last layer, wanted nodes."""

    index: int
    forest: Forest
    inputs: Tensor
    """The layer's input."""
    q: Tensor
    k: Tensor
    """Queries and keys, turned by the rotary angles."""
    v: Tensor
    attended: Tensor
    """The attention's output, before o."""
    middle: Tensor
    """The residual stream between attention and MLP."""
    active: Tensor
    """The activation of gate's output."""
    up: Tensor

    @property
    def residual(self) -> Tensor:
        """The layer's input where its output is computed."""
        return self.inputs if self.middle.shape[1] == self.forest.nodes else self.inputs[:, self.forest.wanted]


class Wired:
    """A model's layers up to `stop` (all: None) over the forests of the sequences; see Path in replay.py."""

    kind = "wired"
    reuses = tuple(_PLACES)

    def __init__(self, model: nn.Module, sequences: Sequences, *, stop: int | None, batch_tokens: int) -> None:
        decoder: Any = model.get_decoder()  # type: ignore[operator]
        self.layers = list(decoder.layers)[: None if stop is None else stop + 1]
        self._embedding, self._rotary = decoder.embed_tokens, decoder.rotary_emb
        self._norm = decoder.norm if stop is None else None
        self._cpu = self._embedding.weight.device.type == "cpu"
        keys = _KEYS_CPU if self._cpu else _KEYS_GPU
        self.forests = plant(sequences, most=batch_tokens, keys_at_once=keys, like=self._embedding.weight)
        self.stacked = _STACK if self._cpu else batch_tokens
        self.places = [forest.places for forest in self.forests]
        self.sizes = [forest.nodes for forest in self.forests]
        self._angles: tuple[Tensor, Tensor] | None = None

    def embedded(self, chunk: int) -> Tensor:
        """[1, nodes, hidden], what the first layer is given."""
        states: Tensor = self._embedding(self.forests[chunk].tokens[None])
        return states

    def through(self, states: Tensor, span: range, *, chunk: int) -> Tensor:
        """The states after the layers of `span`; what is given may be overwritten."""
        for index in span:
            states = self._layer(index, states, self.forests[chunk])
        return states

    def finished(self, states: Tensor, chunk: int) -> Tensor:
        """[perturbations, positions, hidden] in float32 on the CPU, from the last layer's output."""
        normed = states if self._norm is None else self._norm(states)
        rows: Tensor = normed[:, self.forests[chunk].rows]
        return rows.float().cpu()

    def parts(self, index: int, states: Tensor, *, chunk: int) -> Parts:
        """The base model's layer `index` taken apart."""
        return self._parts(index, states, self.forests[chunk], last=index == len(self.layers) - 1)

    def perturbed(self, parts: Parts, touched: frozenset[str]) -> Tensor:
        """[1, nodes (wanted ones in the last layer), hidden] the layer's output with its present weights.

        `touched` are the submodules (by name inside the layer) whose weights differ from those of `parts`.
        """
        kinds = {_kind_of(name) for name in touched}
        if "whole" in kinds:
            return self._layer(parts.index, parts.inputs.clone(), parts.forest)
        if kinds & {"q", "k", "v"}:
            return self._after_attention(parts, self._attended(parts, kinds), kinds)
        if "o" in kinds:
            return self._after_attention(parts, parts.attended, kinds)
        return self._mlp_again(parts, kinds)

    def matrix_input(self, index: int, name: str, states: Tensor, *, chunk: int) -> tuple[Tensor, Tensor]:
        """[nodes, in] the base input of the matrix `name` of a layer, and [nodes] how many prompts have each node."""
        forest, layer = self.forests[chunk], self.layers[index]
        kind = _kind_of(name)
        if kind in ("q", "k", "v"):
            return layer.input_layernorm(states[0]), forest.counts
        parts = self._parts(index, states, forest, last=False)
        if kind == "o":
            return parts.attended[0], forest.counts
        if kind == "down":
            return parts.active[0] * parts.up[0], forest.counts
        return layer.post_attention_layernorm(parts.middle[0]), forest.counts

    def _layer(self, index: int, states: Tensor, forest: Forest) -> Tensor:
        """One layer with its present weights; overwrites the states, except in the last layer."""
        layer, last = self.layers[index], index == len(self.layers) - 1
        k, v = self._keys(layer, states, forest)
        residual = states[:, forest.wanted] if last else states
        q = self._queries(layer, residual, forest, last=last)
        attended = self._attend(layer, (q, k, v), forest.last if last else forest.every)
        rows, flat = _flat(residual), _flat(attended)
        for block in self._blocks(len(rows)):
            middle = layer.self_attn.o_proj(flat[block]).add_(rows[block])
            torch.add(middle, layer.mlp(layer.post_attention_layernorm(middle)), out=rows[block])
        return residual

    def _parts(self, index: int, states: Tensor, forest: Forest, *, last: bool) -> Parts:
        layer = self.layers[index]
        k, v = self._keys(layer, states, forest)
        residual = states[:, forest.wanted] if last else states
        q = self._queries(layer, residual, forest, last=last)
        attended = self._attend(layer, (q, k, v), forest.last if last else forest.every)
        middle = torch.empty_like(residual)
        width = layer.mlp.up_proj.out_features
        active, up = (residual.new_empty(*residual.shape[:2], width) for _ in range(2))
        rows, flat, between = _flat(residual), _flat(attended), _flat(middle)
        for block in self._blocks(len(rows)):
            torch.add(layer.self_attn.o_proj(flat[block]), rows[block], out=between[block])
            normed = layer.post_attention_layernorm(between[block])
            _flat(active)[block] = layer.mlp.act_fn(layer.mlp.gate_proj(normed))
            _flat(up)[block] = layer.mlp.up_proj(normed)
        return Parts(index, forest, states, q, k, v, attended, middle, active, up)

    def _attended(self, parts: Parts, kinds: set[str]) -> Tensor:
        """The attention's output where q, k or v differs."""
        layer, forest = self.layers[parts.index], parts.forest
        q, k, v, last = parts.q, parts.k, parts.v, parts.middle.shape[1] != parts.forest.nodes
        if "q" in kinds:
            q = self._queries(layer, parts.residual, forest, last=last)
        if kinds & {"k", "v"}:
            k_again = layer.self_attn.k_proj if "k" in kinds else None
            v_again = layer.self_attn.v_proj if "v" in kinds else None
            new_k, new_v = self._projected(layer, parts.inputs, (k_again, v_again))
            k = k if new_k is None else self._turned(layer, new_k, forest, norm="k_norm", nodes=None)
            v = v if new_v is None else new_v
        return self._attend(layer, (q, k, v), forest.last if last else forest.every)

    def _after_attention(self, parts: Parts, attended: Tensor, kinds: set[str]) -> Tensor:
        """The layer's output from the attention's."""
        layer = self.layers[parts.index]
        out = torch.empty_like(parts.middle)
        rows, flat, given = _flat(out), _flat(attended), _flat(parts.residual)
        for block in self._blocks(len(rows)):
            middle = layer.self_attn.o_proj(flat[block]).add_(given[block])
            torch.add(middle, layer.mlp(layer.post_attention_layernorm(middle)), out=rows[block])
        return out

    def _mlp_again(self, parts: Parts, kinds: set[str]) -> Tensor:
        """The layer's output where only the MLP (or its norm) differs."""
        layer = self.layers[parts.index]
        mlp, anew = layer.mlp, "norm2" in kinds
        out = torch.empty_like(parts.middle)
        rows, middle, active, up = _flat(out), _flat(parts.middle), _flat(parts.active), _flat(parts.up)
        for block in self._blocks(len(rows)):
            inner, other = active[block], up[block]
            if kinds != {"down"}:
                normed = layer.post_attention_layernorm(middle[block])
                inner = mlp.act_fn(mlp.gate_proj(normed)) if anew or "gate" in kinds else inner
                other = mlp.up_proj(normed) if anew or "up" in kinds else other
            torch.add(mlp.down_proj(inner * other), middle[block], out=rows[block])
        return out

    def _queries(self, layer: Any, states: Tensor, forest: Forest, *, last: bool) -> Tensor:
        (q,) = self._projected(layer, states, (layer.self_attn.q_proj,))
        assert q is not None
        return self._turned(layer, q, forest, norm="q_norm", nodes=forest.wanted if last else None)

    def _keys(self, layer: Any, states: Tensor, forest: Forest) -> tuple[Tensor, Tensor]:
        attention = layer.self_attn
        k, v = self._projected(layer, states, (attention.k_proj, attention.v_proj))
        assert k is not None and v is not None
        return self._turned(layer, k, forest, norm="k_norm", nodes=None), v

    def _projected(self, layer: Any, states: Tensor, matrices: tuple[Any, ...]) -> list[Tensor | None]:
        """[perturbations, nodes, heads, head size] the normed states through each matrix (None: not asked)."""
        rows, size = _flat(states), layer.self_attn.head_dim
        made = [None if m is None else states.new_empty(len(rows), m.out_features) for m in matrices]
        for block in self._blocks(len(rows)):
            normed = layer.input_layernorm(rows[block])
            for matrix, out in zip(matrices, made, strict=True):
                if out is not None:
                    out[block] = matrix(normed)
        return [None if out is None else out.view(*states.shape[:2], -1, size) for out in made]

    def _turned(self, layer: Any, heads: Tensor, forest: Forest, *, norm: str, nodes: Tensor | None) -> Tensor:
        """Queries or keys after their norm (Qwen3) and the rotary angles of their depths."""
        if hasattr(layer.self_attn, norm):
            heads = getattr(layer.self_attn, norm)(heads)
        depths = forest.depths if nodes is None else forest.depths[nodes]
        cos, sin = (a[0][depths][:, None] for a in self._angles_of(heads, int(forest.depths.max()) + 1))
        half = heads.shape[-1] // 2
        turned = heads * cos
        turned[..., :half].addcmul_(heads[..., half:], sin[..., :half], value=-1)
        turned[..., half:].addcmul_(heads[..., :half], sin[..., half:])
        return turned

    def _angles_of(self, like: Tensor, longest: int) -> tuple[Tensor, Tensor]:
        """[1, longest, head size] cosines and sines, by depth."""
        if self._angles is None or self._angles[0].shape[1] < longest:
            self._angles = self._rotary(like, torch.arange(longest, device=like.device)[None])
        return self._angles

    def _attend(self, layer: Any, heads: tuple[Tensor, Tensor, Tensor], calls: tuple[Attend, ...]) -> Tensor:
        """[perturbations, queries, heads × head size] attention of q [perturbations, queries, heads, head size]."""
        q, k, v = heads
        out = torch.empty_like(q)
        several = len(q)
        for call in calls:
            stretch = slice(call.start, call.start + call.rows * call.length)
            keys, values = (_gathered(t, call) for t in (k, v))
            asked = q[:, stretch].reshape(several * call.rows, call.length, *q.shape[2:])
            made = _sdpa(asked, keys, values, mask=call.mask_for(several), scale=layer.self_attn.scaling)
            out[:, stretch] = made.reshape(several, call.rows * call.length, *q.shape[2:])
        return out.flatten(2)

    def _blocks(self, rows: int) -> Iterator[slice]:
        size = _BLOCK if self._cpu else max(rows, 1)
        for start in range(0, rows, size):
            yield slice(start, start + size)


def _flat(states: Tensor) -> Tensor:
    """[perturbations × nodes, the rest flat]."""
    return states.view(states.shape[0] * states.shape[1], -1)


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
