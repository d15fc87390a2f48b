"""What cannot be trained is told at plan, by variant and key, and what can be is let through."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness import config
from harness.errors import ConfigError, HarnessError
from harness.plan import make_plan
from harness.specs import ModelSource
from harness.variant_checks import BUILTIN_LAYERS, layers_of
from tests.configs import tree

SAFETY = {"safety_data": {"source": "builtin:safe"}}
Q = {"lora": {"modules": ["q"]}}


def plan(body: dict[str, Any], **changes: Any) -> None:
    variant = {"learning_rate": 1e-3, **body}
    make_plan(config.parse(tree(variants={"mine": variant}, seeds=[0], **changes), where="x"))


def ml_lr(*modules: str, **more: Any) -> dict[str, Any]:
    return {"strategy": "ml_lr", "modules": list(modules), **more}


def swat(share: float, steps: int) -> dict[str, Any]:
    return {"strategy": "swat", "modules": ["q"], "warmup_fraction": share, "training": {"steps": steps}}


def lisa(steps: int) -> dict[str, Any]:
    return {"strategy": "lisa", "tuning_steps": 5, "training": {"steps": steps}}


def layers(*ends: int) -> dict[str, Any]:
    return {"strategy": "freezing", "layers": list(ends)}


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (ml_lr("q.77"), r"modules: q\.77 reaches past this model, which has 6 layers, 0 to 5"),
        (ml_lr("k", "q.3-99"), r"modules: q\.3-99 reaches past"),
        (layers(3, 6), r"layers: \*\.3-6 reaches past this model, which has 6 layers, 0 to 5"),
        (ml_lr("up", **Q), r"modules: up is none of what the adapter trains, variants\.mine\.lora\.modules: q"),
        (ml_lr("norm", lora={"rank": 2}), "modules: norm is none of what the adapter trains"),
        (swat(0.95, 6), "warmup_fraction: phase 'all' of strategy swat would have none of the 6 steps"),
        (swat(0.01, 6), "warmup_fraction: phase 'warm-up' of strategy swat would have none of the 6 steps"),
        (lisa(5), "training.steps: 5 end before the first turn on the safety data, .* tuning_steps: 5"),
    ],
)
def test_what_cannot_be_trained(body: dict[str, Any], why: str) -> None:
    with pytest.raises(ConfigError, match=rf"^variants\.mine\.{why}"):
        plan(body, **SAFETY)


@pytest.mark.parametrize(
    "body",
    [
        ml_lr("q.5", "k.0-5", "embed"),
        layers(3, 5),
        ml_lr("up", "q", **Q),
        ml_lr("qkv", **Q),  # the matrix that holds q in some models
        ml_lr("*.2", **Q),
        swat(0.95, 20),
        swat(1, 6),
        lisa(6),
        {"strategy": "ml_lr", "modules": "found", **Q},
    ],
)
def test_what_can_be(body: dict[str, Any]) -> None:
    plan(body, **SAFETY)


def test_layers_are_those_of_a_local_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"num_hidden_layers": 2}))
    hub_model = ModelSource(kind="hub", location="me/chat", revision="c" * 40)
    monkeypatch.setattr("harness.hub.cached", lambda *_, **__: tmp_path)
    assert layers_of(ModelSource(kind="path", location=str(tmp_path))) == layers_of(hub_model) == 2
    monkeypatch.setattr("harness.hub.cached", lambda *_, **__: None)
    (tmp_path / "config.json").write_text("[]")
    assert layers_of(ModelSource(kind="path", location=str(tmp_path))) is layers_of(hub_model) is None


def test_layers_of_the_built_in_model() -> None:
    from harness.builtin.build import DemoSettings

    assert DemoSettings().layers == BUILTIN_LAYERS


@pytest.mark.parametrize("key", ["base", "unaligned"])
def test_a_folder_that_is_no_model(tmp_path: Path, key: str) -> None:
    with pytest.raises(HarnessError, match=rf"^{key}\.model: {tmp_path} holds no config\.json; give a folder"):
        plan({"strategy": "resta"}, **{"unaligned": {"model": "builtin:unaligned"}, key: {"model": str(tmp_path)}})
