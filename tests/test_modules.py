"""Module names and patterns over architectures and adapters; the modules of real classes are in training/."""

from __future__ import annotations

import pytest

from harness.errors import ConfigError, ModelError
from harness.modules import (
    beyond,
    check_architecture,
    matches,
    mismatch,
    name_of,
    own_types,
    patterns_of,
    validate_pattern,
)

LLAMA = (*(f"self_attn.{kind}_proj" for kind in "qkvo"), "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj")
PHI3 = ("self_attn.qkv_proj", "self_attn.o_proj", "mlp.gate_up_proj", "mlp.down_proj")
NEOX = ("attention.query_key_value", "attention.dense", "mlp.dense_h_to_4h", "mlp.dense_4h_to_h")


def layer(matrices: tuple[str, ...], *, at: int = 0) -> list[str]:
    """Parameter names of one layer."""
    return [f"model.layers.{at}.{matrix}.weight" for matrix in matrices]


@pytest.mark.parametrize(
    ("parameter", "module"),
    [
        ("model.layers.3.self_attn.q_proj.weight", "q.3"),
        ("model.layers.12.self_attn.k_proj.bias", "k.12"),
        ("model.layers.0.mlp.gate_proj.weight", "gate.0"),
        ("layers.0.mlp.up_proj.weight", "up.0"),
        ("model.layers.1.self_attn.qkv_proj.weight", "qkv.1"),
        ("model.layers.1.mlp.gate_up_proj.weight", "gate_up.1"),
        ("model.layers.4.self_attn.dense.bias", "o.4"),
        ("model.layers.4.mlp.fc1.weight", "up.4"),
        ("model.layers.4.mlp.fc2.bias", "down.4"),
        ("gpt_neox.layers.2.attention.query_key_value.bias", "qkv.2"),
        ("gpt_neox.layers.2.attention.dense.weight", "o.2"),
        ("gpt_neox.layers.2.mlp.dense_h_to_4h.weight", "up.2"),
        ("gpt_neox.layers.2.mlp.dense_4h_to_h.weight", "down.2"),
        ("base_model.model.model.layers.3.self_attn.q_proj.lora_A.default.weight", "q.3"),
        ("base_model.model.model.layers.3.self_attn.q_proj.base_layer.weight", "q.3"),
        ("base_model.model.model.layers.3.self_attn.q_proj.base_layer.bias", "q.3"),
        ("base_model.model.model.layers.1.mlp.down_proj.lora_B.default.weight", "down.1"),
        ("base_model.model.gpt_neox.layers.0.attention.dense.lora_B.medical-2.weight", "o.0"),
        ("base_model.model.model.embed_tokens.lora_embedding_A.default", "embed"),
        ("base_model.model.lm_head.modules_to_save.default.weight", "head"),
        ("model.embed_tokens.weight", "embed"),
        ("gpt_neox.embed_in.weight", "embed"),
        ("lm_head.weight", "head"),
        ("lm_head.bias", "head"),
        ("embed_out.weight", "head"),
        ("model.norm.weight", "norm"),
        ("model.final_layernorm.bias", "norm"),
        ("gpt_neox.final_layer_norm.weight", "norm"),
        ("model.layers.0.input_layernorm.weight", "norm"),
        ("model.layers.0.pre_feedforward_layernorm.weight", "norm"),
        ("model.layers.0.self_attn.q_norm.weight", "norm"),
    ],
)
def test_name_of(parameter: str, module: str) -> None:
    assert name_of(parameter) == module


@pytest.mark.parametrize(
    "parameter",
    [
        "transformer.h.0.attn.c_attn.weight",
        "model.vision_tower.layers.0.self_attn.q_proj.weight",
        "model.decoder.layers.0.self_attn.q_proj.weight",
        "model.layers.0.mlp.shared_expert.gate_proj.weight",
        "model.layers.0.mlp.experts.gate_up_proj",
        "model.layers.0.mlp.dense.weight",
        "model.layers.0.linear_attn.norm.weight",
        "model.layers.0.self_attn.q_proj.ia3_l.default",
        "model.layers.0.self_attn.q_proj",
    ],
)
def test_unknown_parameter_is_named(parameter: str) -> None:
    with pytest.raises(ModelError, match=parameter):
        name_of(parameter)


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("q", ("q.0", "q.31"), ("k.0", "embed", "qkv.0")),
        ("q.2", ("q.2",), ("q.0", "q.20", "k.2")),
        ("q.0-3", ("q.0", "q.3"), ("q.4", "k.1")),
        ("qkv.0-1", ("qkv.0", "qkv.1"), ("q.0", "qkv.2")),
        ("gate_up", ("gate_up.5",), ("gate.5", "up.5")),
        ("*.0", ("q.0", "down.0", "qkv.0"), ("q.1", "embed", "norm")),
        ("*.1-2", ("v.1", "v.2"), ("v.0", "head")),
        ("embed", ("embed",), ("head", "q.0")),
        ("*", ("q.0", "embed", "norm", "head"), ()),
    ],
)
def test_matches(pattern: str, yes: tuple[str, ...], no: tuple[str, ...]) -> None:
    assert all(matches(pattern, name) for name in yes)
    assert not any(matches(pattern, name) for name in no)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("q.", "is malformed"),
        ("q.1-", "is malformed"),
        ("q,k", "is malformed"),
        ("gat", "did you mean 'gate'"),
        ("embed.0", "embed has no layers"),
        ("q.3-1", "last layer comes before the first"),
    ],
)
def test_bad_pattern(pattern: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        validate_pattern(pattern)


def test_good_pattern_comes_back() -> None:
    assert validate_pattern("q.0-3") == "q.0-3"


@pytest.mark.parametrize(
    ("pattern", "matrices", "why"),
    [
        ("q", PHI3, "q matches no module of this model: its q, k and v are fused as qkv"),
        ("k.0", NEOX, "k.0 matches no module of this model: its q, k and v are fused as qkv"),
        ("up", PHI3, "up matches no module of this model: its gate and up are fused as gate_up"),
        ("qkv", LLAMA, "qkv matches no module of this model: its q, k and v are matrices of their own"),
        ("gate", NEOX, "gate matches no module of this model: its MLP has up and down alone"),
        ("q.1-3", LLAMA, "q.1-3 matches no module of this model: its layers are 0 to 0"),
        ("*.7", LLAMA, "*.7 matches no module of this model: its layers are 0 to 0"),
        ("head", LLAMA, "head matches no module of this model: its head is tied to its embeddings, which are embed"),
    ],
)
def test_pattern_that_matches_nothing_is_explained(pattern: str, matrices: tuple[str, ...], why: str) -> None:
    assert mismatch(pattern, {name_of(name) for name in layer(matrices)}) == why


@pytest.mark.parametrize(("pattern", "past"), [("q.0-9", True), ("*.0-1", True), ("q.0", False), ("q", False)])
def test_pattern_that_reaches_past_the_layers_is_explained(pattern: str, past: bool) -> None:
    why = f"{pattern} reaches past this model, which has 1 layers, 0 to 0" if past else None
    assert mismatch(pattern, {name_of(name) for name in layer(LLAMA)}) == why
    assert beyond(pattern, 1) == why


def test_pattern_that_matches_needs_no_explanation() -> None:
    assert mismatch("qkv", {"qkv.0", "o.0"}) is None


@pytest.mark.parametrize(
    ("asked", "have", "own"),
    [
        (None, {"down", "qkv", "o"}, ("qkv", "o", "down")),
        (("v", "q"), {"q", "k", "v", "o"}, ("q", "v")),
        (("q", "v", "gate"), {"qkv", "o", "gate_up", "down"}, ("qkv", "gate_up")),
        (("qkv",), {"qkv", "o"}, ("qkv",)),
    ],
)
def test_own_types(asked: tuple[str, ...] | None, have: set[str], own: tuple[str, ...]) -> None:
    assert own_types(asked, have) == own


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("gate", "this model has no gate: its MLP has up and down alone"),
        ("embed", "'embed' cannot be adapted; give types of q, k, v, "),
        ("gat", "did you mean 'gate'"),
    ],
)
def test_type_that_the_model_lacks_is_named(asked: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        own_types((asked,), {"qkv", "o", "up", "down"})


@pytest.mark.parametrize("matrices", [LLAMA, PHI3, NEOX])
def test_complete_layers_pass(matrices: tuple[str, ...]) -> None:
    check_architecture([*layer(matrices), *layer(matrices, at=1), "model.embed_tokens.weight", "model.norm.weight"])


@pytest.mark.parametrize(("matrices", "gone", "named"), [(LLAMA, 5, "up.0"), (LLAMA, 1, "k.0"), (PHI3, 1, "o.0")])
def test_missing_matrix_is_named(matrices: tuple[str, ...], gone: int, named: str) -> None:
    rest = matrices[:gone] + matrices[gone + 1 :]
    with pytest.raises(ModelError, match=f"architecture Odd is not supported: it has no {named};"):
        check_architecture(layer(rest), architecture="Odd")


@pytest.mark.parametrize(("gone", "named"), [(0, "q.1"), (4, "gate.1")])
def test_matrix_missing_in_one_layer_is_named(gone: int, named: str) -> None:
    with pytest.raises(ModelError, match=f"it has no {named};"):
        check_architecture(layer(LLAMA) + layer(LLAMA[:gone] + LLAMA[gone + 1 :], at=1))


def test_layer_that_is_left_out_is_named() -> None:
    with pytest.raises(ModelError, match="it has no qkv.1, o.1, gate_up.1, down.1"):
        check_architecture(layer(PHI3) + layer(PHI3, at=2))


def test_fused_beside_its_parts_is_refused() -> None:
    with pytest.raises(ModelError, match="it has qkv as well as k, q, v"):
        check_architecture(layer(LLAMA) + layer(PHI3, at=1))


def test_unknown_architecture_is_refused_by_name() -> None:
    with pytest.raises(ModelError, match="architecture GPT2LMHeadModel is not supported.*c_attn"):
        check_architecture(["transformer.h.0.attn.c_attn.weight"], architecture="GPT2LMHeadModel")


def test_extra_matrix_is_not_half_tuned() -> None:
    with pytest.raises(ModelError, match="experts"):
        check_architecture([*layer(LLAMA), "model.layers.0.mlp.experts.0.w1.weight"], architecture="Mixtral")


def test_no_parameters_are_refused() -> None:
    with pytest.raises(ModelError, match="it has no q.0"):
        check_architecture(["model.embed_tokens.weight"])


LAYERS = [f"{kind}.{layer}" for layer in range(4) for kind in ("q", "qkv", "up")]


@pytest.mark.parametrize(
    ("modules", "patterns"),
    [
        (LAYERS, ("q", "qkv", "up")),
        (["q.0", "q.1", "q.3", "up.2"], ("q.0-1", "q.3", "up.2")),
        (["norm", "up.3", "embed"], ("up.3", "embed", "norm")),
        ([], ()),
    ],
)
def test_patterns_of_modules(modules: list[str], patterns: tuple[str, ...]) -> None:
    assert patterns_of(modules, LAYERS) == patterns
    assert {m for m in [*LAYERS, "embed", "norm"] if any(matches(p, m) for p in patterns)} == set(modules)
