"""LoRA variants in one engine and one pass, against one after another through merged checkpoints, same answers.

    python -m benchmarks.adapters BASE [--variants 8] [--limit 100] [--rounds 2]

BASE is the folder of a finished base stage in a store (store/stages/KEY). Makes adapters of rank 8 on every matrix of
the layers, each moved by a seed of its own, and a merged checkpoint of each; both sides then answer the same tasks by
the stage evaluate on vLLM, every engine in a process of its own that is forked with vLLM imported, as in a run. Merging
is not counted. Prints the seconds of both sides by round, taken in turns, their ratio, and the share of answers that
are the same to the letter; exits with 1 where fewer than 99 % are (float sums differ between W + BA and W, BA apart).
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import harness  # noqa: F401 (hides packages built for another torch, before transformers looks for them)
from harness.specs import EvaluateParams, GenerationSettings, LoraSpec
from harness.stages import StageContext
from harness.task_specs import TaskChoice
from harness.tasks import task_refs

ALIKE = 0.99
TASKS = ("harmful_requests", "clinic_open", "borderline_requests")
Evaluation = tuple[EvaluateParams, list[StageContext]]


def make(base: Path, root: Path, *, count: int) -> tuple[list[Path], list[Path]]:
    """Stage folders of `count` adapters, and of the same merged."""
    import torch

    from harness.chat import load_tokenizer
    from harness.training.checkpoints import (
        WEIGHTS,
        add_adapter,
        load_model,
        read_checkpoint,
        save_adapter,
        save_full,
        write_checkpoint,
    )

    opened = read_checkpoint(base)
    tokenizer = load_tokenizer(opened.weights, trust_remote_code=False)
    adapters: list[Path] = []
    merged: list[Path] = []
    for seed in range(count):
        torch.manual_seed(seed)
        adapted = add_adapter(load_model(opened, dtype="float32"), LoraSpec(rank=8, alpha=16))
        for name, parameter in adapted.named_parameters():
            if "lora_B" in name:
                parameter.data.normal_(std=0.01)
        for kind, folders in (("adapter", adapters), ("full", merged)):
            folder = root / f"{kind}-{seed}"
            folder.mkdir()
            if kind == "adapter":
                save_adapter(adapted, folder / WEIGHTS)
            else:
                save_full(adapted.merge_and_unload(), tokenizer, folder / WEIGHTS)
            write_checkpoint(folder, opened.record, adapter=kind == "adapter", dtype="float32")
            folders.append(folder)
    return adapters, merged


def evaluate(evaluation: Evaluation) -> None:
    """In a process of its own."""
    from harness.stages import evaluate as stage

    params, contexts = evaluation
    stage.run_many([(params, context) for context in contexts])


def silent(_: object) -> None:
    """Progress that nobody sees."""


def contexts(base: Path, checkpoints: Sequence[Path], root: Path) -> list[StageContext]:
    """Where each checkpoint's answers go."""
    made = []
    for checkpoint in checkpoints:
        folder = Path(tempfile.mkdtemp(dir=root))
        made.append(StageContext(folder, (("base", base), ("checkpoint", checkpoint)), silent))
    return made


def seconds(run: Callable[[], None]) -> float:
    """Wall time."""
    started = time.monotonic()
    run()
    return time.monotonic() - started


def answers(made: Sequence[StageContext]) -> list[str]:
    """Every completion, checkpoint by checkpoint."""
    lines = [line for c in made for line in (c.folder / "samples.jsonl").read_text(encoding="utf-8").splitlines()]
    return [json.loads(line)["completion"] for line in lines]


def main() -> None:
    """Compare; see the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base", type=Path)
    parser.add_argument("--variants", type=int, default=8)
    parser.add_argument("--limit", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=2)
    asked = parser.parse_args()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["harness", "torch", "transformers", "vllm", "lm_eval", "harness.stages.evaluate"])
    refs = tuple(ref for task in TASKS for ref in task_refs(TaskChoice(task=task, limit=asked.limit)))
    generation = GenerationSettings(backend="vllm", max_new_tokens=40, max_model_len=128, dtype="float32")
    params = EvaluateParams(tasks=refs, generation=generation)

    def in_processes(evaluations: Sequence[Evaluation]) -> None:
        for evaluation in evaluations:
            process = context.Process(target=evaluate, args=(evaluation,))
            process.start()
            process.join()
            if process.exitcode != 0:
                sys.exit("an evaluation failed")

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        adapters, merged = make(asked.base, root, count=asked.variants)
        in_processes([(params, contexts(asked.base, merged[:1], root))])  # starts the fork server
        ratios, same = [], 1.0
        for number in range(asked.rounds):
            ours, theirs = contexts(asked.base, adapters, root), contexts(asked.base, merged, root)
            one_pass = seconds(lambda ours=ours: in_processes([(params, ours)]))  # type: ignore[misc]
            in_turn = seconds(lambda theirs=theirs: in_processes([(params, [c]) for c in theirs]))  # type: ignore[misc]
            pairs = list(zip(answers(ours), answers(theirs), strict=True))
            same = min(same, sum(a == b for a, b in pairs) / len(pairs))
            ratios.append(in_turn / one_pass)
            print(f"round {number + 1}: one pass {one_pass:.1f} s, one after another {in_turn:.1f} s")
    ratio = statistics.median(ratios)
    print(f"{asked.variants} variants: {ratio:.2f}x less time in one pass; {same:.1%} answers alike")
    sys.exit(0 if same >= ALIKE else 1)


if __name__ == "__main__":
    main()
