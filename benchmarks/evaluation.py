"""A whole evaluation: our lm-eval model on vLLM against lm-eval's own `hf` model, same tasks and checkpoint.

    python -m benchmarks.evaluation BASE [--tasks clinic_open,general_knowledge,clinic_choice] [--batch 32]

BASE is the folder of a finished base stage in a store (store/stages/KEY). Prints seconds of both, vLLM's start
included, their ratio, and every task's score under both, which must be the same; exits with 1 where one is not. Both in
float32 with one thread; lm-eval's model goes first. On a model as small as the built-in one vLLM's start alone takes
longer than all of lm-eval's evaluation; the ratio says something of models that take long to answer.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import harness  # noqa: F401 (hides packages built for another torch, before transformers looks for them)
from harness.records import Sample
from harness.specs import EvaluateParams, GenerationSettings, TaskRef
from harness.stages import StageContext
from harness.tasks import card_of, task_ref

ALIKE = 1e-9


def theirs(weights: Path, refs: Sequence[TaskRef], *, batch: int, tokens: int) -> dict[str, float]:
    """Each task's score by lm-eval's own model; the chat template applied by it."""
    import lm_eval
    from lm_eval.models.huggingface import HFLM

    from harness.lm_tasks import load_task

    lm = HFLM(pretrained=str(weights), dtype="float32", batch_size=batch, device="cpu")
    loaded = {ref.name: load_task(ref).task for ref in refs}
    for task in loaded.values():
        if task.OUTPUT_TYPE == "generate_until":
            task.config.generation_kwargs["max_gen_toks"] = tokens
    built = {"tasks": loaded, "groups": {}, "group_map": {}}
    found = lm_eval.evaluate(lm, built, apply_chat_template=True, bootstrap_iters=0, log_samples=False)
    return {ref.name: float(found["results"][ref.name][f"{card_of(ref).metric},none"]) for ref in refs}


def ours(base: Path, refs: Sequence[TaskRef], *, tokens: int) -> dict[str, float]:
    """Each task's score by the stage evaluate."""
    from harness.stages import evaluate

    settings = GenerationSettings(backend="vllm", max_new_tokens=tokens, max_model_len=128, dtype="float32")
    with tempfile.TemporaryDirectory() as folder:
        context = StageContext(Path(folder), (("base", base),), lambda _: None)
        evaluate.run(EvaluateParams(tasks=tuple(refs), generation=settings), context)
        lines = (Path(folder) / "samples.jsonl").read_text(encoding="utf-8").splitlines()
    samples = [Sample.model_validate_json(line) for line in lines]
    scores = {}
    for ref in refs:
        values = [s.metric for s in samples if s.task == ref.name and s.metric is not None]
        scores[ref.name] = sum(values) / len(values)
    return scores


def main(given: Sequence[str] | None = None) -> int:
    """Evaluate twice, compare, print."""
    parser = argparse.ArgumentParser(description="Our evaluation against lm-eval's own.")
    parser.add_argument("base", type=Path)
    parser.add_argument("--tasks", default="clinic_open,general_knowledge,clinic_choice")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--tokens", type=int, default=40)
    asked = parser.parse_args(given)
    import torch

    torch.set_num_threads(1)
    refs = [task_ref(name) for name in asked.tasks.split(",")]
    started = time.perf_counter()
    other = theirs(asked.base / "weights", refs, batch=asked.batch, tokens=asked.tokens)
    middle = time.perf_counter()
    own = ours(asked.base, refs, tokens=asked.tokens)
    ended = time.perf_counter()
    print(json.dumps({"lm-eval": other, "ours": own}, indent=1))
    times = middle - started, ended - middle
    print(f"lm-eval hf {times[0]:.1f} s, ours {times[1]:.1f} s: {times[0] / times[1]:.2f}x")
    off = max(abs(other[name] - own[name]) for name in own)
    print(f"largest difference of a score {off:.2e}")
    return 0 if off <= ALIKE else 1


if __name__ == "__main__":
    sys.exit(main())
