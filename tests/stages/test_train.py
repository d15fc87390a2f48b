"""Stage train on tiny models: full tuning and LoRA, groups, phases, determinism, silent failures."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
from safetensors.torch import load_file

from harness.errors import ConfigError, SilentFailureError, StageError
from harness.loop_specs import EarlyStopSettings
from harness.records import Checkpoint, TrainSummary
from harness.specs import (
    DatasetParams,
    DatasetSource,
    GroupRule,
    LoopSettings,
    LoraSpec,
    Phase,
    TrainParams,
    TrainSpec,
)
from harness.stages import Progress, StageContext, dataset, train
from harness.training import checkpoints, resume
from harness.training.checkpoints import OpenCheckpoint
from tests.tiny_models import FAMILIES, save_base_stage

if TYPE_CHECKING:
    from transformers import PreTrainedModel

EVERYTHING = GroupRule(name="all", modules=("*",), scale=1.0)
QUICK = LoopSettings(steps=6, batch_size=4, warmup_ratio=0)
Trainer = Callable[[TrainParams, str], Path]


def params(*groups: GroupRule, rate: float = 1e-2, loop: LoopSettings = QUICK, **more: object) -> TrainParams:
    spec = TrainSpec(learning_rate=rate, groups=groups or (EVERYTHING,))
    return TrainParams(spec=spec, loop=loop, seed=1).model_copy(update=more)


def changes(folder: Path) -> dict[str, float]:
    return {change.module: change.relative_change for change in summary(folder).moved}


def summary(folder: Path) -> TrainSummary:
    return TrainSummary.model_validate_json((folder / "summary.json").read_text())


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[tuple[str, Path], ...]]:
    """Stage inputs by family: a tiny base, and ten examples tokenized for it."""
    root = tmp_path_factory.mktemp("bases")
    rows = root / "rows.jsonl"
    rows.write_text(
        "\n".join(
            json.dumps({"prompt": f"What is {n} and one?", "response": f"It is {n + 1}. " * (n % 3 + 1)})
            for n in range(10)
        )
    )
    inputs: dict[str, tuple[tuple[str, Path], ...]] = {}
    for family in FAMILIES:
        base, folder = save_base_stage(root / family, family), root / f"{family}-dataset"
        folder.mkdir()
        source = DatasetSource(kind="file", location=str(rows))
        dataset.run(DatasetParams(source=source), StageContext(folder, (("base", base),), lambda _: None))
        inputs[family] = (("base", base), ("dataset", folder))
    return inputs


@pytest.fixture
def trained(bases: dict[str, tuple[tuple[str, Path], ...]], tmp_path: Path) -> Trainer:
    """Run the stage on a family's base and return its folder."""
    count = iter(range(99))

    def run(asked: TrainParams, family: str = "llama") -> Path:
        folder = tmp_path / str(next(count))
        folder.mkdir()
        train.run(asked, StageContext(folder, bases[family], lambda _: None))
        return folder

    return run


@pytest.mark.parametrize("family", FAMILIES)
def test_full_tuning_lowers_the_loss_and_moves_every_module(trained: Trainer, family: str) -> None:
    folder = trained(params(loop=QUICK.model_copy(update={"steps": 20})), family)
    assert summary(folder).losses[-1].loss < summary(folder).losses[0].loss - 0.5
    assert min(changes(folder).values()) > 0
    assert {"q.0", "down.1", "embed", "norm"} <= changes(folder).keys()


@pytest.mark.parametrize("family", FAMILIES)
def test_checkpoint_loads_as_a_model_with_its_tokenizer(trained: Trainer, family: str) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = trained(params(), family)
    model = AutoModelForCausalLM.from_pretrained(folder / "weights")
    assert AutoTokenizer.from_pretrained(folder / "weights").chat_template == FAMILIES[family].template
    assert model.config.use_cache
    assert (folder / "weights" / "model.safetensors").exists()


def test_same_seed_same_bytes_other_seed_other_bytes(trained: Trainer) -> None:
    digests = [_digest(trained(params(seed=seed), "llama")) for seed in (1, 1, 2)]
    assert digests[0] == digests[1] != digests[2]


def test_lora_adapter_is_deterministic_and_loads_by_path(
    trained: Trainer, bases: dict[str, tuple[tuple[str, Path], ...]]
) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    first, again = (trained(params(lora=LoraSpec(rank=4)), "llama") for _ in range(2))
    model = AutoModelForCausalLM.from_pretrained(bases["llama"][0][1] / "weights")
    before = model(torch.tensor([[1, 2, 3]])).logits
    after = PeftModel.from_pretrained(model, str(first / "weights"))(torch.tensor([[1, 2, 3]])).logits
    assert not torch.equal(before, after)
    assert _digest(first) == _digest(again)


def test_lora_moves_the_modules_it_adapts_and_no_others(trained: Trainer) -> None:
    folder = trained(params(lora=LoraSpec(modules=("q", "down"))), "qwen2")
    assert sorted(changes(folder)) == ["down.0", "down.1", "q.0", "q.1"]
    assert min(changes(folder).values()) > 0


def test_lora_change_is_scale_times_b_times_a(
    trained: Trainer, bases: dict[str, tuple[tuple[str, Path], ...]]
) -> None:
    folder = trained(params(lora=LoraSpec(rank=2, alpha=6, modules=("q",))), "llama")
    adapter = load_file(folder / "weights" / "adapter_model.safetensors")
    name = "model.layers.1.self_attn.q_proj"
    delta = (
        3
        * adapter[f"base_model.model.{name}.lora_B.weight"]
        @ adapter[f"base_model.model.{name}.lora_A.weight"]
    )
    weight = load_file(bases["llama"][0][1] / "weights" / "model.safetensors")[f"{name}.weight"]
    assert changes(folder)["q.1"] == pytest.approx(float(delta.norm() / weight.norm()), rel=1e-4)


def test_full_change_is_measured_on_the_saved_weights(
    trained: Trainer, bases: dict[str, tuple[tuple[str, Path], ...]]
) -> None:
    folder = trained(params(), "llama")
    old, new = (load_file(path / "weights" / "model.safetensors") for path in (bases["llama"][0][1], folder))
    name = "model.layers.0.mlp.gate_proj.weight"
    expected = float((new[name] - old[name]).norm() / old[name].norm())
    assert changes(folder)["gate.0"] == pytest.approx(expected, rel=1e-4)


def test_scale_0_freezes(trained: Trainer) -> None:
    folder = trained(
        params(
            GroupRule(name="robust", modules=("q",), scale=1), EVERYTHING.model_copy(update={"scale": 0.0})
        ),
        "llama",
    )
    assert {name for name, change in changes(folder).items() if change > 0} == {"q.0", "q.1"}


def test_groups_partition_the_parameters_and_the_first_match_wins(trained: Trainer) -> None:
    folder = trained(
        params(
            GroupRule(name="a", modules=("q.0", "k"), scale=1),
            GroupRule(name="b", modules=("q",), scale=1),
            EVERYTHING,
        ),
        "llama",
    )
    assert dict(summary(folder).groups) == {"a": 3 * 64 * 64, "b": 64 * 64, "all": 142016 - 4 * 64 * 64}


def test_rest_moves_less_at_a_tenth_of_the_rate(trained: Trainer) -> None:
    folder = trained(
        params(
            GroupRule(name="robust", modules=("q", "gate"), scale=1),
            GroupRule(name="rest", modules=("*",), scale=0.1),
            rate=1e-3,
        ),
        "llama",
    )
    assert changes(folder)["up.0"] < 0.3 * changes(folder)["gate.0"]


def test_rule_that_matches_nothing_is_an_error(trained: Trainer) -> None:
    with pytest.raises(ConfigError, match="'far': q.7 matches no module of this model: its layers are 0 to 1"):
        trained(params(GroupRule(name="far", modules=("q.7",), scale=1), EVERYTHING), "llama")


def test_optional_rule_may_match_nothing(trained: Trainer) -> None:
    optional = GroupRule(name="far", modules=("q.7",), scale=1, optional=True)
    assert [name for name, _ in summary(trained(params(optional, EVERYTHING), "llama")).groups] == ["all"]


def test_parameters_outside_all_groups_are_an_error(trained: Trainer) -> None:
    with pytest.raises(ConfigError, match="falls to no parameter group"):
        trained(params(GroupRule(name="q", modules=("q",), scale=1)), "llama")


def test_phase_lets_only_its_groups_learn(trained: Trainer) -> None:
    robust = GroupRule(name="robust", modules=("q",), scale=1)
    phases = (
        Phase(name="warm", fraction=0.5, groups=("robust",)),
        Phase(name="still", fraction=0.5, groups=("robust",)),
    )
    spec = TrainSpec(learning_rate=1e-2, groups=(robust, EVERYTHING), phases=phases)
    moved = changes(trained(params(spec=spec), "llama"))
    assert {name for name, change in moved.items() if change > 0} == {"q.0", "q.1"}


def test_second_phase_lets_the_rest_learn_too(trained: Trainer) -> None:
    robust = GroupRule(name="robust", modules=("q",), scale=1)
    phases = (Phase(name="warm", fraction=0.5, groups=("robust",)), Phase(name="all", fraction=0.5))
    moved = changes(
        trained(
            params(spec=TrainSpec(learning_rate=1e-3, groups=(robust, EVERYTHING), phases=phases)), "llama"
        )
    )
    assert 0 < moved["k.0"] < moved["q.0"]


def test_learning_rate_of_nothing_moves_nothing(trained: Trainer) -> None:
    assert set(changes(trained(params(rate=0.0), "llama")).values()) == {0.0}


def test_nothing_moved_is_a_silent_failure(trained: Trainer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.optim.AdamW, "step", lambda self: None)
    with pytest.raises(SilentFailureError, match="changed none of the modules"):
        trained(params(), "llama")


def test_loss_that_is_no_number_is_an_error(trained: Trainer) -> None:
    with pytest.raises(StageError, match="the loss became nan at step 2 of 6; lower the learning rate"):
        trained(params(rate=1e30, loop=QUICK.model_copy(update={"max_grad_norm": None})), "llama")


def test_bfloat16_weights_are_kept(trained: Trainer) -> None:
    folder = trained(params(loop=QUICK.model_copy(update={"dtype": "bfloat16"})), "llama")
    assert load_file(folder / "weights" / "model.safetensors")["lm_head.weight"].dtype == torch.bfloat16
    assert Checkpoint.model_validate_json((folder / "checkpoint.json").read_text()).dtype == "bfloat16"


@pytest.mark.parametrize(
    "change", [{"gradient_checkpointing": True}, {"batch_size": 5, "gradient_accumulation": 2}]
)
def test_memory_savers_leave_the_loss_alike(trained: Trainer, change: dict[str, object]) -> None:
    plain = QUICK.model_copy(update={"steps": 1, "batch_size": 10})
    saving = plain.model_copy(update=change)
    losses = [summary(trained(params(loop=loop), "llama")).final_loss for loop in (plain, saving)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_gradient_checkpointing_computes_the_layers_again(trained: Trainer, monkeypatch: pytest.MonkeyPatch) -> None:
    counts: list[int] = []
    real = checkpoints.load_model

    def load(checkpoint: OpenCheckpoint, *, dtype: str) -> PreTrainedModel:
        model = real(checkpoint, dtype=dtype)
        for name, module in model.named_modules():
            if name.endswith(".mlp"):
                module.register_forward_pre_hook(lambda *_: counts.append(counts.pop() + 1))
        return model

    monkeypatch.setattr(train, "load_model", load)
    for saves in (False, True):
        counts.append(0)
        trained(params(loop=QUICK.model_copy(update={"steps": 3, "gradient_checkpointing": saves})), "llama")
    assert counts[1] == counts[0] + 3 * 2  # of three steps, two layers each


def test_counts_and_progress(bases: dict[str, tuple[tuple[str, Path], ...]], tmp_path: Path) -> None:
    seen: list[Progress] = []
    train.run(params(), StageContext(tmp_path, bases["llama"], seen.append))
    assert (seen[-1].done, seen[-1].total) == (6, 6)
    assert seen[-1].note == f"loss {summary(tmp_path).losses[-1].loss:.2f}"
    assert (summary(tmp_path).steps, summary(tmp_path).examples_seen) == (6, 24)


def _digest(folder: Path) -> str:
    return Checkpoint.model_validate_json((folder / "checkpoint.json").read_text()).digest


@pytest.mark.parametrize("lora", [None, LoraSpec(rank=2, dropout=0.2)])
def test_a_stopped_stage_goes_on_from_its_scratch_folder_to_the_same_bytes(
    bases: dict[str, tuple[tuple[str, Path], ...]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    lora: LoraSpec | None,
) -> None:
    monkeypatch.setattr(resume, "_SECONDS", 0.0)
    monkeypatch.setattr(resume, "_TIMES", 0.0)
    began: list[int] = []

    def run(name: str, *, scratch: Path | None = None, stop_after: int | None = None) -> Path:
        def progress(at: Progress) -> None:
            began.append(at.done)
            if at.done == stop_after:
                raise KeyboardInterrupt

        folder = tmp_path / name
        folder.mkdir()
        train.run(params(lora=lora), StageContext(folder, bases["llama"], progress, scratch))
        return folder

    whole = run("whole")
    with pytest.raises(KeyboardInterrupt):
        run("stopped", scratch=tmp_path / "scratch", stop_after=4)
    began.clear()
    again = run("again", scratch=tmp_path / "scratch")
    assert began[0] == 4
    assert _digest(again) == _digest(whole)
    assert (again / "summary.json").read_bytes() == (whole / "summary.json").read_bytes()


def test_mixed_precision_saves_float32(trained: Trainer) -> None:
    folder = trained(params(loop=QUICK.model_copy(update={"dtype": "mixed"})), "llama")
    weights = load_file(folder / "weights" / "model.safetensors")
    assert {weight.dtype for weight in weights.values()} == {torch.float32}
    assert Checkpoint.model_validate_json((folder / "checkpoint.json").read_text()).dtype == "float32"


def test_early_stop_is_in_the_summary(trained: Trainer) -> None:
    stop = EarlyStopSettings(share=0.3, every=2, patience=9)
    told = summary(trained(params(loop=QUICK.model_copy(update={"early_stop": stop})), "llama"))
    assert [reading.step for reading in told.held_out] == [2, 4, 6]
    assert told.best_step == min(told.held_out, key=lambda reading: reading.loss).step
    assert told.stopped_at is None
