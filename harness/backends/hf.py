"""Generation by transformers: slower than vLLM, and runs whatever transformers can load.

Prompts are sorted by length and padded on the left; adapters are switched by peft.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from harness.backends import (
    Backend,
    EngineSpec,
    Generation,
    GenerationRequest,
    Likelihood,
    LikelihoodRequest,
    Tick,
)
from harness.completions import TOO_LONG, completion, end_tokens
from harness.errors import ModelError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_SCORING_BATCH = 32
"""Sequences scored at once; their logits are kept for every token."""


@dataclass(frozen=True)
class _Setting:
    """What a batch of generation requests has in common."""

    adapter: str | None
    max_new_tokens: int
    stop: tuple[str, ...]
    temperature: float
    seed: int


def open_backend(spec: EngineSpec) -> Backend:
    """Load the model and its adapters. Raises ModelError where transformers or peft cannot."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.set_num_threads(spec.threads)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        tokenizer = AutoTokenizer.from_pretrained(spec.model, trust_remote_code=spec.trust_remote_code)
        model: Any = AutoModelForCausalLM.from_pretrained(
            spec.model, dtype=spec.dtype, trust_remote_code=spec.trust_remote_code, use_safetensors=True
        ).to(device)
        if getattr(model.config, "attn_logit_softcapping", None):
            model.set_attn_implementation("eager")  # sdpa leaves the cap out without a word
        if spec.adapters:
            model = _with_adapters(model, spec)
    except (OSError, ValueError, KeyError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(f"{spec.model}: transformers cannot load this model: {first}") from error
    return HfBackend(spec, model.eval(), tokenizer, end_tokens(spec.model, tokenizer))


def _with_adapters(model: Any, spec: EngineSpec) -> Any:
    from peft import PeftModel

    (first, folder), *others = spec.adapters
    tuned = PeftModel.from_pretrained(model, str(folder), adapter_name=first)
    for name, path in others:
        tuned.load_adapter(str(path), adapter_name=name)
    return tuned


@dataclass
class HfBackend:
    """A loaded model."""

    spec: EngineSpec
    model: Any
    tokenizer: PreTrainedTokenizerBase
    ends: tuple[int, ...]

    @torch.inference_mode()
    def generate(self, requests: Sequence[GenerationRequest], tick: Tick) -> list[Generation]:
        """Complete every request; prompts that leave no room are `prompt_too_long`."""
        done = [TOO_LONG] * len(requests)
        groups: dict[_Setting, list[int]] = {}
        for at, request in enumerate(requests):
            room = self.spec.max_model_len - len(request.prompt)
            if room > 0:
                groups.setdefault(_setting(request, room), []).append(at)
        count = len(requests) - sum(map(len, groups.values()))
        for setting, members in groups.items():
            members.sort(key=lambda at: len(requests[at].prompt), reverse=True)
            with self._adapter(setting.adapter):
                for batch in _batches(members, self.spec.batch_size):
                    outputs = self._complete([requests[at].prompt for at in batch], setting)
                    for at, ids in zip(batch, outputs, strict=True):
                        done[at] = completion(self.tokenizer, ids, ends=self.ends, stop=setting.stop)
                    count += len(batch)
                    tick(count, len(requests))
        return done

    @torch.inference_mode()
    def likelihoods(self, requests: Sequence[LikelihoodRequest], tick: Tick) -> list[Likelihood]:
        """Score every continuation."""
        done: dict[int, Likelihood] = {}
        groups: dict[str | None, list[int]] = {}
        for at, request in enumerate(requests):
            groups.setdefault(request.adapter, []).append(at)
        for adapter, members in groups.items():
            members.sort(key=lambda at: -len(requests[at].context) - len(requests[at].continuation))
            with self._adapter(adapter):
                for batch in _batches(members, min(self.spec.batch_size, _SCORING_BATCH)):
                    scores = self._score([requests[at] for at in batch])
                    done.update(zip(batch, scores, strict=True))
                    tick(len(done), len(requests))
        return [done[at] for at in range(len(requests))]

    def close(self) -> None:
        """Drop the model."""
        self.model = None
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    @contextlib.contextmanager
    def _adapter(self, name: str | None) -> Iterator[None]:
        if not self.spec.adapters:
            yield
        elif name is None:
            with self.model.disable_adapter():
                yield
        else:
            self.model.set_adapter(name)
            yield

    def _complete(self, prompts: Sequence[tuple[int, ...]], setting: _Setting) -> list[list[int]]:
        from transformers import GenerationConfig

        width = max(map(len, prompts))
        pad = self._pad()
        device = self.model.device
        ids = torch.tensor([[pad] * (width - len(p)) + list(p) for p in prompts], device=device)
        mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts], device=device)
        warm = setting.temperature > 0
        config = GenerationConfig(
            max_new_tokens=setting.max_new_tokens,
            do_sample=warm,
            temperature=setting.temperature if warm else None,
            top_p=1.0 if warm else None,
            top_k=0 if warm else None,
            eos_token_id=list(self.ends) or None,
            pad_token_id=pad,
        )
        stopping = [_StopStrings(self.tokenizer, setting.stop, width)] if setting.stop else []
        self.model.generation_config = GenerationConfig()  # a checkpoint's own penalties do not count
        torch.manual_seed(setting.seed)
        out = self.model.generate(
            input_ids=ids, attention_mask=mask, generation_config=config, stopping_criteria=stopping
        )
        return [list(row) for row in out[:, width:].tolist()]

    def _score(self, requests: Sequence[LikelihoodRequest]) -> list[Likelihood]:
        rows = [[*r.context, *r.continuation] for r in requests]
        width = max(map(len, rows))
        pad = self._pad()
        device = self.model.device
        ids = torch.tensor([row + [pad] * (width - len(row)) for row in rows], device=device)
        mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows], device=device)
        logits = self.model(input_ids=ids, attention_mask=mask).logits
        scores = []
        for at, request in enumerate(requests):
            start, end = len(request.context), len(rows[at])
            logprobs = torch.log_softmax(logits[at, start - 1 : end - 1].float(), dim=-1)
            wanted = ids[at, start:end]
            total = logprobs.gather(1, wanted[:, None]).sum()
            scores.append(Likelihood(float(total), bool((logprobs.argmax(-1) == wanted).all())))
        return scores

    def _pad(self) -> int:
        """Any id does: padding is masked, and what follows an end token is cut."""
        if self.tokenizer.pad_token_id is not None:
            return int(self.tokenizer.pad_token_id)
        return self.ends[0] if self.ends else 0


class _StopStrings:
    """Ends a row once its new text holds a stop string."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, stop: Sequence[str], width: int) -> None:
        self.tokenizer, self.stop, self.width = tokenizer, stop, width

    def __call__(self, input_ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
        texts = self.tokenizer.batch_decode(input_ids[:, self.width :], skip_special_tokens=True)
        done = [any(word in text for word in self.stop) for text in texts]
        return torch.tensor(done, device=input_ids.device)


def _setting(request: GenerationRequest, room: int) -> _Setting:
    return _Setting(request.adapter, min(request.max_new_tokens, room), request.stop, request.temperature, request.seed)


def _batches(members: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(members), size):
        yield members[start : start + size]
