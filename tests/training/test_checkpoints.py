"""Checkpoints of every family: loaded by path, their modules, and the matrices that an adapter takes."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from peft.tuners.lora import LoraLayer
from transformers import AutoModelForCausalLM, PreTrainedModel

from harness.errors import ModelError
from harness.modules import TYPES, linear_of, name_of
from harness.specs import LoraSpec
from harness.training.checkpoints import add_adapter, load_model, read_checkpoint, save_full
from tests.tiny_models import ALL_FAMILIES, save_base_stage, tiny_tokenizer

LLAMA = ("q", "k", "v", "o", "gate", "up", "down")
OWN_TYPES = {"phi3": ("qkv", "o", "gate_up", "down"), "phi": ("q", "k", "v", "o", "up", "down")}
OWN_TYPES |= {"gpt-neox": ("qkv", "o", "up", "down")}


def types_of(family: str) -> tuple[str, ...]:
    return OWN_TYPES.get(family, LLAMA)


def modules_of(family: str) -> list[str]:
    return [f"{kind}.{layer}" for layer in (0, 1) for kind in types_of(family)]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Stage base of every family."""
    root = tmp_path_factory.mktemp("bases")
    return {family: save_base_stage(root / family, family) for family in ALL_FAMILIES}


def loaded(folder: Path) -> PreTrainedModel:
    return load_model(read_checkpoint(folder), dtype="float32")


def targets(model: torch.nn.Module) -> list[str]:
    """Paths of the matrices that the adapter took."""
    return [path for path, layer in model.named_modules() if isinstance(layer, LoraLayer)]


@pytest.mark.parametrize("family", ALL_FAMILIES)
def test_weights_are_the_same_when_saved_and_loaded(folders: dict[str, Path], tmp_path: Path, family: str) -> None:
    model = loaded(folders[family])
    save_full(model, tiny_tokenizer(family), tmp_path)
    again = AutoModelForCausalLM.from_pretrained(tmp_path)
    for (name, before), (_, after) in zip(model.named_parameters(), again.named_parameters(), strict=True):
        assert torch.equal(before, after), name


@pytest.mark.parametrize("family", ALL_FAMILIES)
def test_linears_are_listed_by_layer_and_type(folders: dict[str, Path], family: str) -> None:
    linears = linear_of(loaded(folders[family]))
    assert [linear.name for linear in linears] == modules_of(family)
    assert [(linear.layer, linear.type) for linear in linears] == sorted(
        ((linear.layer, linear.type) for linear in linears), key=lambda place: (place[0], TYPES.index(place[1]))
    )


@pytest.mark.parametrize("family", ALL_FAMILIES)
def test_linears_are_the_matrices_with_their_biases(folders: dict[str, Path], family: str) -> None:
    model = loaded(folders[family])
    sizes: dict[str, int] = {}
    for name, parameter in model.named_parameters():
        sizes[name_of(name)] = sizes.get(name_of(name), 0) + parameter.numel()
    for linear in linear_of(model):
        assert linear.parameters == sizes[linear.name]
        assert isinstance(model.get_submodule(linear.path), torch.nn.Linear)


@pytest.mark.parametrize("family", ALL_FAMILIES)
def test_an_adapter_changes_no_module_but_its_path(folders: dict[str, Path], family: str) -> None:
    model = loaded(folders[family])
    plain = linear_of(model)
    adapted = add_adapter(model, LoraSpec(modules=("o",)))
    for before, after in zip(plain, linear_of(adapted), strict=True):
        assert (before.name, before.parameters) == (after.name, after.parameters)
        assert after.path == f"base_model.model.{before.path}" + ".base_layer" * (before.type == "o")
        assert isinstance(adapted.get_submodule(after.path), torch.nn.Linear)


@pytest.mark.parametrize("family", ALL_FAMILIES)
def test_lora_adapts_every_matrix_of_the_layers_by_default(folders: dict[str, Path], family: str) -> None:
    model = loaded(folders[family])
    paths = sorted(linear.path for linear in linear_of(model))
    assert sorted(targets(add_adapter(model, LoraSpec()).get_base_model())) == paths


@pytest.mark.parametrize(
    ("family", "asked", "leaves"),
    [
        ("llama", ("q", "down"), {"self_attn.q_proj", "mlp.down_proj"}),
        ("phi3", ("q", "v", "up"), {"self_attn.qkv_proj", "mlp.gate_up_proj"}),
        ("phi", ("o", "up"), {"self_attn.dense", "mlp.fc1"}),
        ("gpt-neox", ("o",), {"attention.dense"}),
        ("gpt-neox", ("k", "up"), {"attention.query_key_value", "mlp.dense_h_to_4h"}),
    ],
)
def test_lora_adapts_what_was_asked_and_nothing_else(
    folders: dict[str, Path], family: str, asked: tuple[str, ...], leaves: set[str]
) -> None:
    found = targets(add_adapter(loaded(folders[family]), LoraSpec(modules=asked)))
    places = {path.partition(".layers.")[2] for path in found}
    assert places == {f"{layer}.{leaf}" for layer in (0, 1) for leaf in leaves}


@pytest.mark.parametrize(("family", "kind"), [("phi", "gate"), ("gpt-neox", "gate_up"), ("qwen3", "qkv")])
def test_lora_on_a_type_that_the_model_lacks_is_an_error(folders: dict[str, Path], family: str, kind: str) -> None:
    with pytest.raises(ModelError, match=f"lora.modules: this model has no {kind}: its"):
        add_adapter(loaded(folders[family]), LoraSpec(modules=("o", kind)))


def test_the_cap_of_gemma2s_attention_is_kept(tmp_path: Path) -> None:
    folder = save_base_stage(tmp_path / "gemma2", "gemma2")
    config = folder / "weights" / "config.json"
    config.write_text(config.read_text().replace('"attn_logit_softcapping": 50.0', '"attn_logit_softcapping": 0.001'))
    ids = torch.arange(20)[None]
    theirs = AutoModelForCausalLM.from_pretrained(folder / "weights", attn_implementation="eager")(ids).logits
    without = AutoModelForCausalLM.from_pretrained(folder / "weights", attn_implementation="sdpa")(ids).logits
    assert torch.equal(loaded(folder)(ids).logits, theirs)
    assert not torch.allclose(without, theirs, atol=1e-4)
