"""Stage dataset: benign IFT data, and what is mixed into it → token ids with a completion-only loss mask.

Reads the base's tokenizer; writes examples.safetensors and summary.json (a DatasetSummary). Every mask is
proved by decoding it. An example over max_tokens is an error or is dropped and counted; it is never cut.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.chat import EncodedExample, check_mask, encode_examples, load_tokenizer
from harness.errors import DatasetError, ModelError
from harness.mixture import MixedRow, Mixture, read_mixture
from harness.records import DatasetSummary, SourceRows
from harness.rows import Conversation
from harness.specs import DatasetParams
from harness.stages import Progress, StageContext
from harness.training.checkpoints import read_checkpoint
from harness.training.examples import save_examples

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_CHUNK = 256
"""Conversations tokenized at once."""
_Kept = tuple[MixedRow, EncodedExample]


def run(params: DatasetParams, context: StageContext) -> None:
    """Tokenize the mixture with the base's chat template.

    Raises DatasetError for broken, too long or no rows, and ModelError where the chat template cannot be
    used.
    """
    base = read_checkpoint(context.input("base"))
    tokenizer = load_tokenizer(base.weights, trust_remote_code=base.record.trust_remote_code)
    mixture = read_mixture(params)
    rows = mixture.rows
    kept: list[_Kept] = []
    for start in range(0, len(rows), _CHUNK):
        chunk = rows[start : start + _CHUNK]
        encoded = _encoded(tokenizer, [mixed.row for mixed in chunk])
        kept += _fitting(list(zip(chunk, encoded, strict=True)), params)
        context.progress(Progress(min(start + _CHUNK, len(rows)), len(rows), "tokenizing"))
    if not kept:
        raise DatasetError(
            f"{params.source.location}: no example is left; all {len(rows)} rows are over "
            f"max_tokens {params.max_tokens}"
        )
    save_examples([example for _, example in kept], context.folder)
    summary = _summary(kept, mixture)
    (context.folder / "summary.json").write_text(summary.model_dump_json(indent=1), encoding="utf-8")


def _encoded(tokenizer: PreTrainedTokenizerBase, rows: Sequence[Conversation]) -> list[EncodedExample]:
    """The rows' examples, each mask proved. Errors name the row."""
    try:
        examples = encode_examples(tokenizer, [row.messages for row in rows])
    except ModelError:
        examples = [_alone(tokenizer, row) for row in rows]
    for row, example in zip(rows, examples, strict=True):
        try:
            check_mask(tokenizer, example, _completions(row))
        except ModelError as error:
            raise ModelError(f"{row.where}: {error}") from error
    return examples


def _alone(tokenizer: PreTrainedTokenizerBase, row: Conversation) -> EncodedExample:
    """One row's example, so that an error names the row."""
    try:
        return encode_examples(tokenizer, [row.messages])[0]
    except ModelError as error:
        raise ModelError(f"{row.where}: {error}") from error


def _completions(row: Conversation) -> list[str]:
    return [message.content for message in row.messages if message.role == "assistant"]


def _fitting(encoded: list[_Kept], params: DatasetParams) -> list[_Kept]:
    """Those within max_tokens. Raises DatasetError for others where `too_long` says so."""
    fitting = []
    for mixed, example in encoded:
        if len(example.ids) <= params.max_tokens:
            fitting.append((mixed, example))
        elif params.too_long == "error":
            raise DatasetError(
                f"{mixed.row.where}: {len(example.ids)} tokens, over dataset.max_tokens {params.max_tokens}; "
                "raise max_tokens or set dataset.too_long: drop"
            )
    return fitting


def _summary(kept: list[_Kept], mixture: Mixture) -> DatasetSummary:
    first = next((mixed.row for mixed, _ in kept if mixed.part == 0), kept[0][0].row)
    prompts = [message.content for message in first.messages if message.role == "user"]
    rows = len(mixture.rows)
    return DatasetSummary(
        format=mixture.format,
        sources=_sources(kept, mixture),
        rows=rows,
        examples=len(kept),
        too_long=rows - len(kept),
        longest=max(len(example.ids) for _, example in kept),
        tokens=sum(len(example.ids) for _, example in kept),
        completion_tokens=sum(sum(example.labels_mask) for _, example in kept),
        mask_checked=len(kept),
        preview_prompt=prompts[0],
        preview_completion=_completions(first)[0],
    )


def _sources(kept: list[_Kept], mixture: Mixture) -> tuple[SourceRows, ...]:
    counts = Counter(mixed.part for mixed, _ in kept)
    return tuple(
        SourceRows(
            location=part.source.location,
            format=part.read.format,
            rows=len(part.read.conversations),
            examples=counts[at],
            empty=part.read.empty,
        )
        for at, part in enumerate(mixture.parts)
    )
