"""The loss of a batch: logits only where the loss mask asks for them, by cross-entropy or by a strategy's token_loss.

Batches are padded on the right, where causal attention needs no padding mask, or packed (packing.py).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from peft import PeftModel
from transformers import PreTrainedModel

from harness.errors import ModelError
from harness.strategies import TokenLogits
from harness.training.examples import IGNORED, Batch

_ALIKE = 1e-4
"""How far apart, as a share of the largest, logits may be on which another example has no say."""
_AGREE = 0.02
"""How far the loop's logits and the model's own may be apart, as a share of the largest; bfloat16 rounds to less."""

TokenLoss = Callable[[TokenLogits], torch.Tensor]
"""A batch's loss, summed over its tokens."""


def cross_entropy(tokens: TokenLogits) -> torch.Tensor:
    """−log π_θ(y_t), the loss of plain IFT."""
    return torch.nn.functional.cross_entropy(tokens.logits, tokens.labels, reduction="sum")


@dataclass(frozen=True)
class Reference:
    """The base model beside the one that learns: a copy of it, or, under LoRA, the same weights without the adapter."""

    model: PreTrainedModel
    adapted: PeftModel | None

    @contextmanager
    def opened(self) -> Iterator[PreTrainedModel]:
        """The base model, to be asked without gradient and without dropout."""
        learning = self.model.training
        self.model.eval()
        try:
            with torch.no_grad():
                if self.adapted is None:
                    yield self.model
                else:
                    with _flags_kept(self.model), self.adapted.disable_adapter():
                        yield self.model
        finally:
            self.model.train(learning)


@contextmanager
def _flags_kept(model: PreTrainedModel) -> Iterator[None]:
    """Give back who learns: peft lets every adapter learn once it is on again, also those that a phase holds still."""
    flags = [(parameter, parameter.requires_grad) for parameter in model.parameters()]
    try:
        yield
    finally:
        for parameter, learns in flags:
            parameter.requires_grad_(learns)


def reference_of(model: PreTrainedModel, adapted: PeftModel | None) -> Reference:
    """The base of a model that is not trained yet; costs its memory once more, but nothing under LoRA."""
    if adapted is not None:
        return Reference(model, adapted)
    return Reference(copy.deepcopy(model).eval().requires_grad_(False), None)


@dataclass(frozen=True)
class Loss:
    """What the loop takes the gradient of, batch by batch."""

    of: TokenLoss = cross_entropy
    reference: Reference | None = None
    """For a loss that reads the base's logits."""
    mixed: bool = False
    """Whether the forward passes run under autocast to bfloat16; the backward pass follows them, the loss does not."""

    def summed(self, model: PreTrainedModel, batch: Batch) -> torch.Tensor:
        """Summed over the tokens with loss, float32 scalar."""
        return self.of(self.tokens(model, batch))

    def tokens(self, model: PreTrainedModel, batch: Batch) -> TokenLogits:
        """What the loss is made of; one forward pass, and one of the base where the loss reads it."""
        labels = batch.labels.flatten().to(model.device)
        wanted = (labels != IGNORED).nonzero().squeeze(1)
        base = None
        if self.reference is not None:
            with self.reference.opened() as before:
                base = self._logits_at(before, batch, wanted)
        return TokenLogits(
            logits=self._logits_at(model, batch, wanted),
            labels=labels.index_select(0, wanted),
            places=places_of(batch.labels).to(model.device).index_select(0, wanted),
            base=base,
        )

    def _logits_at(self, model: PreTrainedModel, batch: Batch, wanted: torch.Tensor) -> torch.Tensor:
        """Logits (n, vocabulary) at the flat places `wanted`, float32."""
        with torch.autocast(model.device.type, dtype=torch.bfloat16, enabled=self.mixed):
            hidden = _hidden_states(model, batch.input_ids, batch.positions)
            return _logits(model, hidden.flatten(0, 1).index_select(0, wanted))


PLAIN = Loss()
"""Cross-entropy."""


def places_of(labels: torch.Tensor) -> torch.Tensor:
    """Flat int64 (tokens,): of shifted labels (rows, widest), each token's place in its completion, from 0.

    A later turn's completion begins at 0 again, and so does that of the next example in a packed row, since an
    example's last token is never one with loss. Tokens without loss have any number.
    """
    learned = labels != IGNORED
    count = learned.long().cumsum(1)
    before = torch.where(learned, 0, count).cummax(1).values
    return (count - before - 1).flatten()


def backward(loss: Loss, model: PreTrainedModel, batches: Sequence[Batch]) -> float:
    """Gradients of the mean loss over all loss tokens of a step; returns the mean cross-entropy, nats per token.

    Cross-entropy whatever the loss is, so that strategies are compared by the same training loss.
    """
    count = sum(int((batch.labels != IGNORED).sum()) for batch in batches)
    total = torch.zeros((), dtype=torch.float32, device=model.device)
    for batch in batches:
        tokens = loss.tokens(model, batch)
        share = loss.of(tokens) / count
        share.backward()  # type: ignore[no-untyped-call]
        plain = share.detach() if loss.of is cross_entropy else cross_entropy(tokens).detach() / count
        total += torch.where(share.detach().isfinite(), plain, share.detach())
    return float(total)


def check_logits(model: PreTrainedModel, ids: torch.Tensor) -> None:
    """Check that the loss sees the logits that the model itself gives for ids (1, n); leaves the model in eval mode.

    Raises ModelError for a model that does more between hidden states and logits than the loop knows of.
    """
    model.eval()
    with torch.no_grad():
        ours = _logits(model, _hidden_states(model, ids))
        theirs = model(input_ids=ids.to(model.device), use_cache=False).logits.float()
    if float((ours - theirs).abs().max()) > _AGREE * float(theirs.abs().max()):
        raise ModelError(
            f"architecture {type(model).__name__} is not supported: its logits are not its head's output "
            "(is there a scale that its config names?)"
        )


def check_packing(model: PreTrainedModel, ids: torch.Tensor) -> None:
    """Check that examples of a packed row do not see one another, on the halves of ids (1, n); leaves eval mode.

    Raises ModelError for a model whose attention crosses them, or which counts their positions on.
    """
    model.eval()
    first, second = ids[:, : ids.shape[1] // 2], ids[:, ids.shape[1] // 2 :]
    positions = torch.cat([torch.arange(half.shape[1]) for half in (first, second)])[None]
    with torch.no_grad():
        packed, other, alone = (
            _logits(model, _hidden_states(model, *given))[:, -second.shape[1] :]
            for given in (
                (ids, positions),
                (torch.cat([(first + 1) % model.config.vocab_size, second], dim=1), positions),
                (second, None),
            )
        )
    largest = float(alone.abs().max())
    crossed = float((packed - other).abs().max()) > _ALIKE * largest
    if crossed or float((packed - alone).abs().max()) > _AGREE * largest:
        raise ModelError(
            f"training.packing: architecture {type(model).__name__} does not keep the examples of a row apart; "
            "leave packing out"
        )


def _hidden_states(model: PreTrainedModel, ids: torch.Tensor, positions: torch.Tensor | None = None) -> torch.Tensor:
    """Final hidden states (batch, n, width), after the last norm."""
    given = {} if positions is None else {"position_ids": positions.to(model.device)}
    states: torch.Tensor = model.get_decoder()(
        input_ids=ids.to(model.device), use_cache=False, **given
    ).last_hidden_state
    return states


def _logits(model: PreTrainedModel, hidden: torch.Tensor) -> torch.Tensor:
    """Logits (..., vocabulary) of final hidden states, float32; Gemma2 caps them."""
    logits: torch.Tensor = model.get_output_embeddings()(hidden).float()
    cap = getattr(model.config, "final_logit_softcapping", None)
    return cap * torch.tanh(logits / cap) if cap else logits
