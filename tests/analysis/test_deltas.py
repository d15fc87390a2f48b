"""Perturbations: updates of full tuning and of LoRA, noise, matching; weights are as before afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

from harness.analysis.deltas import Perturbation, applied, matched, noise_of, parameters_by_module, update_of
from harness.analysis.replay import Delta
from harness.analysis_specs import PerturbationSettings
from harness.errors import StoreError
from harness.records import Checkpoint
from harness.specs import LoraSpec
from harness.training.checkpoints import add_adapter, save_adapter
from tests.tiny_models import save_tiny

Q = "model.layers.0.self_attn.q_proj.weight"


@pytest.fixture
def model(tmp_path: Path) -> PreTrainedModel:
    made: PreTrainedModel = AutoModelForCausalLM.from_pretrained(save_tiny(tmp_path / "llama", "llama"))
    return made


def stage(folder: Path, *, kind: str) -> Path:
    record = Checkpoint.model_validate(
        {
            "kind": kind, "location": "weights", "architecture": "x", "parameters": 1, "layers": 2,
            "digest": "", "dtype": "float32",
        }
    )  # fmt: skip
    (folder / "checkpoint.json").write_text(record.model_dump_json())
    return folder


def noise(model: PreTrainedModel, *, seed: int = 0, scale: float = 0.1) -> Perturbation:
    weights = dict(model.named_parameters())
    return Perturbation(seed, weights, parameters_by_module(model), noise_of(seed, weights, scale=scale), {})


def test_a_full_update_is_tuned_minus_base(tmp_path: Path, model: PreTrainedModel) -> None:
    tuned = AutoModelForCausalLM.from_pretrained(tmp_path / "llama")
    with torch.no_grad():
        tuned.get_parameter(Q).add_(0.25)
    tuned.save_pretrained(tmp_path / "weights")
    change = update_of(stage(tmp_path, kind="full"), dict(model.named_parameters()))
    assert torch.allclose(change(Q), torch.full((64, 64), 0.25), atol=1e-6)  # type: ignore[arg-type]
    assert not change(Q.replace("q_proj", "k_proj")).any()  # type: ignore[union-attr]


def test_a_head_that_is_saved_by_another_name_is_found(tmp_path: Path) -> None:
    made = AutoModelForCausalLM.from_pretrained(save_tiny(tmp_path / "neox", "gpt-neox"))
    weights = {name: p.detach().clone() for name, p in made.named_parameters()}
    with torch.no_grad():
        made.get_parameter("lm_head.weight").add_(0.25)
    made.save_pretrained(tmp_path / "weights")
    change = update_of(stage(tmp_path, kind="full"), weights)("lm_head.weight")
    assert change is not None and torch.allclose(change, torch.full_like(change, 0.25), atol=1e-6)


def test_an_adapters_update_is_what_peft_merges(tmp_path: Path, model: PreTrainedModel) -> None:
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    adapted = add_adapter(model, LoraSpec(rank=2, alpha=6, modules=("q", "up")))
    for name, parameter in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter)
    save_adapter(adapted, tmp_path / "weights")
    change = update_of(stage(tmp_path, kind="adapter"), {})
    merged = dict(adapted.merge_and_unload().named_parameters())
    assert torch.allclose(change(Q), merged[Q] - before[Q], atol=1e-5)  # type: ignore[arg-type]
    assert change(Q.replace("q_proj", "k_proj")) is None


def test_a_checkpoint_that_is_not_whole_is_named(tmp_path: Path, model: PreTrainedModel) -> None:
    (tmp_path / "weights").mkdir()
    with pytest.raises(StoreError, match="q_proj"):
        update_of(stage(tmp_path, kind="full"), dict(model.named_parameters()))(Q)


def test_noise_is_a_share_of_the_weights_and_goes_by_seed_and_name(model: PreTrainedModel) -> None:
    assert noise(model).weight_change(["q.0"]) == pytest.approx(0.1, rel=0.05)
    first, again, other = (noise(model, seed=s).of(["q.0"]).parameters[0][1] for s in (0, 0, 1))
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_noise_leaves_biases_alone(tmp_path: Path) -> None:
    qwen = AutoModelForCausalLM.from_pretrained(save_tiny(tmp_path / "qwen2", "qwen2"))
    assert [name.rpartition(".")[2] for name, _ in noise(qwen).of(["q.0"]).parameters] == ["weight"]


def test_a_set_is_the_changes_of_its_modules(model: PreTrainedModel) -> None:
    made = noise(model)
    assert len(made.of(["q.0", "down.1"]).parameters) == 2
    single = [made.weight_change([m]) for m in ("q.0", "down.1")]
    assert min(single) <= made.weight_change(["q.0", "down.1"]) <= max(single)


def test_a_matched_perturbation_has_the_ratio_asked_for(model: PreTrainedModel) -> None:
    settings = PerturbationSettings(kind="noise", match="weight", scale=0.3, seeds=(0,))
    made = matched(noise(model), settings, ["q.0", "down.1"], output_change=lambda _: 1.0)
    assert [made.weight_change([m]) for m in ("q.0", "down.1")] == pytest.approx([0.3, 0.3])


def test_an_unmatched_update_is_scaled(model: PreTrainedModel) -> None:
    plain = noise(model)
    doubled = matched(plain, PerturbationSettings(scale=2.0), ["q.0"], output_change=lambda _: 1.0)
    assert doubled.weight_change(["q.0"]) == pytest.approx(2 * plain.weight_change(["q.0"]))


def test_applied_weights_are_bitwise_as_before_also_after_an_error(model: PreTrainedModel) -> None:
    before = model.get_parameter(Q).detach().clone()
    delta: Delta = noise(model).of(["q.0"])
    with applied(model, delta):
        assert not torch.equal(model.get_parameter(Q), before)
    with pytest.raises(KeyError), applied(model, delta):
        raise KeyError
    assert torch.equal(model.get_parameter(Q), before)
