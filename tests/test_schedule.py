"""Units of work: which stages a process makes together, and when they may start."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import schedule
from harness.plan import Plan
from harness.schedule import Unit, startable, units
from harness.specs import (
    AdoptParams,
    BaseParams,
    EvaluateParams,
    GenerationSettings,
    GroupRule,
    LeakageParams,
    LeakageSettings,
    LoopSettings,
    LoraSpec,
    ModelSource,
    StageInput,
    StageSpec,
    TrainParams,
    TrainSpec,
)
from harness.worker import Failure

MODEL = ModelSource(kind="builtin", location="builtin")
SPEC = TrainSpec(learning_rate=1e-3, groups=(GroupRule(name="all", modules=("*",), scale=1.0),))


def train(key: str, *, lora: bool) -> StageSpec:
    params = TrainParams(spec=SPEC, loop=LoopSettings(steps=1), lora=LoraSpec() if lora else None, seed=0)
    return StageSpec(key=key, label=f"train {key}", params=params, inputs=(StageInput(name="base", key="b"),))


def evaluate(key: str, checkpoint: str, *, seed: int = 0) -> StageSpec:
    params = EvaluateParams(tasks=(), generation=GenerationSettings(seed=seed))
    inputs = (StageInput(name="base", key="b"), StageInput(name="checkpoint", key=checkpoint))
    return StageSpec(key=key, label=f"evaluate {key}", params=params, inputs=inputs)


def plan(*stages: StageSpec) -> Plan:
    return Plan(config=None, stages=stages, variants=(), cards=())  # type: ignore[arg-type]


def keys(made: tuple[Unit, ...]) -> list[list[str]]:
    return [[s.key for s in unit.specs] for unit in made]


@pytest.mark.parametrize(
    ("error", "message"),
    [("ConfigError", "train t1: q.7 is none"), ("StageError", "q.7 is none (log: ")],
)
def test_a_wrong_input_of_one_variant_names_it(tmp_path: Path, error: str, message: str) -> None:
    made = schedule._failure(
        Failure(error, "q.7 is none", tmp_path / "s" / "log"), Unit((train("t1", lora=False),)), keep=tmp_path
    )
    assert str(made).startswith(message)
    of_base = StageSpec(key="b", label="base model", params=BaseParams(source=MODEL))
    told = schedule._failure(Failure("ConfigError", "x: wrong", tmp_path / "log"), Unit((of_base,)), keep=tmp_path)
    assert str(told) == "x: wrong"


def test_adapters_of_one_base_share_a_unit() -> None:
    stages = (train("t1", lora=True), train("t2", lora=True), evaluate("e1", "t1"), evaluate("e2", "t2"))
    assert keys(units(plan(*stages), missing=stages)) == [["t1"], ["t2"], ["e1", "e2"]]


def test_full_checkpoints_each_have_a_unit() -> None:
    stages = (train("t1", lora=False), train("t2", lora=False), evaluate("e1", "t1"), evaluate("e2", "t2"))
    assert keys(units(plan(*stages), missing=stages)) == [["t1"], ["t2"], ["e1"], ["e2"]]


def test_adapters_under_other_generation_settings_do_not_share() -> None:
    stages = (train("t1", lora=True), evaluate("e1", "t1"), evaluate("e2", "t1", seed=1))
    assert keys(units(plan(*stages), missing=stages)) == [["t1"], ["e1"], ["e2"]]


def test_an_adapter_whose_training_is_in_the_store_still_shares() -> None:
    stages = (train("t1", lora=True), train("t2", lora=True), evaluate("e1", "t1"), evaluate("e2", "t2"))
    assert keys(units(plan(*stages), missing=stages[2:])) == [["e1", "e2"]]


def test_a_shared_unit_waits_for_every_adapter() -> None:
    unit = Unit((evaluate("e1", "t1"), evaluate("e2", "t2")))
    assert unit.needs == {"b", "t1", "t2"}
    assert unit.label == "evaluate e1 and 1 more adapters"


def leakage(key: str) -> StageSpec:
    params = LeakageParams(tasks=(), datasets=(), prompts=(), settings=LeakageSettings())
    return StageSpec(key=key, label="leakage check", params=params, inputs=(StageInput(name="base", key="b"),))


def started(waiting: tuple[Unit, ...], *ready: str) -> list[str]:
    return [u.specs[0].key for u in startable(waiting, ready={"b", *ready}, checks={"l"})]


def test_nothing_is_trained_before_the_leakage_check_is_done() -> None:
    training, check = Unit((train("t", lora=False),)), Unit((leakage("l"),))
    assert started((training, check)) == ["l"]
    assert started((training,)) == []
    assert started((training,), "l") == ["t"]


def test_what_costs_little_runs_beside_the_leakage_check() -> None:
    base = StageSpec(key="b2", label="base", params=BaseParams(source=MODEL), inputs=())
    assert started((Unit((base,)), Unit((leakage("l"),)))) == ["l", "b2"]


def adopt(key: str, folder: Path) -> StageSpec:
    params = AdoptParams(source=ModelSource(kind="path", location=str(folder)))
    return StageSpec(key=key, label=f"adopt {key}", params=params, inputs=(StageInput(name="base", key="b"),))


def test_adopted_adapters_share_a_unit_and_full_checkpoints_do_not(tmp_path: Path) -> None:
    for name in ("a1", "a2", "full"):
        (tmp_path / name).mkdir()
    for name in ("a1", "a2"):
        (tmp_path / name / "adapter_config.json").touch()
    adopted = [adopt(name, tmp_path / name) for name in ("a1", "a2", "full")]
    asked = [evaluate(f"e{name}", name) for name in ("a1", "a2", "full")]
    assert keys(units(plan(*adopted, *asked), missing=asked)) == [["efull"], ["ea1", "ea2"]]
