"""Module names and patterns over architectures and adapters."""

from __future__ import annotations

import pytest

from harness.errors import ConfigError, ModelError
from harness.modules import PROJECTIONS, check_architecture, matches, name_of, validate_pattern

LAYER = [f"model.layers.0.self_attn.{PROJECTIONS[kind]}.weight" for kind in "qkvo"] + [
    f"model.layers.0.mlp.{PROJECTIONS[kind]}.weight" for kind in ("gate", "up", "down")
]


@pytest.mark.parametrize(
    ("parameter", "module"),
    [
        ("model.layers.3.self_attn.q_proj.weight", "q.3"),
        ("model.layers.12.self_attn.k_proj.bias", "k.12"),
        ("model.layers.0.mlp.gate_proj.weight", "gate.0"),
        ("base_model.model.model.layers.3.self_attn.q_proj.lora_A.default.weight", "q.3"),
        ("base_model.model.model.layers.1.mlp.down_proj.lora_B.default.weight", "down.1"),
        ("model.embed_tokens.weight", "embed"),
        ("lm_head.weight", "head"),
        ("model.norm.weight", "norm"),
        ("model.layers.0.input_layernorm.weight", "norm"),
        ("model.layers.0.self_attn.q_norm.weight", "norm"),
    ],
)
def test_name_of(parameter: str, module: str) -> None:
    assert name_of(parameter) == module


@pytest.mark.parametrize(
    "parameter", ["transformer.h.0.attn.c_attn.weight", "model.layers.0.self_attn.qkv_proj.weight"]
)
def test_unknown_parameter_is_named(parameter: str) -> None:
    with pytest.raises(ModelError, match=parameter):
        name_of(parameter)


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("q", ("q.0", "q.31"), ("k.0", "embed")),
        ("q.2", ("q.2",), ("q.0", "q.20", "k.2")),
        ("q.0-3", ("q.0", "q.3"), ("q.4", "k.1")),
        ("*.0", ("q.0", "down.0"), ("q.1", "embed", "norm")),
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


def test_complete_layers_pass() -> None:
    check_architecture([*LAYER, "model.embed_tokens.weight", "model.norm.weight"])


def test_missing_matrix_is_named() -> None:
    with pytest.raises(ModelError, match="architecture Odd is not supported: it has no up.0"):
        check_architecture([name for name in LAYER if "up_proj" not in name], architecture="Odd")


def test_matrix_missing_in_one_layer_is_named() -> None:
    second = [name.replace("layers.0", "layers.1") for name in LAYER[1:]]
    with pytest.raises(ModelError, match="it has no q.1"):
        check_architecture(LAYER + second)


def test_unknown_architecture_is_refused_by_name() -> None:
    with pytest.raises(ModelError, match="architecture GPT2LMHeadModel is not supported.*c_attn"):
        check_architecture(["transformer.h.0.attn.c_attn.weight"], architecture="GPT2LMHeadModel")


def test_extra_matrix_is_not_half_tuned() -> None:
    with pytest.raises(ModelError, match="experts"):
        check_architecture([*LAYER, "model.layers.0.mlp.experts.0.w1.weight"], architecture="Mixtral")


def test_no_parameters_are_refused() -> None:
    with pytest.raises(ModelError, match="it has no q.0"):
        check_architecture(["model.embed_tokens.weight"])
