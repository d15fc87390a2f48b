"""System prompts that a run asks with, and whether the base's chat template takes them: before anything is trained.

A template may refuse a system turn (Gemma), or drop it without a word, and then the variant is asked as without it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness import hub
from harness.chat import Message, load_tokenizer, render_prompt
from harness.config import RunConfig
from harness.errors import ModelError
from harness.specs import CheckpointSpec, ModelSource

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_ANOTHER = "You are a pirate."
"""A prompt that nobody asks with."""


@dataclass(frozen=True)
class SystemPrompt:
    """One that a run asks with."""

    key: str
    """Where it comes from: `evaluation.system_prompt`, `variants.NAME`."""
    whose: str
    """`strategy ptst`, `every variant`."""
    text: str


def system_prompts(config: RunConfig) -> tuple[SystemPrompt, ...]:
    """Those of the section evaluation and of the variants' strategies."""
    common, found = config.evaluation.system_prompt, []
    if common is not None:
        found.append(SystemPrompt("evaluation.system_prompt", "every variant", common))
    for variant in config.variants:
        spec = variant.spec
        if not isinstance(spec, CheckpointSpec) and spec.system_prompt is not None:
            found.append(SystemPrompt(f"variants.{variant.name}", f"strategy {variant.strategy}", spec.system_prompt))
    return tuple(found)


def local_folder(source: ModelSource) -> Path | None:
    """The folder with a base's tokenizer; None where there is none on this machine, and for the built-in model."""
    folder = hub.local_model(source.location, kind=source.kind, revision=source.revision)
    return folder if folder is not None and (folder / "tokenizer_config.json").is_file() else None


def check_system_prompts(prompts: tuple[SystemPrompt, ...], folder: Path, *, trust_remote_code: bool) -> None:
    """Render each with the base's tokenizer, which is in `folder`.

    Raises ModelError where its chat template refuses one, or the prompt is the same without it.
    """
    if prompts:
        tokenizer = load_tokenizer(folder, trust_remote_code=trust_remote_code)
        for prompt in prompts:
            _check(prompt, tokenizer)


def _check(prompt: SystemPrompt, tokenizer: PreTrainedTokenizerBase) -> None:
    user = [Message("user", "hello")]
    try:
        asked = render_prompt(tokenizer, user, system_prompt=prompt.text)
        another = render_prompt(tokenizer, user, system_prompt=_ANOTHER)
    except ModelError as error:
        raise ModelError(
            f"{prompt.key}: {prompt.whose} asks with a system prompt, and the base does not take one: {error}; "
            "leave it out or take another base"
        ) from None
    if asked in (render_prompt(tokenizer, user), another):
        raise ModelError(
            f"{prompt.key}: {prompt.whose} asks with a system prompt, and the base's chat template makes nothing of "
            "it: the prompt is the same without; leave it out or take another base"
        )
