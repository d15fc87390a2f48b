"""Sequences whose next tokens are scored: refusals and benign IFT examples; and the log-probabilities themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import PreTrainedModel

from harness.analysis.replay import Sequences
from harness.training.examples import IGNORED, Examples

_CHUNK = 4096
"""Positions whose logits are held at once."""


@dataclass(frozen=True)
class Scored:
    """Sequences with the positions that predict the tokens to score."""

    sequences: Sequences
    labels: torch.Tensor
    """int64 [all wanted positions]: the token after each."""

    @classmethod
    def of(cls, pairs: Sequence[tuple[tuple[int, ...], tuple[int, ...]]]) -> Scored:
        """From (context, continuation) token ids; every token of a continuation is scored."""
        ids = tuple((*context, *told[:-1]) for context, told in pairs)
        wanted = tuple(tuple(range(len(c) - 1, len(c) - 1 + len(told))) for c, told in pairs)
        return cls(Sequences(ids, wanted), torch.tensor([id_ for _, told in pairs for id_ in told]))

    @classmethod
    def from_examples(cls, examples: Examples, count: int, *, seed: int) -> Scored:
        """`count` examples drawn by `seed`, their completions' tokens scored; all of them where there are fewer."""
        drawn = torch.randperm(len(examples), generator=torch.Generator().manual_seed(seed))[:count]
        ids, wanted, labels = [], [], []
        for at in drawn.sort().values.tolist():
            start, length = int(examples.starts[at]), int(examples.lengths[at])
            own = examples.labels[start : start + length]
            places = (own != IGNORED).nonzero().squeeze(1)
            ids.append(tuple(examples.input_ids[start : start + length].tolist()))
            wanted.append(tuple(places.tolist()))
            labels.append(own[places])
        return cls(Sequences(tuple(ids), tuple(wanted)), torch.cat(labels))


@torch.inference_mode()
def log_probabilities(model: PreTrainedModel, states: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Log-probability of each label, nats, float32 [positions], from last hidden states [positions, hidden]."""
    head = model.get_output_embeddings()
    cap = getattr(model.config, "final_logit_softcapping", None)
    found = []
    for start in range(0, len(labels), _CHUNK):
        logits = head(states[start : start + _CHUNK].to(model.device, model.dtype)).float()
        if cap:
            logits = cap * torch.tanh(logits / cap)
        wanted = labels[start : start + _CHUNK, None].to(model.device)
        found.append(logits.log_softmax(dim=-1).gather(1, wanted).squeeze(1).cpu())
    return torch.cat(found)
