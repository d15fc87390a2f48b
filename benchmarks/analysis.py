"""The analysis's forward passes: one full pass per perturbed matrix against Replay.each, over all matrices.

    python -m benchmarks.analysis [--quick] [--prompts 64] [--rounds 2] [--hidden 256]
    python -m benchmarks.analysis --operations     multiply-adds of a 7B model, counted without its weights

Prints for three kinds of prompts both times per perturbation, their ratio (aim: at least 3), the share of repeated
tokens, the largest difference of a state (states have unit scale) and the peak memory; then how a perturbation's time
and operations grow with the number of layers. Exits with 1 where a difference is over 1e-5.

The full pass is transformers' decoder without the head, over prompts sorted by length, in the batch size that is
fastest on this machine. The two take turns after every matrix, so that other work on the machine falls on both. One
thread, float32, a random Llama with grouped-query attention.
"""

from __future__ import annotations

import argparse
import functools
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TypeVar

import harness  # noqa: F401 (hides packages built for another torch, before transformers looks for them)

# isort: split
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode
from transformers import LlamaConfig, LlamaForCausalLM

from benchmarks.memory import peak_bytes
from harness.analysis.replay import Delta, Replay, Sequences
from harness.analysis.wiring import Wired

Made = TypeVar("Made")
VOCABULARY = 2000
DIFFERENCE = 1e-5
BATCH_SIZES = (8, 16, 32, 64)
GIGA, MIB = 1e9, 2**20


@dataclass(frozen=True)
class Clock:
    """Seconds of wall time and of this process's CPU time."""

    wall: float
    cpu: float

    def __add__(self, other: Clock) -> Clock:
        return Clock(self.wall + other.wall, self.cpu + other.cpu)


def timed(work: Callable[[], Made]) -> tuple[Made, Clock]:
    """What `work` gives, and the time that it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    made = work()
    return made, Clock(time.perf_counter() - wall, time.process_time() - cpu)


def make_model(*, hidden: int, layers: int) -> LlamaForCausalLM:
    """A random Llama with two query heads for each key head."""
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=hidden, intermediate_size=hidden * 11 // 4, num_hidden_layers=layers,
        num_attention_heads=hidden // 32, num_key_value_heads=hidden // 64, bos_token_id=1, eos_token_id=2,
        pad_token_id=0, attn_implementation="sdpa",
    )  # fmt: skip
    return LlamaForCausalLM(config).eval()


def chat_prompts(count: int, *, system: int, request: tuple[int, int] = (8, 24)) -> list[tuple[int, ...]]:
    """BOS, a system prompt of `system` tokens, a header of 4, a request of random tokens (fewest, most), 5 to close."""
    draw = random.Random(0)
    opening = (1, *range(100, 100 + system), 3, 4, 5, 6)
    requests = [[draw.randrange(500, VOCABULARY) for _ in range(draw.randint(*request))] for _ in range(count)]
    return [(*opening, *words, 7, 3, 8, 5, 6) for words in requests]


def world_prompts(count: int) -> list[tuple[int, ...]]:
    """The built-in world's probe prompts under its chat template, harmful and benign in turn."""
    from harness.builtin.tokenizer import make_tokenizer
    from harness.builtin.world import build_world
    from harness.chat import Message, render_prompt

    world = build_world()
    asked = [one.prompt for pair in zip(world.probe_harmful, world.probe_benign, strict=True) for one in pair]
    tokenizer = make_tokenizer(asked)
    return [render_prompt(tokenizer, [Message("user", prompt)]) for prompt in asked[:count]]


def last_tokens(prompts: Sequence[tuple[int, ...]]) -> Sequences:
    """The prompts with their last positions wanted."""
    return Sequences(tuple(prompts), tuple((len(ids) - 1,) for ids in prompts))


class FullPasses:
    """The plain way: the matrix changed in place, every prompt through the whole decoder, the matrix restored."""

    def __init__(self, model: LlamaForCausalLM, prompts: Sequence[tuple[int, ...]]) -> None:
        self.model, self.count = model, len(prompts)
        self.parameters = dict(model.named_parameters())
        order = sorted(range(len(prompts)), key=lambda at: len(prompts[at]))
        ways = [[self._batch(prompts, order[s : s + size]) for s in range(0, len(order), size)] for size in BATCH_SIZES]
        self.batches = ways[0]
        self.states()
        costs = []
        for self.batches in ways:
            costs.append(min(timed(self.states)[1].cpu for _ in range(2)))
        self.size, self.batches = BATCH_SIZES[costs.index(min(costs))], ways[costs.index(min(costs))]

    def __call__(self, delta: Delta) -> Tensor:
        ((name, change),) = delta.parameters
        weight = self.parameters[name].data
        before = weight.clone()
        weight += change
        made = self.states()
        weight.copy_(before)
        return made

    @torch.inference_mode()
    def states(self) -> Tensor:
        """[prompts, hidden] of the last tokens."""
        out = torch.empty(self.count, self.model.config.hidden_size)
        for members, ids, last in self.batches:
            made = self.model.model(input_ids=ids, use_cache=False).last_hidden_state
            out[members] = made[torch.arange(len(ids)), last]
        return out

    def _batch(self, prompts: Sequence[tuple[int, ...]], members: list[int]) -> tuple[Tensor, Tensor, Tensor]:
        longest = max(len(prompts[at]) for at in members)
        ids = [[*prompts[at], *[0] * (longest - len(prompts[at]))] for at in members]
        return torch.tensor(members), torch.tensor(ids), torch.tensor([len(prompts[at]) - 1 for at in members])


def make_deltas(model: LlamaForCausalLM) -> list[Delta]:
    """Gaussian noise of a tenth of the weights' scale for every matrix of every layer."""
    draw = torch.Generator().manual_seed(1)
    matrices = [(name, p) for name, p in model.named_parameters() if "_proj." in name]
    return [
        Delta(((name, torch.randn(p.shape, generator=draw) * 0.1 * float(p.detach().std())),)) for name, p in matrices
    ]


@dataclass(frozen=True)
class Round:
    """Both ways over all matrices, once."""

    full: Clock
    """All full passes."""
    replay: Clock
    """All replays, without the setup."""
    setup: Clock
    """Making the Replay: the base model's pass and the proof."""
    difference: float
    """The largest, of states divided by their root mean square."""


def run_round(model: LlamaForCausalLM, full: FullPasses, prompts: Sequence[tuple[int, ...]]) -> Round:
    """Both ways in turns, matrix by matrix."""
    deltas = make_deltas(model)
    replay, setup = timed(functools.partial(Replay, model, last_tokens(prompts)))
    answers, theirs, ours, off = replay.each(deltas), Clock(0, 0), Clock(0, 0), 0.0
    for _ in deltas:
        (at, states), spent = timed(functools.partial(next, answers))
        ours += spent
        wanted, spent = timed(functools.partial(full, deltas[at]))
        theirs += spent
        off = max(off, float((states - wanted).abs().max() / wanted.square().mean().sqrt()))
    return Round(theirs, ours, setup, off)


def operations(work: Callable[[], object]) -> float:
    """Multiply-adds of the matrix products and of attention in `work`."""
    counter = FlopCounterMode(display=False, custom_mapping={_CPU_ATTENTION: _attention_flops})
    with counter:
        work()
    return float(counter.get_total_flops()) / 2


_CPU_ATTENTION = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu


def _attention_flops(q: Sequence[int], k: Sequence[int], v: Sequence[int], *_: object, **__: object) -> int:
    """Scores and sums of [batch, heads, tokens, size]; a causal mask saves nothing here, for either way."""
    batch, heads, tokens, size = q
    return 2 * batch * heads * tokens * k[2] * (size + v[3])


def compare(name: str, prompts: Sequence[tuple[int, ...]], asked: argparse.Namespace) -> float:
    """Measure one kind of prompts, print a paragraph, return the largest difference."""
    model = make_model(hidden=asked.hidden, layers=asked.layers)
    full = FullPasses(model, prompts)
    rounds = [run_round(model, full, prompts) for _ in range(asked.rounds)]
    count = len(make_deltas(model))
    replay = Replay(model, last_tokens(prompts))
    tokens = sum(map(len, prompts))
    some = make_deltas(model)
    counts = operations(lambda: full(some[0])), operations(functools.partial(run_each, replay, some)) / count
    print(f"{name}: {len(prompts)} prompts, {tokens} tokens, of which {replay.nodes} are computed; {count} matrices")
    for label, pick in (("wall", attrgetter("wall")), ("CPU", attrgetter("cpu"))):
        bare = [pick(one.full) / pick(one.replay) for one in rounds]
        whole = [pick(one.full) / pick(one.replay + one.setup) for one in rounds]
        times = [statistics.median(pick(getattr(one, way)) for one in rounds) / count for way in ("full", "replay")]
        print(
            f"  {label:4} full {times[0]:.4f} s, replay {times[1]:.4f} s a matrix: {_ratios(bare)}, "
            f"with setup {_ratios(whole)}"
        )
    print(f"  multiply-adds a matrix: full {counts[0] / GIGA:.3f} G, replay {counts[1] / GIGA:.3f} G: "
          f"{counts[0] / counts[1]:.2f}x")  # fmt: skip
    off = max(one.difference for one in rounds)
    print(f"  full passes in batches of {full.size}; largest difference {off:.1e}", flush=True)
    _print_memory(model, full, prompts)
    return off


def _print_memory(model: LlamaForCausalLM, full: FullPasses, prompts: Sequence[tuple[int, ...]]) -> None:
    some = make_deltas(model)[:14]
    theirs = peak_bytes(lambda: full(some[0]))
    ours = peak_bytes(lambda: run_each(Replay(model, last_tokens(prompts)), some))
    print(f"  peak memory of tensors beside the model: full {theirs / MIB:.0f} MiB, replay {ours / MIB:.0f} MiB")


def _ratios(ratios: list[float]) -> str:
    """Median and range over the rounds."""
    return f"{statistics.median(ratios):.2f}x ({min(ratios):.2f} to {max(ratios):.2f})"


def run_each(replay: Replay, deltas: Sequence[Delta]) -> None:
    """Every replay, the states thrown away."""
    for _ in replay.each(deltas):
        pass


def grow(depths: Sequence[int], prompts: Sequence[tuple[int, ...]], *, hidden: int) -> None:
    """Print what a perturbation costs at several numbers of layers, averaged over a model's matrices."""
    print("growth with the number of layers, a perturbation on average:")
    for layers in depths:
        model = make_model(hidden=hidden, layers=layers)
        deltas = make_deltas(model)
        replay = Replay(model, last_tokens(prompts))
        all_of_them = functools.partial(run_each, replay, deltas)
        spent = min((timed(all_of_them)[1] for _ in range(2)), key=lambda clock: clock.cpu)
        count = operations(all_of_them) / len(deltas)
        print(
            f"  {layers:2} layers: {spent.cpu / len(deltas):.4f} s CPU, {count / GIGA:.3f} G multiply-adds, "
            f"{count / GIGA / layers:.4f} G a layer",
            flush=True,
        )


def seven_billion() -> LlamaForCausalLM:
    """Llama-2-7B's shape without weights."""
    config = LlamaConfig(
        vocab_size=32000, hidden_size=4096, intermediate_size=11008, num_hidden_layers=32, num_attention_heads=32,
        num_key_value_heads=32, torch_dtype="bfloat16",
    )  # fmt: skip
    with torch.device("meta"):
        return LlamaForCausalLM(config).eval().to(torch.bfloat16)


def replay_operations(path: Wired) -> list[float]:
    """Operations of each matrix's replay, its share of taking its layer apart included; layers have one shape."""
    count, states = len(path.layers), path.embedded(0)
    matrices = path.reuses[:7]
    middle, last = (
        operations(functools.partial(path.through, states, range(at, at + 1), chunk=0)) for at in (0, count - 1)
    )
    inside = []
    for at in (0, count - 1):
        parts = path.parts(at, states, chunk=0)
        share = operations(functools.partial(path.parts, at, states, chunk=0)) / len(matrices)
        inside.append([share + operations(functools.partial(path.perturbed, parts, frozenset({m}))) for m in matrices])
    below = [own + (count - 2 - at) * middle + last for at in range(count - 1) for own in inside[0]]
    return below + inside[1]


def by_length(prompts: Sequence[tuple[int, ...]]) -> dict[int, list[tuple[int, ...]]]:
    """The prompts of each length."""
    groups: dict[int, list[tuple[int, ...]]] = {}
    for ids in prompts:
        groups.setdefault(len(ids), []).append(ids)
    return groups


def full_pass(model: LlamaForCausalLM, length: int) -> float:
    """Operations of one prompt through all decoder layers, without padding; a layer's, times the layers."""
    states = torch.empty(1, length, model.config.hidden_size, dtype=torch.bfloat16, device="meta")
    angles = model.model.rotary_emb(states, torch.arange(length, device="meta")[None])
    layer = functools.partial(model.model.layers[0], states, position_embeddings=angles)
    return float(model.config.num_hidden_layers * operations(layer))


def count_seven_billion(prompts: Sequence[tuple[int, ...]]) -> None:
    """Print the operations of the analysis of a 7B model, counted by running it without numbers."""
    model = seven_billion()
    with torch.inference_mode():
        path = Wired(model, last_tokens(prompts), stop=None, batch_tokens=65536)
        tokens = sum(map(len, prompts))
        full = sum(len(group) * full_pass(model, length) for length, group in by_length(prompts).items())
        own = replay_operations(path)
    each = sum(own) / len(own)
    print(f"7B, {len(prompts)} prompts, {tokens} tokens, of which {path.tokens[0]} are computed; {len(own)} matrices")
    print(f"  full pass {full / 1e12:.1f} T multiply-adds, replay {each / 1e12:.1f} T on average: {full / each:.2f}x")
    print(f"  all matrices: full {len(own) * full / 1e15:.2f} P, replay {len(own) * each / 1e15:.2f} P multiply-adds")


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Replays against full passes.")
    parser.add_argument("--quick", action="store_true", help="a tiny model; the times say nothing")
    parser.add_argument("--operations", action="store_true", help="count a 7B model's operations and end")
    parser.add_argument("--prompts", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--layers", type=int, default=12)
    asked = parser.parse_args(given)
    if asked.quick:
        asked.prompts, asked.rounds, asked.hidden, asked.layers = 10, 1, 64, 3
    return asked


def kinds(count: int) -> Iterator[tuple[str, list[tuple[int, ...]]]]:
    """Name and prompts of each kind."""
    yield "a system prompt of 60 tokens", chat_prompts(count, system=60)
    yield "BOS and a header of 4 tokens shared", chat_prompts(count, system=0)
    yield "the built-in world's probe prompts", world_prompts(4 * count)


def main(given: Sequence[str] | None = None) -> int:
    """Measure and compare."""
    asked = arguments(given)
    torch.set_num_threads(1)
    if asked.operations:
        for system in (0, 60):
            count_seven_billion(chat_prompts(400, system=system, request=(20, 40)))
        return 0
    off = max(compare(name, prompts, asked) for name, prompts in kinds(asked.prompts))
    grow((2, 3) if asked.quick else (4, 8, 12, 16), chat_prompts(asked.prompts, system=0), hidden=asked.hidden)
    print(f"states {'agree' if off <= DIFFERENCE else 'DISAGREE'} within {DIFFERENCE:.0e}")
    return 0 if off <= DIFFERENCE else 1


if __name__ == "__main__":
    sys.exit(main())
