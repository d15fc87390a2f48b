"""Sequence-classification heads: a model that answers with labels of its own instead of words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from harness.errors import ConfigError, ModelError
from harness.guards import Exchange
from harness.guards.reading import Reading
from harness.guards.scoring import Engine

HeadInput = Literal["completion", "pair"]
"""What the head is shown: the completion alone, or the request and the completion as two segments."""


@dataclass(frozen=True)
class HeadAsk:
    """How to read a head."""

    harmful_label: str | int
    """Name among the config's id2label, or index."""
    shown: HeadInput


@dataclass
class Head:
    """An open sequence-classification model."""

    model: Any
    tokenizer: Any
    engine: Engine
    label: int
    shown: HeadInput

    def read(self, exchanges: Sequence[Exchange]) -> list[Reading]:
        """One reading for each exchange, in order; one that is too long has none."""
        done: list[Reading] = [Reading(harm=None)] * len(exchanges)
        fits: list[int] = []
        for at, exchange in enumerate(exchanges):
            length = len(self._encode([exchange])["input_ids"][0])
            if length > self.engine.max_model_len:
                words = f"the guard's prompt needs {length} tokens, over its max_model_len {self.engine.max_model_len}"
                done[at] = Reading(harm=None, reason=words)
            else:
                fits.append(at)
        padded = self.tokenizer.pad_token_id is not None and self.model.config.pad_token_id is not None
        size = self.engine.batch_size if padded else 1
        for start in range(0, len(fits), size):
            batch = fits[start : start + size]
            for at, harm in zip(batch, self._batch([exchanges[at] for at in batch]), strict=True):
                done[at] = Reading(harm=harm)
        return done

    def _encode(self, exchanges: Sequence[Exchange], *, tensors: bool = False) -> Any:
        """Special tokens come from the tokenizer alone: those in the text are read as text."""
        texts = [e.completion for e in exchanges]
        first, second = ([e.prompt for e in exchanges], texts) if self.shown == "pair" else (texts, None)
        options: dict[str, Any] = {"padding": len(texts) > 1, "return_tensors": "pt"} if tensors else {}
        return self.tokenizer(first, second, split_special_tokens=True, **options)

    def _batch(self, exchanges: Sequence[Exchange]) -> list[float]:
        import torch

        encoded = self._encode(exchanges, tensors=True).to(self.model.device)
        with torch.inference_mode():
            logits = self.model(**encoded).logits.float()
        independent = self.model.config.problem_type == "multi_label_classification" or logits.shape[-1] == 1
        shares = torch.sigmoid(logits) if independent else torch.softmax(logits, dim=-1)
        return [float(share) for share in shares[:, self.label].cpu()]


def open_head(engine: Engine, ask: HeadAsk) -> Head:
    """Load the model.

    Raises ConfigError for a label that it does not have or a backend other than transformers, ModelError for a model
    that cannot be loaded.
    """
    if engine.backend != "transformers":
        raise ConfigError("judge classifier: a classification head needs backend: transformers")
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    torch.set_num_threads(engine.threads)
    try:
        tokenizer = AutoTokenizer.from_pretrained(engine.folder, trust_remote_code=engine.trust_remote_code)
        model = AutoModelForSequenceClassification.from_pretrained(
            engine.folder, dtype=engine.dtype, trust_remote_code=engine.trust_remote_code, use_safetensors=True
        )
    except (OSError, ValueError, KeyError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(f"{engine.folder}: transformers cannot load this classification head: {first}") from error
    label = label_of({int(at): str(name) for at, name in model.config.id2label.items()}, ask.harmful_label)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return Head(model.to(device).eval(), tokenizer, engine, label, ask.shown)


def label_of(names: dict[int, str], wanted: str | int) -> int:
    """The index of the harmful label. Raises ConfigError where there is no such label."""
    if isinstance(wanted, int) and wanted in names:
        return wanted
    found = [at for at, name in names.items() if name == wanted]
    if len(found) != 1:
        known = ", ".join(f"{at} ({name})" for at, name in sorted(names.items()))
        raise ConfigError(
            f"judge classifier: harmful_label: {wanted!r} is not a label of this model; those are {known}"
        )
    return found[0]
