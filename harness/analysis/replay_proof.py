"""Which way through a model's layers a replay takes: the first that gives the model's own states on a few prompts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import Tensor, nn

from harness.analysis.replay_input import Sequences
from harness.analysis.replay_layers import Layers, layer_list
from harness.analysis.wiring import Wired, can_be_wired
from harness.errors import ModelError

if TYPE_CHECKING:
    from transformers import PreTrainedModel

TOLERANCE = {torch.float32: 1e-4, torch.float16: 1e-2, torch.bfloat16: 5e-2}
"""How far a path's states may be from the model's own, relative to their length."""


class Path(Protocol):
    """A way through a model's layers; `chunk` numbers the parts that the prompts are cut into."""

    kind: str
    reuses: tuple[str, ...]
    """Submodules of a layer that may change without the whole layer being computed anew."""
    layers: list[Any]
    places: list[Tensor]
    """For each chunk, which of all wanted positions its own are."""
    tokens: list[int]
    """How many tokens of each chunk are computed, padding included."""
    sizes: list[int]
    """For each chunk, what one perturbation takes of `stacked`."""
    stacked: int
    """Tokens of several perturbations that go through the layers together, at most."""

    def embedded(self, chunk: int) -> Tensor:
        """What the first layer is given."""
        ...

    def through(self, states: Tensor, span: range, *, chunk: int) -> Tensor:
        """The states after some layers; may overwrite what it is given."""
        ...

    def finished(self, states: Tensor, chunk: int) -> Tensor:
        """[perturbations, positions, hidden] float32 on the CPU."""
        ...

    def parts(self, index: int, states: Tensor, *, chunk: int) -> Any:
        """The base model's layer taken apart."""
        ...

    def perturbed(self, parts: Any, touched: frozenset[str]) -> Tensor:
        """The layer's output with its present weights, of which the touched submodules' changed."""
        ...

    def matrix_input(self, index: int, name: str, states: Tensor, *, chunk: int) -> tuple[Tensor, Tensor]:
        """[tokens, in] base input of a matrix, and the weight of each token."""
        ...


def proved_path(model: PreTrainedModel, sequences: Sequences, layer: int | None, batch_tokens: int) -> Path:
    """The first path whose states are the model's own on a few of the sequences. Raises ModelError for none."""
    longest = max(map(len, sequences.ids))
    paths: list[Any] = [Wired, Layers] if can_be_wired(model, longest=longest) else [Layers]
    sample = _sample(sequences)
    wanted = _plain(model, sample, layer)
    off = math.inf
    for path in paths:
        off = _distance(path(model, sample, stop=layer, batch_tokens=batch_tokens), wanted)
        if off <= TOLERANCE[model.dtype]:
            proved: Path = path(model, sequences, stop=layer, batch_tokens=batch_tokens)
            return proved
    raise ModelError(
        f"architecture {type(model).__name__} is not supported: calling its layers one by one gives other states than "
        f"the model (relative distance {off:.2g}, at most {TOLERANCE[model.dtype]:g} is allowed)"
    )


def _sample(sequences: Sequences) -> Sequences:
    """The longest prompt, the shortest, and two between."""
    order = sorted(range(len(sequences.ids)), key=lambda at: len(sequences.ids[at]))
    chosen = sorted({order[at * (len(order) - 1) // 3] for at in range(4)})
    return Sequences(tuple(sequences.ids[at] for at in chosen), tuple(sequences.wanted[at] for at in chosen))


@torch.inference_mode()
def _plain(model: PreTrainedModel, sequences: Sequences, layer: int | None) -> Tensor:
    """[positions, hidden] by the model's own forward pass, one prompt at a time."""
    name, layers = layer_list(model)
    base = model.get_submodule(name.rpartition(".")[0])
    seen: list[Tensor] = []

    def note(_: nn.Module, __: Any, made: Any) -> None:
        seen.append(made if isinstance(made, Tensor) else made[0])

    found = []
    hook = None if layer is None else layers[layer].register_forward_hook(note)
    try:
        for ids, wanted in zip(sequences.ids, sequences.wanted, strict=True):
            made = base(input_ids=torch.tensor([ids], device=model.device), use_cache=False)
            states = made.last_hidden_state if layer is None else seen.pop()
            found.append(states[0, list(wanted)].float().cpu())
    finally:
        if hook is not None:
            hook.remove()
    return torch.cat(found)


@torch.inference_mode()
def _distance(path: Path, wanted: Tensor) -> float:
    """The largest relative distance of a state, over every way in which the path computes layers."""
    worst = 0.0
    for touched in (None, *path.reuses):
        found = torch.empty_like(wanted)
        for chunk, places in enumerate(path.places):
            states = path.embedded(chunk)
            for index in range(len(path.layers)):
                if touched is None:
                    states = path.through(states, range(index, index + 1), chunk=chunk)
                else:
                    states = path.perturbed(path.parts(index, states, chunk=chunk), frozenset({touched}))
            found[places] = path.finished(states, chunk)[0]
        worst = max(worst, float(((found - wanted).norm(dim=-1) / wanted.norm(dim=-1)).max()))
    return worst
