"""Generation with a model of the demonstration's size: vLLM against transformers, as a ratio of tokens/s.

Run: python -m benchmarks.generation [--prompts 512] [--tokens 64] [--threads 1]
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import harness  # noqa: F401 (hides packages built for another torch, before transformers looks for them)
from harness.backends import Backend, EngineSpec, GenerationRequest

VOCABULARY = 1500


def save_model(folder: Path, *, seed: int) -> None:
    """A random Llama of 6 layers × 128 (head size 32) with a word-level tokenizer of VOCABULARY words."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    words = {"<s>": 0, "</s>": 1, **{f"word{at}": at for at in range(2, VOCABULARY)}}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<s>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="</s>"
    ).save_pretrained(folder)
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=128, intermediate_size=384, num_hidden_layers=6,
        num_attention_heads=4, num_key_value_heads=4, max_position_embeddings=512, bos_token_id=0, eos_token_id=1,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)


def prompts(count: int, *, new_tokens: int, seed: int) -> list[GenerationRequest]:
    """Random prompts of 8 to 40 tokens."""
    rng = random.Random(seed)
    lengths = [rng.randint(8, 40) for _ in range(count)]
    rows = [(0, *(rng.randrange(2, VOCABULARY) for _ in range(length))) for length in lengths]
    return [GenerationRequest(prompt=row, max_new_tokens=new_tokens) for row in rows]


def tokens_per_second(backend: Backend, requests: Sequence[GenerationRequest]) -> float:
    """Generated tokens per second of wall time, after a warm-up of eight prompts."""
    backend.generate(requests[:8], lambda done, total: None)
    started = time.perf_counter()
    made = backend.generate(requests, lambda done, total: None)
    seconds = time.perf_counter() - started
    return sum(generation.tokens for generation in made) / seconds


def main() -> None:
    """Measure both and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prompts", type=int, default=512)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch-size", type=int, default=64, help="of transformers; vLLM has 256 in flight")
    asked = parser.parse_args()
    from harness.backends import hf, vllm

    with tempfile.TemporaryDirectory() as name:
        save_model(Path(name), seed=0)
        requests = prompts(asked.prompts, new_tokens=asked.tokens, seed=0)
        speeds = {}
        for label, module, batch in (("transformers", hf, asked.batch_size), ("vllm", vllm, 256)):
            spec = EngineSpec(Path(name), (), "float32", 512, batch, 0, asked.threads, False)
            backend = module.open_backend(spec)
            speeds[label] = tokens_per_second(backend, requests)
            backend.close()
            print(f"{label:13s}{speeds[label]:9.0f} tokens/s", flush=True)
    print(f"vllm / transformers: {speeds['vllm'] / speeds['transformers']:.1f}")


if __name__ == "__main__":
    main()
