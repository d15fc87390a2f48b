"""What moved, named by module, after the stage tuned models that fuse their matrices."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from safetensors.torch import load_file

from harness.records import TrainSummary
from harness.specs import DatasetParams, DatasetSource, GroupRule, LoopSettings, LoraSpec, TrainParams, TrainSpec
from harness.stages import StageContext, dataset, train
from tests.tiny_models import save_base_stage

FUSED = {"phi3": ("down", "gate_up", "o", "qkv"), "gpt-neox": ("down", "o", "qkv", "up")}


def tuned(folder: Path, family: str, *, lora: LoraSpec | None) -> Path:
    """One step of the stage, on one example; returns its folder."""
    rows, data, out = folder / "rows.jsonl", folder / "dataset", folder / "tuned"
    rows.write_text(json.dumps({"prompt": "What is one and one?", "response": "It is two."}))
    base = save_base_stage(folder / "base", family)
    data.mkdir()
    out.mkdir()
    asked = DatasetParams(source=DatasetSource(kind="file", location=str(rows)))
    dataset.run(asked, StageContext(data, (("base", base),), lambda _: None))
    spec = TrainSpec(learning_rate=1e-2, groups=(GroupRule(name="all", modules=("*",), scale=1.0),))
    loop = LoopSettings(steps=1, batch_size=1, warmup_ratio=0)
    params = TrainParams(spec=spec, loop=loop, lora=lora, seed=1)
    train.run(params, StageContext(out, (("base", base), ("dataset", data)), lambda _: None))
    return out


def moved(folder: Path) -> dict[str, float]:
    summary = TrainSummary.model_validate_json((folder / "summary.json").read_text())
    return {change.module: change.relative_change for change in summary.moved}


@pytest.mark.parametrize("family", FUSED)
def test_lora_step_moves_every_fused_module(tmp_path: Path, family: str) -> None:
    changes = moved(tuned(tmp_path, family, lora=LoraSpec(rank=2)))
    assert list(changes) == [f"{kind}.{layer}" for layer in (0, 1) for kind in FUSED[family]]
    assert min(changes.values()) > 0


def test_lora_step_on_v_moves_the_fused_matrix_alone(tmp_path: Path) -> None:
    folder = tuned(tmp_path, "gpt-neox", lora=LoraSpec(rank=2, modules=("v",)))
    assert list(moved(folder)) == ["qkv.0", "qkv.1"]
    saved = load_file(folder / "weights" / "adapter_model.safetensors")
    assert all(".attention.query_key_value.lora_" in name for name in saved) and len(saved) == 4


@pytest.mark.parametrize("family", FUSED)
def test_full_step_moves_every_module_with_its_bias(tmp_path: Path, family: str) -> None:
    changes = moved(tuned(tmp_path, family, lora=None))
    layers = {f"{kind}.{layer}" for layer in (0, 1) for kind in FUSED[family]}
    assert set(changes) == {*layers, "embed", "norm", "head"}
    assert min(changes.values()) > 0
