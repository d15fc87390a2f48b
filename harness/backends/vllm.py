"""Generation by vLLM, on a GPU or the CPU: all requests of all adapters in one pass of one engine.

On the CPU the engine runs in this process, without compilation and without pinned cores, so that several
processes can run side by side.
"""

from __future__ import annotations

import gc
import importlib.util
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from harness.errors import MissingExtraError, ModelError, SilentFailureError, WorldError

if TYPE_CHECKING:
    from vllm import LLM, RequestOutput, SamplingParams
    from vllm.lora.request import LoRARequest

_ENVIRONMENT = {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "VLLM_LOGGING_LEVEL": "WARNING",
    "VLLM_NO_USAGE_STATS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
_LORA_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)


def open_backend(spec: EngineSpec) -> Backend:
    """Start an engine.

    Raises MissingExtraError without vLLM, ModelError for a model or adapter that vLLM cannot run, WorldError
    where memory does not suffice.
    """
    if importlib.util.find_spec("vllm") is None:
        raise MissingExtraError("vllm", extra="cpu or cuda")
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    os.environ["OMP_NUM_THREADS"] = str(spec.threads)
    import torch
    from vllm.lora.request import LoRARequest

    torch.set_num_threads(spec.threads)
    llm = _engine(spec)
    tokenizer = llm.get_tokenizer()
    numbered = enumerate(spec.adapters, start=1)
    adapters = {name: LoRARequest(name, at, str(path)) for at, (name, path) in numbered}
    return VllmBackend(spec, llm, tokenizer, adapters, end_tokens(spec.model, tokenizer))


def _engine(spec: EngineSpec) -> LLM:
    import torch
    from vllm import LLM

    from harness import vllm_cpu

    on_cpu = not torch.cuda.is_available()
    ranks = [_rank(folder, on_cpu=on_cpu) for _, folder in spec.adapters]
    if on_cpu:
        vllm_cpu.prepare(adapters=bool(ranks))
    try:
        return LLM(
            model=str(spec.model),
            dtype=spec.dtype,
            max_model_len=spec.max_model_len,
            max_num_seqs=spec.batch_size,
            seed=spec.seed,
            trust_remote_code=spec.trust_remote_code,
            enforce_eager=on_cpu,
            enable_prefix_caching=False,
            disable_log_stats=True,
            enable_lora=bool(ranks),
            max_loras=max(1, len(ranks)),
            max_lora_rank=next((r for r in _LORA_RANKS if r >= max(ranks, default=1)), _LORA_RANKS[-1]),
        )
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise WorldError(
            f"{spec.model}: out of memory while vLLM started; lower max_model_len or batch_size"
        ) from error
    except (ValueError, RuntimeError, NotImplementedError) as error:
        raise ModelError(f"{spec.model}: vLLM cannot run this model: {_first_line(error)}") from error


def _rank(folder: Path, *, on_cpu: bool) -> int:
    """The rank of an adapter, from its config. Raises ModelError where vLLM could not apply the adapter."""
    try:
        config = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
        rank, modules = int(config["r"]), config["target_modules"]
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{folder}: no readable adapter_config.json with r and target_modules") from error
    if rank > _LORA_RANKS[-1]:
        raise ModelError(f"{folder}: LoRA rank {rank} is over vLLM's {_LORA_RANKS[-1]}; use backend hf")
    if on_cpu and (isinstance(modules, str) or "lm_head" in modules):
        raise ModelError(f"{folder}: vLLM on the CPU cannot adapt the head (target_modules); use backend hf")
    return rank


@dataclass
class VllmBackend:
    """An open vLLM engine."""

    spec: EngineSpec
    llm: LLM | None
    tokenizer: Any
    adapters: dict[str, LoRARequest]
    ends: tuple[int, ...]

    def generate(self, requests: Sequence[GenerationRequest], tick: Tick) -> list[Generation]:
        """Complete every request in one pass; prompts that leave no room are `prompt_too_long`."""
        from vllm import SamplingParams

        room = [self.spec.max_model_len - len(request.prompt) for request in requests]
        fits = [at for at, left in enumerate(room) if left > 0]
        params = [
            SamplingParams(
                temperature=requests[at].temperature,
                seed=requests[at].seed if requests[at].temperature > 0 else None,
                max_tokens=min(requests[at].max_new_tokens, room[at]),
                stop=list(requests[at].stop) or None,
                stop_token_ids=list(self.ends),
                detokenize=bool(requests[at].stop),
            )
            for at in fits
        ]
        prompts = [(requests[at].prompt, requests[at].adapter) for at in fits]
        outputs = self._run(prompts, params, tick)
        done = [TOO_LONG] * len(requests)
        for at, output in zip(fits, outputs, strict=True):
            ids = output.outputs[0].token_ids
            done[at] = completion(self.tokenizer, ids, ends=self.ends, stop=requests[at].stop)
        return done

    def likelihoods(self, requests: Sequence[LikelihoodRequest], tick: Tick) -> list[Likelihood]:
        """Score every continuation by the log-probabilities of the prompt's tokens.

        Raises SilentFailureError where vLLM leaves a token unscored (as a cached prefix would).
        """
        from vllm import SamplingParams

        one = SamplingParams(temperature=0.0, max_tokens=1, prompt_logprobs=0, detokenize=False)
        prompts = [((*r.context, *r.continuation), r.adapter) for r in requests]
        outputs = self._run(prompts, [one] * len(requests), tick)
        return [_likelihood(output, request) for output, request in zip(outputs, requests, strict=True)]

    def close(self) -> None:
        """Shut the engine down and free its memory."""
        if self.llm is None:
            return
        from vllm.distributed.parallel_state import cleanup_dist_env_and_memory

        core = getattr(self.llm.llm_engine, "engine_core", None)
        if core is not None and hasattr(core, "shutdown"):
            core.shutdown()
        self.llm = None
        cleanup_dist_env_and_memory()
        gc.collect()

    def _run(
        self,
        prompts: Sequence[tuple[Sequence[int], str | None]],
        params: Sequence[SamplingParams],
        tick: Tick,
    ) -> list[RequestOutput]:
        """Every prompt's output; those without an adapter in a pass of their own.

        In a batch that mixes both, vLLM's CPU kernels take "no adapter" (slot -1) for the last slot.
        """
        if self.llm is None:
            raise SilentFailureError("the vLLM engine was used after it was closed")
        done: dict[int, RequestOutput] = {}
        for adapted in (False, True):
            places = [at for at, (_, name) in enumerate(prompts) if (name is not None) is adapted]
            if not places:
                continue
            lora = [self.adapters[name] for at in places if (name := prompts[at][1]) is not None]
            outputs = self.llm.generate(
                [{"prompt_token_ids": list(prompts[at][0])} for at in places],
                [params[at] for at in places],
                use_tqdm=_ticker(tick, before=len(done), total=len(prompts)),
                lora_request=lora or None,
            )
            done.update(zip(places, outputs, strict=True))
        return [done[at] for at in range(len(prompts))]


def _likelihood(output: RequestOutput, request: LikelihoodRequest) -> Likelihood:
    rows = output.prompt_logprobs or []
    start = len(request.context)
    total, greedy = 0.0, True
    for token, row in zip(request.continuation, rows[start:], strict=True):
        entry = None if row is None else row.get(token)
        if entry is None:
            raise SilentFailureError("vLLM returned no log-probability for a token of a continuation")
        total += float(entry.logprob)
        greedy = greedy and entry.rank == 1
    return Likelihood(logprob=total, greedy=greedy)


def _ticker(tick: Tick, *, before: int, total: int) -> Callable[..., Any]:
    """A tqdm that writes nothing and reports to `tick`; `before` requests are done already."""
    import io

    from tqdm import tqdm  # type: ignore[import-untyped]

    class Ticker(tqdm):  # type: ignore[misc]
        def __init__(self, iterable: Any = None, **_: Any) -> None:
            super().__init__(iterable, total=total, file=io.StringIO(), mininterval=0.2, disable=False)

        def update(self, n: float | None = 1) -> bool | None:
            shown: bool | None = super().update(n)
            if self.iterable is None:
                tick(min(before + int(self.n), total), total)
            return shown

    return Ticker


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
