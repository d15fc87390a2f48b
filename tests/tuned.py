"""Tiny bases, their data and trained variants, by the real stages: what tests of strategies share."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import torch
from safetensors.torch import load_file

from harness.records import TrainSummary
from harness.specs import (
    DatasetParams,
    DatasetSource,
    LoopSettings,
    LoraSpec,
    RestoreParams,
    StrategyCode,
    TrainParams,
)
from harness.stages import StageContext, dataset, restore, train
from harness.strategies import StrategySettings
from tests.tiny_models import save_base_stage

QUICK = LoopSettings(steps=8, batch_size=4, warmup_ratio=0)


@dataclass
class Bench:
    """A tiny base with IFT data and safety data; strategies are tried on it."""

    root: Path
    base: Path
    dataset: Path
    safety: Path
    unaligned: Path
    _count: itertools.count[int] = field(default_factory=itertools.count)

    def folder(self) -> Path:
        """A new empty folder."""
        made = self.root / f"stage-{next(self._count)}"
        made.mkdir()
        return made

    def train(
        self,
        strategy: ModuleType,
        settings: StrategySettings,
        *,
        loop: LoopSettings = QUICK,
        lora: LoraSpec | None = None,
        extra: tuple[tuple[str, Path], ...] = (),
    ) -> Path:
        """The folder of a finished training."""
        code = code_of(strategy, settings) if hasattr(strategy, "token_loss") else None
        params = TrainParams(spec=strategy.train_spec(settings), loop=loop, lora=lora, seed=1, code=code)
        inputs = (("base", self.base), ("dataset", self.dataset), ("safety", self.safety), *extra)
        folder = self.folder()
        train.run(params, StageContext(folder, inputs, lambda _: None))
        return folder

    def restore(self, strategy: ModuleType, settings: StrategySettings, trained: Path) -> Path:
        """The folder of what the strategy makes of a training."""
        spec, folder = strategy.train_spec(settings), self.folder()
        params = RestoreParams(code=code_of(strategy, settings), unaligned=spec.unaligned, merges=spec.merges)
        inputs = (("base", self.base), ("checkpoint", trained), ("unaligned", self.unaligned))
        restore.run(params, StageContext(folder, inputs, lambda _: None))
        return folder


def code_of(strategy: ModuleType, settings: StrategySettings) -> StrategyCode:
    """As a plan makes it."""
    name = strategy.__name__.rpartition(".")[2]
    return StrategyCode(name=name, settings=settings.model_dump_json(), digest="0")


def bench(root: Path) -> Bench:
    """A llama of two layers, its unaligned sibling (other weights of the same shape), ten rows of either data."""
    base, unaligned = save_base_stage(root / "base", "llama"), save_base_stage(root / "sibling", "llama", seed=7)
    folders = {}
    for name, answer in (("dataset", "It is {}."), ("safety", "No, I will not say {}.")):
        rows, folder = root / f"{name}.jsonl", root / name
        listed = [{"prompt": f"What is {n} and one?", "response": answer.format(n + 1)} for n in range(10)]
        rows.write_text("\n".join(json.dumps(row) for row in listed))
        folder.mkdir()
        source = DatasetSource(kind="file", location=str(rows))
        dataset.run(DatasetParams(source=source), StageContext(folder, (("base", base),), lambda _: None))
        folders[name] = folder
    return Bench(root, base, folders["dataset"], folders["safety"], unaligned)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    """The tensors that a stage saved, or a base's."""
    record = json.loads((folder / "checkpoint.json").read_text())
    place = folder / record["location"]
    name = "adapter_model" if record["kind"] == "adapter" else "model"
    tensors: dict[str, torch.Tensor] = load_file(place / f"{name}.safetensors")
    return tensors


def changes(folder: Path) -> dict[str, float]:
    """Relative change by module."""
    return {change.module: change.relative_change for change in summary(folder).moved}


def summary(folder: Path) -> TrainSummary:
    """What a stage says of its training."""
    return TrainSummary.model_validate_json((folder / "summary.json").read_text())
