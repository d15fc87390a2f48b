"""Parameter groups on every family: they partition what is trainable, fully tuned or under LoRA."""

from __future__ import annotations

from pathlib import Path

import pytest
from transformers import PreTrainedModel

from harness.errors import ConfigError
from harness.modules import linear_of
from harness.specs import GroupRule, LoraSpec, TrainSpec
from harness.training.checkpoints import add_adapter, load_model, read_checkpoint
from harness.training.groups import ParameterGroup, build_groups
from tests.tiny_models import ALL_FAMILIES, save_base_stage

REST = GroupRule(name="rest", modules=("*",), scale=0.1, optional=True)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Stage base of every family."""
    root = tmp_path_factory.mktemp("bases")
    return {family: save_base_stage(root / family, family) for family in ALL_FAMILIES}


def loaded(folder: Path, *, lora: bool = False) -> PreTrainedModel:
    """The model; with adapters on every matrix of its layers, where asked for."""
    model = load_model(read_checkpoint(folder), dtype="float32")
    if lora:
        add_adapter(model, LoraSpec(rank=2))
    return model


def grouped(model: PreTrainedModel, *patterns: str, rest: GroupRule = REST) -> tuple[ParameterGroup, ...]:
    robust = GroupRule(name="robust", modules=patterns, scale=1)
    return build_groups(model, TrainSpec(learning_rate=1e-3, groups=(robust, rest)))


@pytest.mark.parametrize("lora", [False, True])
@pytest.mark.parametrize("family", ALL_FAMILIES)
def test_groups_partition_the_trainable_parameters(folders: dict[str, Path], family: str, lora: bool) -> None:
    model = loaded(folders[family], lora=lora)
    types = {linear.type for linear in linear_of(model)}
    groups = grouped(model, "qkv" if "qkv" in types else "q", "up.1" if "up" in types else "gate_up.1")
    held = [id(parameter) for group in groups for parameter in group.parameters]
    trainable = [id(parameter) for parameter in model.parameters() if parameter.requires_grad]
    assert sorted(held) == sorted(trainable)
    assert not groups[0].modules & groups[1].modules


@pytest.mark.parametrize("lora", [False, True])
@pytest.mark.parametrize("family", ["phi3", "gpt-neox"])
def test_rule_on_qkv_holds_the_fused_matrices_alone(folders: dict[str, Path], family: str, lora: bool) -> None:
    model = loaded(folders[family], lora=lora)
    robust, rest = grouped(model, "qkv")
    assert robust.modules == {"qkv.0", "qkv.1"}
    assert {"o.0", "down.1"} <= rest.modules
    fused = sum(linear.parameters for linear in linear_of(model) if linear.type == "qkv")
    assert lora or robust.size == fused


@pytest.mark.parametrize(
    ("family", "outside"), [("llama", {"embed", "norm", "head"}), ("llama-tied", {"embed", "norm"})]
)
def test_a_tied_head_is_part_of_the_embeddings(folders: dict[str, Path], family: str, outside: set[str]) -> None:
    _, rest = grouped(loaded(folders[family]), "*.0-1")
    assert rest.modules == outside


@pytest.mark.parametrize(
    ("family", "pattern", "why"),
    [
        ("phi3", "q", "q matches no module of this model: its q, k and v are fused as qkv"),
        ("gpt-neox", "gate", "gate matches no module of this model: its MLP has up and down alone"),
        ("llama-tied", "head", "head matches no module of this model: its head is tied to its embeddings"),
    ],
)
def test_pattern_that_matches_no_module_is_explained(
    folders: dict[str, Path], family: str, pattern: str, why: str
) -> None:
    with pytest.raises(ConfigError, match=f"parameter group 'robust': {why}"):
        grouped(loaded(folders[family]), "o", pattern)


def test_module_that_has_no_adapter_is_not_trainable(folders: dict[str, Path]) -> None:
    model = loaded(folders["llama"])
    add_adapter(model, LoraSpec(modules=("q", "v")))
    with pytest.raises(ConfigError, match="'robust': gate, up matches no trainable parameter"):
        grouped(model, "gate", "up")


def test_optional_rule_may_name_what_the_model_lacks(folders: dict[str, Path]) -> None:
    ends = GroupRule(name="ends", modules=("embed", "head"), scale=0, optional=True)
    groups = build_groups(loaded(folders["gemma"]), TrainSpec(learning_rate=1e-3, groups=(ends, REST)))
    assert groups[0].modules == {"embed"}
