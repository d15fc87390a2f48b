"""Stage dataset: benign IFT data → token ids with a completion-only loss mask.

Reads the base's tokenizer; writes examples.safetensors and summary.json (a DatasetSummary). Every mask is
proved by decoding it. An example over max_tokens is an error or is dropped and counted; it is never cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.chat import EncodedExample, check_mask, encode_examples, load_tokenizer
from harness.errors import DatasetError, ModelError
from harness.records import DatasetSummary
from harness.rows import Conversation, read_conversations
from harness.specs import DatasetParams
from harness.stages import Progress, StageContext
from harness.training.checkpoints import read_checkpoint
from harness.training.examples import save_examples

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_CHUNK = 256
"""Conversations tokenized at once."""


def run(params: DatasetParams, context: StageContext) -> None:
    """Tokenize the source with the base's chat template.

    Raises DatasetError for broken, too long or no rows, and ModelError where the chat template cannot be
    used.
    """
    base = read_checkpoint(context.input("base"))
    tokenizer = load_tokenizer(base.weights, trust_remote_code=base.record.trust_remote_code)
    read = read_conversations(params.source)
    rows = read.conversations
    kept: list[tuple[Conversation, EncodedExample]] = []
    for start in range(0, len(rows), _CHUNK):
        chunk = rows[start : start + _CHUNK]
        kept += _fitting(list(zip(chunk, _encoded(tokenizer, chunk), strict=True)), params)
        context.progress(Progress(min(start + _CHUNK, len(rows)), len(rows), "tokenizing"))
    if not kept:
        raise DatasetError(
            f"{params.source.location}: no example is left; all {len(rows)} rows are over "
            f"max_tokens {params.max_tokens}"
        )
    save_examples([example for _, example in kept], context.folder)
    summary = _summary(kept, rows=len(rows), form=read.format)
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


def _fitting(
    encoded: list[tuple[Conversation, EncodedExample]], params: DatasetParams
) -> list[tuple[Conversation, EncodedExample]]:
    """Those within max_tokens. Raises DatasetError for others where `too_long` says so."""
    fitting = []
    for row, example in encoded:
        if len(example.ids) <= params.max_tokens:
            fitting.append((row, example))
        elif params.too_long == "error":
            raise DatasetError(
                f"{row.where}: {len(example.ids)} tokens, over dataset.max_tokens {params.max_tokens}; "
                "raise max_tokens or set dataset.too_long: drop"
            )
    return fitting


def _summary(kept: list[tuple[Conversation, EncodedExample]], *, rows: int, form: str) -> DatasetSummary:
    first = kept[0][0]
    prompts = [message.content for message in first.messages if message.role == "user"]
    return DatasetSummary(
        format=form,
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
