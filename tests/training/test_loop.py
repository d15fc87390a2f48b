"""The loop's loss and optimizer against plain transformers and torch."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, CohereConfig, PreTrainedModel

from harness.chat import EncodedExample
from harness.errors import ConfigError, ModelError
from harness.modules import check_architecture
from harness.specs import GroupRule, LoopSettings, TrainSpec
from harness.strategies import TokenLogits, swat
from harness.training import batches
from harness.training import loop as loop_module
from harness.training.examples import Examples, load_examples, save_examples
from harness.training.groups import build_groups
from harness.training.loop import Training, make_optimizer, train
from harness.training.losses import Loss, backward, check_logits
from harness.training.schedule import drawn_order
from tests.tiny_models import ALL_FAMILIES, save_tiny


@pytest.fixture
def examples(tmp_path: Path) -> Examples:
    rows = [EncodedExample(tuple(range(5, 5 + n)), (False,) * 3 + (True,) * (n - 3)) for n in (6, 9, 14)]
    save_examples(rows, tmp_path)
    return load_examples(tmp_path)


def model_of(folder: Path, family: str = "llama") -> PreTrainedModel:
    model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(save_tiny(folder / family, family))
    return model


@pytest.mark.parametrize("family", ALL_FAMILIES)
def test_loss_equals_that_of_transformers_with_a_padding_mask(tmp_path: Path, examples: Examples, family: str) -> None:
    model, batch = model_of(tmp_path, family), examples.batch(torch.tensor([0, 1, 2]))
    labels = torch.cat([torch.full((3, 1), -100), batch.labels[:, :-1]], dim=1)
    theirs = model(input_ids=batch.input_ids, attention_mask=batch.attention_mask.long(), labels=labels).loss
    assert float(Loss().summed(model, batch) / (labels != -100).sum()) == pytest.approx(float(theirs), rel=1e-5)


def test_loss_sees_the_cap_of_gemma2s_logits(tmp_path: Path, examples: Examples) -> None:
    model, batch = model_of(tmp_path, "gemma2"), examples.batch(torch.tensor([0]))
    plain = float(Loss().summed(model, batch).detach())
    model.config.final_logit_softcapping = 0.01
    labels = torch.cat([torch.full((1, 1), -100), batch.labels[:, :-1]], dim=1)
    theirs = float(model(input_ids=batch.input_ids, labels=labels).loss.detach()) * int((labels != -100).sum())
    assert float(Loss().summed(model, batch).detach()) == pytest.approx(theirs, rel=1e-5)
    assert plain != pytest.approx(theirs, rel=1e-5)


@pytest.mark.parametrize("family", ALL_FAMILIES)
def test_every_family_passes_the_check_of_its_logits(tmp_path: Path, family: str) -> None:
    check_logits(model_of(tmp_path, family), torch.arange(9)[None])


def test_model_that_scales_its_logits_is_refused() -> None:
    config = CohereConfig(
        vocab_size=50, hidden_size=64, intermediate_size=128, num_hidden_layers=1, num_attention_heads=2,
        logit_scale=0.0625, pad_token_id=0, bos_token_id=1, eos_token_id=2,
    )  # fmt: skip
    model = AutoModelForCausalLM.from_config(config)
    check_architecture(name for name, _ in model.named_parameters())
    with pytest.raises(ModelError, match="architecture CohereForCausalLM is not supported: its logits are not"):
        check_logits(model, torch.arange(9)[None])


def test_group_rates_keep_their_ratio_over_the_schedule(tmp_path: Path) -> None:
    groups = (
        GroupRule(name="robust", modules=("q",), scale=1),
        GroupRule(name="rest", modules=("*",), scale=0.1),
    )
    spec, model = TrainSpec(learning_rate=1e-2, groups=groups), model_of(tmp_path)
    optimizer = make_optimizer(Training(model, build_groups(model, spec), spec, LoopSettings(steps=4), 0))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 / (step + 1))
    for _ in range(3):
        optimizer.step()
        schedule.step()
        rates = [group["lr"] for group in optimizer.param_groups]
        assert rates[0] == pytest.approx(10 * rates[-1])


def test_one_kernel_updates_all_parameters(tmp_path: Path) -> None:
    """Fused: other kernels are slower and round otherwise, so that trainings would not come out alike again."""
    spec, model = TrainSpec(learning_rate=1e-2, groups=ALL), model_of(tmp_path)
    optimizer = make_optimizer(Training(model, build_groups(model, spec), spec, LoopSettings(steps=4), 0))
    assert [group["fused"] for group in optimizer.param_groups] == [True, True]


def test_norms_do_not_decay(tmp_path: Path) -> None:
    spec = TrainSpec(learning_rate=1e-2, groups=(GroupRule(name="all", modules=("*",), scale=1),))
    model = model_of(tmp_path)
    loop = LoopSettings(steps=4, weight_decay=0.1)
    optimizer = make_optimizer(Training(model, build_groups(model, spec), spec, loop, 0))
    decays = {p.ndim: group["weight_decay"] for group in optimizer.param_groups for p in group["params"]}
    assert decays == {2: 0.1, 1: 0.0}


def test_clipping_bounds_the_step(tmp_path: Path, examples: Examples, monkeypatch: pytest.MonkeyPatch) -> None:
    norms: list[float] = []
    real = torch.optim.AdamW.step

    def step(optimizer: torch.optim.AdamW) -> None:
        grads = [p.grad for group in optimizer.param_groups for p in group["params"]]
        norms.append(float(torch.cat([g.flatten() for g in grads]).norm()))
        real(optimizer)

    monkeypatch.setattr(torch.optim.AdamW, "step", step)
    spec, model = (
        TrainSpec(learning_rate=1e-3, groups=(GroupRule(name="all", modules=("*",), scale=1),)),
        model_of(tmp_path),
    )
    loop = LoopSettings(steps=2, batch_size=3, max_grad_norm=0.01)
    train(Training(model, build_groups(model, spec), spec, loop, 0), examples, lambda _: None)
    assert max(norms) <= 0.0101


def test_optimizer_states_survive_a_change_of_phase(
    tmp_path: Path, examples: Examples, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SWAT: in the second half the robust matrices go on from their moments; the rest begins with its first step."""
    made: list[torch.optim.AdamW] = []

    def note(training: Training) -> torch.optim.AdamW:
        made.append(make_optimizer(training))
        return made[0]

    monkeypatch.setattr(loop_module, "make_optimizer", note)
    spec, model = (
        swat.train_spec(swat.Settings(learning_rate=1e-3, modules=("q",), warmup_fraction=0.5)),
        model_of(tmp_path),
    )
    training = Training(model, build_groups(model, spec), spec, LoopSettings(steps=6, batch_size=3), 0)
    train(training, examples, lambda _: None)
    names = {parameter: name for name, parameter in model.named_parameters()}
    steps = {names[p]: int(state["step"]) for p, state in made[0].state.items()}
    assert {count for name, count in steps.items() if "q_proj" in name} == {6}
    assert {count for name, count in steps.items() if "q_proj" not in name} == {3}


def test_a_phase_that_would_have_no_step_is_refused(tmp_path: Path, examples: Examples) -> None:
    """Of epochs the number of steps is known here first: three of one example each."""
    spec = swat.train_spec(swat.Settings(learning_rate=1e-3, modules=("q",), warmup_fraction=0.1))
    model = model_of(tmp_path)
    training = Training(model, build_groups(model, spec), spec, LoopSettings(epochs=1, batch_size=1), 0)
    with pytest.raises(ConfigError, match="training: phase 'warm-up' would have none of the 3 steps"):
        train(training, examples, lambda _: None)


def test_the_rest_keeps_still_while_the_robust_modules_warm_up(tmp_path: Path, examples: Examples) -> None:
    spec, model = (
        swat.train_spec(swat.Settings(learning_rate=1e-3, modules=("q",), warmup_fraction=1)),
        model_of(tmp_path),
    )
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    train(
        Training(model, build_groups(model, spec), spec, LoopSettings(steps=2, batch_size=3), 0),
        examples,
        lambda _: None,
    )
    moved = {name for name, p in model.named_parameters() if not torch.equal(p, before[name])}
    assert moved and all("q_proj" in name for name in moved)


MIXED = LoopSettings(steps=6, batch_size=3, dtype="mixed", schedule="constant", warmup_ratio=0)
ALL = (GroupRule(name="all", modules=("*",), scale=1),)


@pytest.mark.parametrize("family", ALL_FAMILIES)
def test_mixed_multiplies_in_bfloat16_and_keeps_all_else_in_float32(
    tmp_path: Path, examples: Examples, family: str
) -> None:
    model, batch = model_of(tmp_path, family), examples.batch(torch.tensor([0, 1, 2]))
    outputs: set[torch.dtype] = set()
    for module in model.modules():
        if isinstance(module, torch.nn.Linear):
            module.register_forward_hook(lambda _, __, made: outputs.add(made.dtype))
    exact = backward(Loss(), model, [batch])
    assert outputs == {torch.float32}
    outputs.clear()
    model.zero_grad()
    loss = backward(Loss(mixed=True), model, [batch])
    assert outputs == {torch.bfloat16}
    assert loss != exact and loss == pytest.approx(exact, rel=0.01)
    assert {p.grad.dtype for p in model.parameters() if p.grad is not None} == {torch.float32}


def test_the_loss_itself_is_not_under_autocast(tmp_path: Path, examples: Examples) -> None:
    seen: list[tuple[torch.dtype, bool]] = []

    def of(tokens: TokenLogits) -> torch.Tensor:
        seen.append((tokens.logits.dtype, torch.is_autocast_enabled("cpu")))
        return tokens.logits.sum()

    Loss(of, mixed=True).summed(model_of(tmp_path), examples.batch(torch.tensor([0])))
    assert seen == [(torch.float32, False)]


@pytest.mark.parametrize(("dtype", "moves"), [("mixed", True), ("bfloat16", False)])
def test_mixed_keeps_small_updates_that_bfloat16_rounds_away(
    tmp_path: Path, examples: Examples, dtype: str, moves: bool
) -> None:
    spec, model = TrainSpec(learning_rate=1e-6, groups=ALL), model_of(tmp_path)
    model.to(getattr(torch, "float32" if dtype == "mixed" else dtype))
    norm = next(p for name, p in model.named_parameters() if name.endswith("norm.weight"))
    before = norm.detach().clone()
    loop = MIXED.model_copy(update={"dtype": dtype})
    train(Training(model, build_groups(model, spec), spec, loop, 0), examples, lambda _: None)
    assert bool((norm != before).any()) is moves


@pytest.mark.parametrize("setting", [{"dtype": "mixed"}, {"packing": True}])
def test_mixed_and_packed_trainings_learn_as_plain_ones_do(
    tmp_path: Path, examples: Examples, setting: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "batch_order", lambda lengths, **asked: drawn_order(len(lengths), **asked))
    spec, losses = TrainSpec(learning_rate=1e-3, groups=ALL), []
    for change in ({}, setting):
        model, loop = model_of(tmp_path), MIXED.model_copy(update={"dtype": "float32"} | change)
        trained = train(Training(model, build_groups(model, spec), spec, loop, 0), examples, lambda _: None)
        losses.append([point.loss for point in trained.losses])
    assert losses[0] == pytest.approx(losses[1], rel=0.01 if "dtype" in setting else 1e-4)
    assert losses[0][-1] < losses[0][0] - 0.01
