"""The `layers` path: the model's own decoder layers, from the perturbed one on, over padded batches of prompts.

For families that are not built as Llama's are. What each layer is called with (mask, positions, rotary angles) and what
follows the layers (a norm) are taken from one forward pass of the model; whether that is all is proved in replay.py.

States are [perturbations × prompts, longest, hidden]; prompts are padded at their end, where causal attention of the
tokens before cannot see it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from harness.analysis.replay_input import Sequences
from harness.errors import ModelError

_ROWS_CPU = 512
"""Tokens of a batch on a CPU."""


@dataclass(frozen=True)
class _Call:
    """What a layer is called with beside the states."""

    args: tuple[Any, ...]
    keywords: tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class _Batch:
    """Prompts padded to one length."""

    ids: Tensor
    """[prompts, longest]"""
    real: Tensor
    """[prompts, longest] whether a token is no padding."""
    rows: Tensor
    columns: Tensor
    """[positions] the prompt and place of each wanted position."""
    places: Tensor
    """[positions] (on the CPU) which of all the sequences' wanted positions each is."""


@dataclass(frozen=True)
class Entry:
    """The base model's input of one layer."""

    index: int
    chunk: int
    inputs: Tensor


class Layers:
    """A model's layers up to `stop` (all: None) over padded batches of the sequences; see Path in replay.py."""

    kind = "layers"
    reuses: tuple[str, ...] = ()

    def __init__(self, model: nn.Module, sequences: Sequences, *, stop: int | None, batch_tokens: int) -> None:
        name, found = layer_list(model)
        self.layers = list(found)[: None if stop is None else stop + 1]
        self._base = model.get_submodule(name.rpartition(".")[0])
        self._every, self._stop = list(found), stop
        device = next(found.parameters()).device
        most = min(batch_tokens, _ROWS_CPU) if device.type == "cpu" else batch_tokens
        self.stacked = most
        self._batches = list(_batches(sequences, most=most, device=device))
        self.places = [batch.places for batch in self._batches]
        self.tokens = self.sizes = [batch.ids.numel() for batch in self._batches]
        self._calls: list[list[_Call]] = []
        self._after: list[nn.Module] = []
        for batch in self._batches:
            calls, self._after = self._observed(batch)
            self._calls.append(calls)

    def embedded(self, chunk: int) -> Tensor:
        """[prompts, longest, hidden], what the first layer is given."""
        seen: list[Tensor] = []

        def note(_: nn.Module, args: tuple[Any, ...], keywords: dict[str, Any]) -> None:
            seen.append(_states(args, keywords))
            raise _Enough

        hook = self._every[0].register_forward_pre_hook(note, with_kwargs=True)
        try:
            self._base(input_ids=self._batches[chunk].ids, use_cache=False)
        except _Enough:
            pass
        finally:
            hook.remove()
        return seen[0]

    def through(self, states: Tensor, span: range, *, chunk: int) -> Tensor:
        """The states after the layers of `span`."""
        prompts = len(self._batches[chunk].ids)
        for index in span:
            call = self._calls[chunk][index]
            args = [_repeated(value, len(states), prompts) for value in call.args]
            keywords = {name: _repeated(value, len(states), prompts) for name, value in call.keywords}
            made = self.layers[index](states, *args, **keywords)
            states = made if isinstance(made, Tensor) else made[0]
        return states

    def finished(self, states: Tensor, chunk: int) -> Tensor:
        """[perturbations, positions, hidden] in float32 on the CPU, from the last layer's output."""
        batch = self._batches[chunk]
        several = states.view(-1, *batch.ids.shape, states.shape[-1])[:, batch.rows, batch.columns]
        for module in self._after:
            several = module(several)
        return several.float().cpu()

    def parts(self, index: int, states: Tensor, *, chunk: int) -> Entry:
        """Nothing inside a layer can be reused; its input can."""
        return Entry(index, chunk, states)

    def perturbed(self, parts: Entry, touched: frozenset[str]) -> Tensor:
        """[prompts, longest, hidden] the layer's output with its present weights."""
        return self.through(parts.inputs, range(parts.index, parts.index + 1), chunk=parts.chunk)

    def matrix_input(self, index: int, name: str, states: Tensor, *, chunk: int) -> tuple[Tensor, Tensor]:
        """[tokens, in] the base input of the matrix `name` of a layer, and [tokens] ones."""
        seen: list[Tensor] = []

        def note(_: nn.Module, args: tuple[Any, ...]) -> None:
            seen.append(args[0])

        hook = self.layers[index].get_submodule(name).register_forward_pre_hook(note)
        try:
            self.through(states, range(index, index + 1), chunk=chunk)
        finally:
            hook.remove()
        real = self._batches[chunk].real
        inputs = seen[0].view(*real.shape, -1)[real]
        return inputs, torch.ones(len(inputs), device=inputs.device)

    def _observed(self, batch: _Batch) -> tuple[list[_Call], list[nn.Module]]:
        """How the model calls its layers for a batch, and which modules it calls after the last."""
        calls: list[_Call] = []
        after: list[nn.Module] = []

        def note(_: nn.Module, args: tuple[Any, ...], keywords: dict[str, Any]) -> None:
            others = tuple((k, v) for k, v in keywords.items() if k != "hidden_states")
            calls.append(_Call(args[1:], others))

        def follow(module: nn.Module, args: tuple[Any, ...]) -> None:
            if len(calls) == len(self._every):
                after.append(module)

        inside = set(self._every)
        hooks = [layer.register_forward_pre_hook(note, with_kwargs=True) for layer in self._every]
        hooks += [m.register_forward_pre_hook(follow) for m in self._base.children() if m not in inside]
        try:
            self._base(input_ids=batch.ids, use_cache=False)
        finally:
            for hook in hooks:
                hook.remove()
        return calls, after if self._stop is None else []


class _Enough(Exception):
    """Ends a forward pass of which only the start is wanted."""


def layer_list(model: nn.Module) -> tuple[str, nn.ModuleList]:
    """Name and list of a model's decoder layers. Raises ModelError where it has no such list."""
    config: Any = model.config
    count = config.get_text_config().num_hidden_layers
    for name, module in model.named_modules():
        if isinstance(module, nn.ModuleList) and len(module) == count and "." in name:
            return name, module
    raise ModelError(f"architecture {type(model).__name__} is not supported: it has no list of {count} layers")


def _states(args: tuple[Any, ...], keywords: dict[str, Any]) -> Tensor:
    states: Tensor = args[0] if args else keywords["hidden_states"]
    return states


def _repeated(value: Any, rows: int, prompts: int) -> Any:
    """What belongs to each prompt (a mask, positions), once for each perturbation."""
    if isinstance(value, tuple):
        return tuple(_repeated(one, rows, prompts) for one in value)
    if not isinstance(value, Tensor) or value.dim() < 2 or len(value) == 1 or len(value) != prompts:
        return value
    return value.repeat(rows // prompts, *(1 for _ in range(value.dim() - 1)))


def _batches(sequences: Sequences, *, most: int, device: torch.device) -> Any:
    starts = [0]
    for wanted in sequences.wanted:
        starts.append(starts[-1] + len(wanted))
    order = sorted(range(len(sequences.ids)), key=lambda at: (len(sequences.ids[at]), at))
    at = 0
    while at < len(order):
        end = at + 1
        while end < len(order) and len(sequences.ids[order[end]]) * (end - at + 1) <= most:
            end += 1
        yield _batch(sequences, starts, order[at:end], device)
        at = end


def _batch(sequences: Sequences, starts: list[int], members: list[int], device: torch.device) -> _Batch:
    longest = max(len(sequences.ids[m]) for m in members)
    ids = [[*sequences.ids[m], *[0] * (longest - len(sequences.ids[m]))] for m in members]
    real = [[True] * len(sequences.ids[m]) + [False] * (longest - len(sequences.ids[m])) for m in members]
    wanted = [
        (row, column, starts[m] + at) for row, m in enumerate(members) for at, column in enumerate(sequences.wanted[m])
    ]
    return _Batch(
        ids=torch.tensor(ids, device=device),
        real=torch.tensor(real, device=device),
        rows=torch.tensor([row for row, _, _ in wanted], device=device),
        columns=torch.tensor([column for _, column, _ in wanted], device=device),
        places=torch.tensor([place for _, _, place in wanted]),
    )
