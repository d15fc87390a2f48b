"""The chat template: prompts for generation, and examples with a completion-only loss mask for training.

Train, evaluate and judge all render through this file, so that a model is asked in the form in which it was
tuned. The text is rendered first and tokenized without added special tokens; a BOS comes from the template
or, where the tokenizer asks for one and the template writes none, is put in front: once in either case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import ModelError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True)
class Message:
    """One turn of a conversation."""

    role: str
    """system, user or assistant."""
    content: str


@dataclass(frozen=True)
class EncodedExample:
    """A conversation as token ids, and which of them carry loss (same length)."""

    ids: tuple[int, ...]
    labels_mask: tuple[bool, ...]


def load_tokenizer(folder: Path, *, trust_remote_code: bool) -> PreTrainedTokenizerBase:
    """The tokenizer saved in `folder`. Raises ModelError where there is none."""
    from transformers import AutoTokenizer

    try:
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
            folder, trust_remote_code=trust_remote_code, local_files_only=True
        )
    except (OSError, ValueError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(f"{folder}: no usable tokenizer ({first})") from error
    return tokenizer


def render_prompt(
    tokenizer: PreTrainedTokenizerBase, messages: Sequence[Message], *, system_prompt: str | None = None
) -> tuple[int, ...]:
    """Token ids of the conversation up to where the assistant is to speak; BOS exactly once.

    Raises ModelError without a chat template, or where the template refuses the roles or doubles the BOS.
    """
    turns = list(messages) if system_prompt is None else [Message("system", system_prompt), *messages]
    return _encode(tokenizer, [_render(tokenizer, turns, prompt=True)])[0]


def render_bare(tokenizer: PreTrainedTokenizerBase, text: str) -> tuple[int, ...]:
    """Token ids of a text without the chat template; it opens with BOS where a chat does. Raises as `render_prompt`."""
    bos = tokenizer.bos_token_id
    ids, chat = _encode(tokenizer, [text])[0], render_prompt(tokenizer, [Message("user", text)])
    return ids if bos is None or chat[0] != bos or ids[:1] == (bos,) else (bos, *ids)


def encode_example(tokenizer: PreTrainedTokenizerBase, messages: Sequence[Message]) -> EncodedExample:
    """Token ids of a conversation; the mask covers each assistant completion and its end token, no more.

    Raises ModelError as `render_prompt` does, and where the template does not end a completion with a
    special token.
    """
    return encode_examples(tokenizer, [messages])[0]


def encode_examples(
    tokenizer: PreTrainedTokenizerBase, conversations: Sequence[Sequence[Message]]
) -> list[EncodedExample]:
    """`encode_example` for many conversations, tokenized in one batch."""
    texts: list[str] = []
    for messages in conversations:
        texts.append(_render(tokenizer, messages, prompt=False))
        for index in _assistant_turns(messages):
            texts.append(_render(tokenizer, messages[:index], prompt=True))
            texts.append(_render(tokenizer, messages[: index + 1], prompt=False))
    encoded = iter(_encode(tokenizer, texts))
    special = _special_ids(tokenizer)
    examples = []
    for messages in conversations:
        ids = next(encoded)
        mask = [False] * len(ids)
        for _ in _assistant_turns(messages):
            start, end = _span(ids, next(encoded), next(encoded), special)
            mask[start:end] = [True] * (end - start)
        examples.append(EncodedExample(ids, tuple(mask)))
    return examples


def check_mask(
    tokenizer: PreTrainedTokenizerBase, example: EncodedExample, completion: str | Sequence[str]
) -> None:
    """Prove by decoding that the masked tokens are the completion (or completions, in order) and its end
    token.

    White space at the ends of a turn is the template's affair and not compared. Raises ModelError
    otherwise.
    """
    expected = [completion] if isinstance(completion, str) else list(completion)
    spans = _masked_spans(example)
    if len(spans) != len(expected):
        raise ModelError(f"the loss mask has {len(spans)} stretches for {len(expected)} completions")
    special = _special_ids(tokenizer)
    for span, text in zip(spans, expected, strict=True):
        if span[-1] not in special:
            raise ModelError(f"the loss mask does not end with an end token after {text[-40:]!r}")
        plain = tuple(tokenizer(text, add_special_tokens=False)["input_ids"])
        got, want = _decode(tokenizer, span[:-1]), _decode(tokenizer, plain)
        if got.strip() != want.strip():
            raise ModelError(f"the loss mask covers {got[:80]!r} where the completion is {want[:80]!r}")


def _assistant_turns(messages: Sequence[Message]) -> list[int]:
    """Indices of the assistant's turns. Raises ModelError where there is none."""
    turns = [index for index, message in enumerate(messages) if message.role == "assistant"]
    if not turns:
        raise ModelError("a training example has no assistant turn")
    return turns


def _render(tokenizer: PreTrainedTokenizerBase, messages: Sequence[Message], *, prompt: bool) -> str:
    """The chat template's text."""
    from jinja2 import TemplateError

    if not getattr(tokenizer, "chat_template", None):
        raise ModelError(
            f"the tokenizer of {tokenizer.name_or_path!r} has no chat template; "
            "use an instruction-tuned (chat) model"
        )
    turns = [{"role": message.role, "content": message.content} for message in messages]
    try:
        return str(tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=prompt))
    except TemplateError as error:
        roles = ", ".join(message.role for message in messages)
        raise ModelError(
            f"the chat template refuses a conversation with the roles {roles}: {error}"
        ) from error


def _encode(tokenizer: PreTrainedTokenizerBase, texts: list[str]) -> list[tuple[int, ...]]:
    """Token ids of rendered texts with exactly one BOS, or none where the model has none."""
    bos = tokenizer.bos_token_id
    front = (bos,) if bos is not None and list(tokenizer("")["input_ids"])[:1] == [bos] else ()
    rendered = [tuple(ids) for ids in tokenizer(texts, add_special_tokens=False)["input_ids"]]
    encoded = [ids if bos is not None and ids[:1] == (bos,) else front + ids for ids in rendered]
    if bos is not None and bos != tokenizer.eos_token_id and any(ids[:2] == (bos, bos) for ids in encoded):
        raise ModelError("the chat template writes the BOS token twice; it must write it once")
    return encoded


def _span(
    ids: tuple[int, ...], prefix: tuple[int, ...], upto: tuple[int, ...], special: frozenset[int]
) -> tuple[int, int]:
    """First token of a completion and the one after its end token, as positions in `ids`."""
    if ids[: len(prefix)] != prefix or upto[: len(prefix)] != prefix:
        raise ModelError("the chat template renders the prompt differently once its answer follows")
    ends = [at for at in range(len(prefix), len(upto)) if upto[at] in special]
    if not ends:
        raise ModelError(
            "the chat template does not end a completion with a special token; the model could not stop"
        )
    end = ends[-1] + 1
    if ids[:end] != upto[:end]:
        raise ModelError("the chat template renders an earlier answer differently once more turns follow")
    return len(prefix), end


def _masked_spans(example: EncodedExample) -> list[tuple[int, ...]]:
    """The ids under each unbroken stretch of the mask."""
    spans: list[list[int]] = []
    before = False
    for token, masked in zip(example.ids, example.labels_mask, strict=True):
        if masked and not before:
            spans.append([])
        if masked:
            spans[-1].append(token)
        before = masked
    return [tuple(span) for span in spans]


def _special_ids(tokenizer: PreTrainedTokenizerBase) -> frozenset[int]:
    """Ids that the tokenizer marks as special."""
    added = getattr(tokenizer, "added_tokens_decoder", {})
    return frozenset(tokenizer.all_special_ids) | {id_ for id_, token in added.items() if token.special}


def _decode(tokenizer: PreTrainedTokenizerBase, ids: tuple[int, ...]) -> str:
    """Text of the ids, special tokens shown."""
    return str(tokenizer.decode(list(ids), skip_special_tokens=False, clean_up_tokenization_spaces=False))
