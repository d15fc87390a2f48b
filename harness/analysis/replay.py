"""Forward passes that differ in one matrix, or in a few, without computing again what stays the same.

`Replay` runs a causal model over its prompts once and answers for changes of weights with the states at the wanted
positions, as a forward pass of the changed model would give them. What it saves:

- the layers below the change: its layer starts from the base model's cached input, and reuses what the change leaves
  as it was (for q: keys and values; for o: the attention; for down: the MLP's inside; ...);
- in the last computed layer everything but keys and values of tokens that are not wanted;
- prefixes that prompts share, and padding (see replay_trie.py);
- several perturbations of one layer go through the layers above it in one batch; the head is never computed.

Memory beside the model's weights, in numbers of the model's type: layers × nodes × hidden for the cached inputs (one
layer's only, if that would be over 8 GiB); for the layer in hand and again for the batch above it, at most
batch_tokens × (6 × hidden + 2 × intermediate), where a prompt longer than batch_tokens counts as it is; and float32
states of at most 8 perturbations or as many as fit the batch. nodes ≤ tokens of all prompts. Source: ours.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.func import functional_call

from harness.analysis.replay_input import Delta, Sequences, check_delta, check_sequences, swapped
from harness.analysis.replay_layers import layer_list
from harness.analysis.replay_proof import proved_path
from harness.errors import ModelError

if TYPE_CHECKING:
    from transformers import PreTrainedModel

__all__ = ["Delta", "Replay", "Sequences"]

_KEPT_BYTES = 8 * 2**30
_AT_ONCE = 8
"""Perturbations of a layer whose states are held at once where the prompts need several chunks."""


class Replay:
    """A model over fixed prompts, ready for changes of its weights. See the top of the file for the memory."""

    def __init__(
        self, model: PreTrainedModel, sequences: Sequences, *, layer: int | None = None, batch_tokens: int = 65536
    ) -> None:
        """`layer` None: states after the final norm; else the residual stream after that layer (0 is the first).

        The model is set to eval(). Raises ModelError for impossible sequences or layers, and for a model that neither
        path reproduces.
        """
        check_sequences(sequences, vocabulary=model.get_input_embeddings().num_embeddings)
        self._prefix, layers = layer_list(model)
        if layer is not None and not 0 <= layer < len(layers):
            raise ModelError(f"layer {layer}: the model has the layers 0 to {len(layers) - 1}")
        model.eval()
        self._model, self._batch_tokens = model, batch_tokens
        self._parameters = dict(model.named_parameters())
        self._path = proved_path(model, sequences, layer, batch_tokens)
        self.kind = self._path.kind
        self._inputs: dict[int, list[Tensor]] = {}
        self._base = self._first_pass()

    @property
    def base(self) -> Tensor:
        """[wanted positions, in order of the sequences][hidden] float32 on the CPU, of the unperturbed model."""
        return self._base

    @property
    def nodes(self) -> int:
        """How many tokens a pass through all layers computes, padding included."""
        return sum(self._path.tokens)

    @torch.inference_mode()
    def joint(self, delta: Delta) -> Tensor:
        """The states under a change of any parameters, embeddings and norms too; shape as `base`.

        The model's weights are as before afterwards, also on error. Raises ModelError for an unknown parameter or a
        wrong shape.
        """
        check_delta(self._parameters, delta)
        count = len(self._path.layers)
        start = min((self._place(name)[0] for name, _ in delta.parameters), default=count)
        if start >= count:
            with torch.inference_mode(False):
                return self._base.clone()
        inputs = None if start < 0 else self._inputs_of(start)
        found = []
        with swapped(self._parameters, delta):
            for chunk in range(len(self._path.places)):
                states = self._path.embedded(chunk) if inputs is None else inputs[chunk].clone()
                states = self._path.through(states, range(max(start, 0), count), chunk=chunk)
                found.append(self._path.finished(states, chunk))
        return self._in_order(found)[0]

    def each(self, deltas: Sequence[Delta]) -> Iterator[tuple[int, Tensor]]:
        """(index, states) of every delta, one change at a time, ordered by layer.

        Changes within one layer are fast; others are left to `joint`, last. Raises ModelError as `joint` does, before
        anything is computed.
        """
        by_layer: dict[int, list[int]] = {}
        others = []
        for at, delta in enumerate(deltas):
            check_delta(self._parameters, delta)
            layers = {self._place(name)[0] for name, _ in delta.parameters}
            if len(layers) == 1 and 0 <= min(layers) < len(self._path.layers):
                by_layer.setdefault(layers.pop(), []).append(at)
            else:
                others.append(at)
        return self._each(deltas, by_layer, others)

    @torch.inference_mode()
    def output_change(self, delta: Delta) -> float:
        """How much a delta of one matrix (and its bias) changes that matrix's output at its base input.

        The length of x ΔWᵀ + Δb over that of x Wᵀ + b, both over all tokens of the sequences; inf where the matrix puts
        out nothing. Raises ModelError where
        the delta is not of one matrix of a computed layer.
        """
        check_delta(self._parameters, delta)
        owners = {name.rpartition(".")[0] for name, _ in delta.parameters}
        owner = owners.pop() if len(owners) == 1 else ""
        index, place = self._place(f"{owner}.weight")
        weight = self._parameters.get(f"{owner}.weight")
        if weight is None or weight.dim() != 2 or not 0 <= index < len(self._path.layers):
            named = ", ".join(name for name, _ in delta.parameters)
            raise ModelError(f"output_change is for one matrix of a computed layer, not for {named or 'nothing'}")
        module = self._model.get_submodule(owner)
        given = {name.rpartition(".")[2]: change for name, change in delta.parameters}
        changes = {n: given.get(n, torch.zeros_like(p)).to(p.device).float() for n, p in module.named_parameters()}
        moved = whole = 0.0
        for chunk, states in enumerate(self._inputs_of(index)):
            inputs, weights = self._path.matrix_input(index, place, states, chunk=chunk)
            for start in range(0, len(inputs), self._path.stacked):
                rows = slice(start, start + self._path.stacked)
                x, count = inputs[rows], weights[rows].double()
                moved += float(count @ _squares(functional_call(module, changes, (x.float(),))))
                whole += float(count @ _squares(module(x)))
        return math.sqrt(moved / whole) if whole else math.inf

    def _each(
        self, deltas: Sequence[Delta], by_layer: dict[int, list[int]], others: list[int]
    ) -> Iterator[tuple[int, Tensor]]:
        chunks = len(self._path.places)
        size = max(_AT_ONCE if chunks > 1 else 1, self._path.stacked // sum(self._path.sizes))
        for index in sorted(by_layer):
            members = by_layer[index]
            parts: dict[int, Any] = {}
            for start in range(0, len(members), size):
                group = members[start : start + size]
                yield from zip(group, self._group(index, [deltas[at] for at in group], parts), strict=True)
        for at in others:
            yield at, self.joint(deltas[at])

    @torch.inference_mode()
    def _group(self, index: int, deltas: list[Delta], kept: dict[int, Any]) -> Tensor:
        """[deltas, positions, hidden] of changes in layer `index`; `kept` holds a lone chunk's parts for the next."""
        found = []
        after = range(index + 1, len(self._path.layers))
        inputs = self._inputs_of(index)
        for chunk, size in enumerate(self._path.sizes):
            parts = kept.get(chunk) or self._path.parts(index, inputs[chunk], chunk=chunk)
            if len(self._path.sizes) == 1:
                kept[chunk] = parts
            pieces = []
            step = max(1, self._path.stacked // size)
            for start in range(0, len(deltas), step):
                states = torch.cat([self._perturbed(parts, delta) for delta in deltas[start : start + step]])
                pieces.append(self._path.finished(self._path.through(states, after, chunk=chunk), chunk))
            found.append(torch.cat(pieces))
        return self._in_order(found)

    def _perturbed(self, parts: Any, delta: Delta) -> Tensor:
        touched = frozenset(self._place(name)[1] for name, _ in delta.parameters)
        with swapped(self._parameters, delta):
            return self._path.perturbed(parts, touched)

    @torch.inference_mode()
    def _first_pass(self) -> Tensor:
        """The base model's states; its layers' inputs are kept where they fit."""
        path, count = self._path, len(self._path.layers)
        states = [path.embedded(chunk) for chunk in range(len(path.places))]
        self._keep = sum(one.nbytes for one in states) * count <= _KEPT_BYTES
        for index in range(count):
            if index == 0 or self._keep:
                self._inputs[index] = [one.clone() for one in states]
            states = [path.through(one, range(index, index + 1), chunk=at) for at, one in enumerate(states)]
        return self._in_order([path.finished(one, at) for at, one in enumerate(states)])[0]

    def _inputs_of(self, index: int) -> list[Tensor]:
        """For each chunk, the base model's input of layer `index`."""
        if index not in self._inputs:
            start = max(known for known in self._inputs if known < index)
            span = range(start, index)
            states = [self._path.through(one.clone(), span, chunk=at) for at, one in enumerate(self._inputs[start])]
            self._inputs = {0: self._inputs[0], index: states}
        return self._inputs[index]

    def _in_order(self, found: list[Tensor]) -> Tensor:
        """[perturbations, positions, hidden] from the chunks' states, in the order of the sequences."""
        with torch.inference_mode(False):  # so that a classifier can be trained on them
            out = torch.empty(len(found[0]), sum(map(len, self._path.places)), found[0].shape[-1])
        for places, states in zip(self._path.places, found, strict=True):
            out[:, places] = states
        return out

    def _place(self, name: str) -> tuple[int, str]:
        """Layer (-1: none) and submodule within it of a parameter."""
        if not name.startswith(f"{self._prefix}."):
            return -1, name
        number, _, rest = name.removeprefix(f"{self._prefix}.").partition(".")
        return int(number), rest.rpartition(".")[0]


def _squares(states: Tensor) -> Tensor:
    """Squared length of each row."""
    return states.double().square().sum(-1)
