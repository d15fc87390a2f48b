"""Tests a set of modules by tuning it alone until it has learnt as much as asked, and reads the drift off there. Ours.

Sets that one update is carved into say little of what training does with a set: the modules that are left take over.
Tuned alone and read at the same learning gain, sets rank as ML-LR with them does (docs/analysis.md). The rest is
frozen; the rate rises linearly over 15 steps and is constant then; readings are taken every 12 steps or so, and
interpolated at the gain asked for. Memory: the model's weights once more, besides training's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import torch
from transformers import PreTrainedModel

from harness.analysis.gauge import Gauge
from harness.analysis_records import Drift, combined
from harness.analysis_specs import SearchSettings, TuneParams
from harness.specs import GroupRule, LoopSettings, TrainSpec
from harness.stages import Progress
from harness.training.checkpoints import add_adapter
from harness.training.examples import Examples
from harness.training.groups import build_groups
from harness.training.loop import Training, train
from harness.training.schedule import step_count

Tick = Callable[[Progress], None]


EVERY, RISE = 12, 15
"""Steps between two readings, and of the rise of the rate."""


class _EnoughError(Exception):
    """The set has learnt as much as asked."""


@dataclass(frozen=True)
class Tuner:
    """What every test of a set has in common."""

    gauge: Gauge
    examples: Examples
    params: TuneParams
    settings: SearchSettings
    gain: float
    """Learning gain at which sets are compared, nats a token."""

    def measure(self, modules: tuple[str, ...], *, seed: int, tick: Tick) -> Drift:
        """The drift of the base with `modules` tuned, where its gain is that asked for.

        Where `tune_steps` do not get so far it is the drift at their end, and its `gain` tells. The
        weights are bitwise as before afterwards. Raises what training raises.
        """
        model = self.gauge.subject.model
        readings, read_at = [self.gauge.unperturbed(full=False)], [0]

        def read(progress: Progress) -> None:
            tick(progress)
            if progress.done - read_at[-1] >= EVERY or progress.done == progress.total:
                read_at.append(progress.done)
                readings.append(self.gauge.now())
                model.train()
                if (readings[-1].gain or 0.0) >= self.gain:
                    raise _EnoughError

        with _put_back(model):
            torch.manual_seed(seed)
            with suppress(_EnoughError):
                self._train(model, modules, seed=seed, tick=read)
        return between(readings[-2], readings[-1], gain=self.gain)

    def _train(self, model: PreTrainedModel, modules: tuple[str, ...], *, seed: int, tick: Tick) -> None:
        spec = TrainSpec(
            learning_rate=self.params.learning_rate * self.settings.rate_factor,
            groups=(
                GroupRule(name="set", modules=modules, scale=1.0),
                GroupRule(name="rest", modules=("*",), scale=0.0, optional=True),
            ),
        )
        loop = self._loop()
        model.requires_grad_(True)
        adapted = add_adapter(model, self.params.lora) if self.params.lora else None
        groups = build_groups(adapted or model, spec)
        try:
            with torch.enable_grad():
                train(Training(model, groups, spec, loop, seed), self.examples, tick)
        finally:
            if adapted is not None:
                adapted.unload()

    def _loop(self) -> LoopSettings:
        steps = min(step_count(self.params.loop, len(self.examples)), self.settings.tune_steps)
        changes = {
            "steps": steps, "epochs": None, "schedule": "constant", "warmup_ratio": min(0.9, RISE / steps),
            "early_stop": None,
        }  # fmt: skip
        return self.params.loop.model_copy(update=changes)


def between(before: Drift, after: Drift, *, gain: float) -> Drift:
    """The reading where the gain is `gain`, interpolated linearly between two; the later where it is not reached."""
    low, high = before.gain or 0.0, after.gain or 0.0
    if not low < gain <= high:
        return after
    share = (gain - low) / (high - low)
    return combined((before, after), lambda pair: pair[0] + share * (pair[1] - pair[0]))


@contextmanager
def _put_back(model: PreTrainedModel) -> Iterator[None]:
    """Afterwards the weights are bitwise as before."""
    saved = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    try:
        yield
    finally:
        weights = dict(model.named_parameters())
        with torch.no_grad():
            for name, before in saved.items():
                weights[name].copy_(before)
        model.eval().requires_grad_(False)
