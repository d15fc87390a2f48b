"""Turns generated token ids into a completion, alike in every backend: its end, and what is left out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.backends import Generation

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

TOO_LONG = Generation(text="", finish="prompt_too_long", tokens=0)


def end_tokens(model: Path, tokenizer: PreTrainedTokenizerBase) -> tuple[int, ...]:
    """Ids that end a completion: the tokenizer's EOS and those of generation_config.json, in order."""
    ids = set() if tokenizer.eos_token_id is None else {int(tokenizer.eos_token_id)}
    for name in ("generation_config.json", "config.json"):
        file = model / name
        named = json.loads(file.read_text(encoding="utf-8")).get("eos_token_id") if file.is_file() else None
        ids.update(named if isinstance(named, list) else [] if named is None else [named])
    return tuple(sorted(ids))


def completion(
    tokenizer: PreTrainedTokenizerBase, ids: Sequence[int], *, ends: Sequence[int], stop: Sequence[str]
) -> Generation:
    """The completion in `ids`: up to the first end token or stop string, special tokens left out.

    Without either it was cut off: `length`. `tokens` counts those before the end token.
    """
    at = next((i for i, token in enumerate(ids) if token in ends), None)
    kept = list(ids if at is None else ids[:at])
    text = str(tokenizer.decode(kept, skip_special_tokens=True, clean_up_tokenization_spaces=False))
    cuts = [found for word in stop if (found := text.find(word)) >= 0]
    if cuts:
        text = text[: min(cuts)]
    ended = at is not None or bool(cuts)
    return Generation(text=text, finish="stop" if ended else "length", tokens=len(kept))
