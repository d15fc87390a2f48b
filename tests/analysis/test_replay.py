"""Replays against plain forward passes of the changed model."""

from __future__ import annotations

import copy

import pytest
import torch
from transformers import PreTrainedModel

from harness.analysis.replay import Delta, Replay, Sequences
from harness.errors import ModelError
from tests.analysis.replay_models import MODELS, PROMPTS, noise, plain, tiny

WIRED = [family for family, kind in MODELS.items() if kind.kind == "wired"]
NOTHING = Delta(())


def close(found: torch.Tensor, wanted: torch.Tensor, *, within: float = 1e-5) -> bool:
    """Equal within a share of the states' scale."""
    return found.shape == wanted.shape and float((found - wanted).abs().max()) <= within * float(wanted.std())


def in_layers(model: PreTrainedModel) -> list[Delta]:
    """One delta for every matrix and norm of every layer."""
    names = {name.rpartition(".")[0] for name, _ in model.named_parameters() if ".layers." in name}
    return [noise(model, f"{name}.", seed=at) for at, name in enumerate(sorted(names))]


@pytest.mark.parametrize("family", MODELS)
def test_each_family_takes_its_path_and_gives_the_models_own_states(family: str) -> None:
    model = tiny(family)
    replay = Replay(model, PROMPTS)
    assert replay.kind == MODELS[family].kind
    assert close(replay.base, plain(model, NOTHING))


@pytest.mark.parametrize("family", MODELS)
def test_every_matrix_of_every_layer_alone(family: str) -> None:
    model = tiny(family)
    deltas = in_layers(model)
    found = dict(Replay(model, PROMPTS).each(deltas))
    assert sorted(found) == list(range(len(deltas)))
    for at, delta in enumerate(deltas):
        assert close(found[at], plain(model, delta)), delta.parameters[0][0]


@pytest.mark.parametrize("family", MODELS)
@pytest.mark.parametrize("names", [("layers.1.", "layers.2."), ("embed",), ("norm",), ("",), ("layers.2.",)])
def test_a_joint_change(family: str, names: tuple[str, ...]) -> None:
    model = tiny(family)
    delta = noise(model, *names, scale=0.05)
    assert close(Replay(model, PROMPTS).joint(delta), plain(model, delta))


@pytest.mark.parametrize("family", MODELS)
@pytest.mark.parametrize("layer", [0, 1, 2])
def test_the_residual_stream_after_a_layer(family: str, layer: int) -> None:
    model = tiny(family)
    replay = Replay(model, PROMPTS, layer=layer)
    deltas = in_layers(model)[::3]
    assert close(replay.base, plain(model, NOTHING, layer=layer))
    for at, states in replay.each(deltas):
        assert close(states, plain(model, deltas[at], layer=layer))
        assert torch.equal(replay.joint(deltas[at]), states) or close(replay.joint(deltas[at]), states)


@pytest.mark.parametrize("family", ["llama", "phi3"])
def test_small_batches_give_the_same_states(family: str) -> None:
    model = tiny(family)
    deltas = in_layers(model)
    many = dict(Replay(model, PROMPTS, batch_tokens=1000).each(deltas))
    for at, states in Replay(model, PROMPTS, batch_tokens=9).each(deltas):
        assert close(states, many[at])


def test_inputs_that_are_not_kept_are_computed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.analysis.replay._KEPT_BYTES", 0)
    model = tiny("llama")
    replay = Replay(model, PROMPTS)
    for name in ("layers.2.mlp.up", "layers.1.self_attn.o", "layers.2.self_attn.k"):
        delta = noise(model, name)
        assert close(replay.joint(delta), plain(model, delta))
        assert close(next(replay.each([delta]))[1], plain(model, delta))


@pytest.mark.parametrize("family", ["gemma", "gpt_neox"])
def test_weights_are_bitwise_as_before(family: str) -> None:
    model = tiny(family)
    before = copy.deepcopy(model.state_dict())
    places = {name: parameter.data_ptr() for name, parameter in model.named_parameters()}
    replay = Replay(model, PROMPTS)
    replay.joint(noise(model, ""))
    list(replay.each(in_layers(model)))
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert places == {name: parameter.data_ptr() for name, parameter in model.named_parameters()}


def test_weights_are_as_before_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny("llama")
    before = copy.deepcopy(model.state_dict())
    replay = Replay(model, PROMPTS)
    monkeypatch.setattr(model.model.layers[1].mlp.down_proj, "forward", lambda x: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        replay.joint(noise(model, "layers.1.", "embed"))
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


@pytest.mark.parametrize("family", ["qwen2", "phi3", "gpt_neox"])
def test_output_change_is_that_of_the_matrix_over_all_tokens(family: str) -> None:
    model = tiny(family)
    replay = Replay(model, PROMPTS)
    for delta in in_layers(model):
        owner = model.get_submodule(delta.parameters[0][0].rpartition(".")[0])
        if isinstance(owner, torch.nn.Linear):
            assert replay.output_change(delta) == pytest.approx(direct_change(model, owner, delta), rel=1e-4)


@torch.no_grad()
def direct_change(model: PreTrainedModel, owner: torch.nn.Linear, delta: Delta) -> float:
    """From the matrix's inputs and outputs in plain forward passes."""
    given, made = [], []

    def note(_: torch.nn.Module, args: tuple[torch.Tensor, ...], out: torch.Tensor) -> None:
        given.append(args[0][0])
        made.append(out[0])

    hook = owner.register_forward_hook(note)
    for ids in PROMPTS.ids:
        model.base_model(torch.tensor([ids]))
    hook.remove()
    change = {name.rpartition(".")[2]: value for name, value in delta.parameters}
    moved = torch.cat(given) @ change["weight"].T + change.get("bias", torch.zeros(()))
    return float(moved.norm() / torch.cat(made).norm())


@pytest.mark.parametrize("name", ["embed_tokens", "layers.1.", "layers.1.input_layernorm", "layers.2.mlp.up_proj"])
def test_output_change_is_refused_for_what_is_no_matrix_of_a_computed_layer(name: str) -> None:
    model = tiny("llama")
    with pytest.raises(ModelError, match="one matrix of a computed layer"):
        Replay(model, PROMPTS, layer=1).output_change(noise(model, name))


@pytest.mark.parametrize("family", ["llama", "phi3"])
def test_bfloat16_within_its_own_precision(family: str) -> None:
    model = tiny(family).to(torch.bfloat16)
    replay = Replay(model, PROMPTS)
    deltas = in_layers(model)
    assert replay.kind == MODELS[family].kind
    for at, states in replay.each(deltas):
        assert states.dtype == torch.float32
        assert close(states, plain(model, deltas[at]), within=0.2)
        assert close(states, plain(tiny(family), deltas[at]), within=0.3)


def test_a_model_whose_layers_are_wired_otherwise_goes_by_its_own_layers() -> None:
    """Cohere has Llama's names, but attention and MLP side by side."""
    torch.manual_seed(0)
    from transformers import CohereConfig, CohereForCausalLM

    model = CohereForCausalLM(CohereConfig(vocab_size=60, hidden_size=32, intermediate_size=48, num_hidden_layers=2,
                                           num_attention_heads=4)).eval()  # fmt: skip
    assert Replay(model, PROMPTS).kind == "layers"


def test_a_model_that_no_path_reproduces_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny("phi3")
    forward = model.model.forward

    def doubled(**given: object) -> object:
        made = forward(**given)
        made.last_hidden_state = made.last_hidden_state * 2
        return made

    monkeypatch.setattr(model.model, "forward", doubled)
    with pytest.raises(ModelError, match="Phi3ForCausalLM is not supported.*relative distance 0.5"):
        Replay(model, PROMPTS)


@pytest.mark.parametrize(
    ("sequences", "message"),
    [
        (Sequences((), ()), "0 prompts"),
        (Sequences(((1, 2), ()), ((0,), (0,))), "prompt 1: token ids"),
        (Sequences(((1, 60),), ((0,),)), "prompt 0: token ids must be 0 to 59"),
        (Sequences(((1, 2),), ((),)), "prompt 0: wanted positions"),
        (Sequences(((1, 2),), ((1, 0),)), "must ascend"),
        (Sequences(((1, 2),), ((2,),)), "at most 1"),
    ],
)
def test_impossible_sequences_are_refused(sequences: Sequences, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        Replay(tiny("llama"), sequences)


def test_impossible_deltas_and_layers_are_refused() -> None:
    model = tiny("llama")
    replay = Replay(model, PROMPTS)
    name = "model.layers.0.self_attn.q_proj.weight"
    right = (name, torch.zeros(32, 32))
    for parameters, message in (((("q.0", right[1]),), "no parameter"), (((name, torch.zeros(32)),), r"shape \(32,\)"),
                                ((right, right), "twice")):  # fmt: skip
        with pytest.raises(ModelError, match=message):
            replay.joint(Delta(parameters))
        with pytest.raises(ModelError, match=message):
            replay.each([Delta(parameters)])
    with pytest.raises(ModelError, match="the model has the layers 0 to 2"):
        Replay(model, PROMPTS, layer=3)


def test_a_delta_above_the_computed_layer_changes_nothing() -> None:
    model = tiny("llama")
    replay = Replay(model, PROMPTS, layer=0)
    delta = noise(model, "layers.1.")
    assert torch.equal(replay.joint(delta), replay.base)
    assert torch.equal(next(replay.each([delta]))[1], replay.base)


def test_states_can_be_trained_on() -> None:
    model = tiny("llama")
    replay = Replay(model, PROMPTS, layer=1)
    deltas = [noise(model, name) for name in ("layers.0.mlp.up", "embed", "layers.2.mlp.up")]
    found = [replay.base, *(replay.joint(delta) for delta in deltas), *(states for _, states in replay.each(deltas))]
    assert not any(states.is_inference() for states in found)
