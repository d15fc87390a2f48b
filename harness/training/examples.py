"""examples.safetensors: the tokenized dataset, written by stage dataset and read by stage train.

Flat arrays: `input_ids` int32 [tokens], `loss_mask` uint8 [tokens], `offsets` int64 [examples + 1]; example
i is the stretch from offsets[i] to offsets[i + 1]. `Examples.batch` builds padded batches without Python
per token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from harness.chat import EncodedExample
from harness.errors import StoreError

FILE_NAME = "examples.safetensors"
IGNORED = -100
"""Label of a token without loss."""


@dataclass(frozen=True)
class Batch:
    """Padded on the right; all [examples, longest] int64 except `attention_mask`, which is bool.

    Where it is packed (packing.py), a row is several examples laid end to end.
    """

    input_ids: torch.Tensor
    attention_mask: torch.Tensor
    labels: torch.Tensor
    """Already shifted: labels[:, t] is the token after input_ids[:, t], or IGNORED."""
    tokens: int
    """Unpadded tokens."""
    positions: torch.Tensor | None = None
    """Of a packed batch alone: the place of every token in its example, from 0; padding counts as an example."""


@dataclass(frozen=True)
class Examples:
    """A tokenized dataset in flat tensors."""

    input_ids: torch.Tensor
    """int64 [tokens + 1]: a spare 0 at the end, which padding points to."""
    labels: torch.Tensor
    """int64 [tokens + 1]: token ids shifted by one, or IGNORED."""
    starts: torch.Tensor
    """int64 [examples]."""
    lengths: torch.Tensor
    """int64 [examples]."""

    def __len__(self) -> int:
        return len(self.lengths)

    def chosen(self, which: torch.Tensor) -> Examples:
        """Those of the indices `which` (int64), in that order; the tokens are shared."""
        return replace(self, starts=self.starts[which], lengths=self.lengths[which])

    def batch(self, chosen: torch.Tensor) -> Batch:
        """The chosen examples (int64 indices), padded to the longest of them."""
        lengths = self.lengths[chosen]
        positions = torch.arange(int(lengths.max()))
        inside = positions < lengths[:, None]
        at = torch.where(inside, self.starts[chosen][:, None] + positions, len(self.input_ids) - 1)
        return Batch(self.input_ids[at], inside, self.labels[at], int(lengths.sum()))


def save_examples(examples: Sequence[EncodedExample], folder: Path) -> None:
    """Write examples.safetensors into `folder`."""
    lengths = torch.tensor([0, *(len(example.ids) for example in examples)], dtype=torch.int64)
    save_file(
        {
            "input_ids": torch.tensor(
                [id_ for example in examples for id_ in example.ids], dtype=torch.int32
            ),
            "loss_mask": torch.tensor(
                [m for example in examples for m in example.labels_mask], dtype=torch.uint8
            ),
            "offsets": lengths.cumsum(0),
        },
        folder / FILE_NAME,
    )


def load_examples(folder: Path) -> Examples:
    """Read examples.safetensors from `folder`. Raises StoreError where it is damaged."""
    try:
        arrays = load_file(folder / FILE_NAME)
        ids, mask, offsets = arrays["input_ids"].long(), arrays["loss_mask"].bool(), arrays["offsets"]
    except (OSError, KeyError, SafetensorError) as error:
        raise StoreError(f"{folder / FILE_NAME}: cannot be read ({error})") from error
    lengths = offsets.diff()
    # The label of a token is the next one of its example; an example's last token has none.
    labels = torch.full((len(ids) + 1,), IGNORED)
    labels[: len(ids) - 1] = torch.where(mask[1:], ids[1:], IGNORED)
    labels[offsets[1:] - 1] = IGNORED
    return Examples(torch.cat([ids, ids.new_zeros(1)]), labels, offsets[:-1], lengths)
