"""Robust modules for other trainers: parameter groups that real trainers keep, and axolotl's matching by substring."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch
import yaml

from harness.errors import ConfigError, ModelError
from harness.export import (
    ExportedModules,
    as_axolotl,
    as_json,
    as_transformers,
    not_in_axolotl,
    parameter_groups,
    paths_of,
)
from harness.modules import name_of
from tests.tiny_models import save_tiny, save_tiny_llama, tiny_tokenizer

if TYPE_CHECKING:
    from transformers import PreTrainedModel

RATE, RATIO = 1e-3, 0.1
MODULES = ("q.1", "up.0", "up.1")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_llama(tmp_path_factory.mktemp("export"))


def loaded(folder: Path) -> PreTrainedModel:
    from transformers import AutoModelForCausalLM

    model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(folder)
    return model


def adapted(folder: Path) -> Any:
    from peft import LoraConfig, get_peft_model

    targets = ["q_proj", "k_proj", "up_proj"]
    return get_peft_model(loaded(folder), LoraConfig(r=2, target_modules=targets, task_type="CAUSAL_LM"))


def groups(model: Any, modules: Any = MODULES, **more: Any) -> list[dict[str, Any]]:
    return parameter_groups(model, modules, **{"learning_rate": RATE, "rest_ratio": RATIO, **more})


def modules_at(model: Any, made: list[dict[str, Any]], rate: float) -> set[str]:
    """The modules whose parameters are in groups of a rate."""
    chosen = {id(p) for group in made if group["lr"] == pytest.approx(rate) for p in group["params"]}
    return {name_of(name) for name, parameter in model.named_parameters() if id(parameter) in chosen}


@pytest.mark.parametrize("kind", [loaded, adapted])
def test_the_groups_partition_what_is_trained(folder: Path, kind: Any) -> None:
    model = kind(folder)
    made = groups(model, weight_decay=0.1)
    listed = [id(parameter) for group in made for parameter in group["params"]]
    assert sorted(listed) == sorted(id(p) for p in model.parameters() if p.requires_grad)
    assert modules_at(model, made, RATE) == set(MODULES)


def test_norms_do_not_decay(folder: Path) -> None:
    decay = {(group["name"], group["weight_decay"]) for group in groups(loaded(folder), weight_decay=0.1)}
    assert decay == {("robust", 0.1), ("rest", 0.1), ("rest", 0.0)}


@pytest.mark.parametrize(
    ("modules", "more", "why"),
    [
        ((), {}, "give a list of module names"),
        ("q", {}, "give a list of module names"),
        (("q.9",), {}, "q.9 matches no module of this model: its layers are 0 to 1"),
        (("qq",), {}, "'qq' is no module type"),
        (("q",), {"learning_rate": 0.0}, "learning_rate: must be above 0"),
        (("q",), {"rest_ratio": -1.0}, "rest_ratio: must be 0 or more"),
        (("q",), {"weight_decay": float("nan")}, "weight_decay: must be 0 or more"),
    ],
)
def test_what_is_no_set_or_no_rate(folder: Path, modules: Any, more: dict[str, Any], why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        groups(loaded(folder), modules, **more)


def test_modules_that_the_adapter_leaves_out(folder: Path) -> None:
    with pytest.raises(ConfigError, match="down matches no trainable parameter"):
        groups(adapted(folder), ("down",))


class Rates:
    """Notes the rates of an optimizer at every step."""

    def __init__(self, made: list[dict[str, Any]]) -> None:
        self.seen: list[list[float]] = []
        self.optimizer = torch.optim.AdamW(made)
        self.optimizer.register_step_pre_hook(lambda own, *_: self.seen.append([g["lr"] for g in own.param_groups]))

    def keep_their_ratio(self) -> bool:
        """Two steps, at all of which the robust groups' rate is the others' over RATIO."""
        first = {group["name"]: at for at, group in enumerate(self.optimizer.param_groups)}
        ratios = [row[first["rest"]] / row[first["robust"]] for row in self.seen]
        return ratios == pytest.approx([RATIO, RATIO]) and self.seen[0] != self.seen[1]


def weights(model: Any) -> dict[str, torch.Tensor]:
    return {name: p.detach().clone() for name, p in model.named_parameters() if p.requires_grad}


@pytest.mark.slow
@pytest.mark.parametrize("kind", [loaded, adapted])
def test_transformers_trainer_keeps_the_rates(folder: Path, tmp_path: Path, kind: Any) -> None:
    from transformers import Trainer, TrainingArguments

    model = kind(folder)
    rates, before = Rates(groups(model)), weights(model)
    row = {"input_ids": list(range(5, 15)), "labels": list(range(5, 15))}
    settings = TrainingArguments(
        output_dir=str(tmp_path), max_steps=2, use_cpu=True, report_to=[], save_strategy="no", disable_tqdm=True
    )
    Trainer(model=model, args=settings, train_dataset=[row] * 32, optimizers=(rates.optimizer, None)).train()
    assert rates.keep_their_ratio()
    after, matrices = weights(model), ("proj.weight", "B.default.weight")
    far = {name_of(n): float((after[n] - before[n]).abs().max()) for n in after if n.endswith(matrices)}
    assert min(far[m] for m in MODULES) > 5 * max(change for m, change in far.items() if m not in MODULES) > 0


@pytest.mark.slow
def test_trl_keeps_the_rates(folder: Path, tmp_path: Path) -> None:
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    model = loaded(folder)
    rates = Rates(groups(model))
    settings = SFTConfig(
        output_dir=str(tmp_path), max_steps=2, use_cpu=True, report_to=[], save_strategy="no", bf16=False,
        disable_tqdm=True,
    )  # fmt: skip
    data = Dataset.from_list([{"prompt": "What is one and one?", "completion": "It is two."}] * 32)
    tokenizer = tiny_tokenizer("llama")
    SFTTrainer(
        model=model, args=settings, train_dataset=data, processing_class=tokenizer, optimizers=(rates.optimizer, None)
    ).train()
    assert rates.keep_their_ratio()


def exported(model: Any, modules: tuple[str, ...] = MODULES, **more: Any) -> ExportedModules:
    names = [name for name, _ in model.named_parameters()]
    given: dict[str, Any] = {
        "run": "r", "variant": "ml-lr", "strategy": "ml_lr", "base": "me/chat", "base_revision": "c" * 40,
        "base_digest": None, "search": "k" * 64, "drift": 0.1, "modules": modules,
        "every": tuple(dict.fromkeys(name_of(name) for name in names)), "matrices": paths_of(modules, names),
        "learning_rate": 4e-4, "rest_ratio": 0.1, "weight_decay": 0.0, "lora": False,
    }  # fmt: skip
    return ExportedModules.model_validate({**given, **more})


@pytest.mark.parametrize("kind", [loaded, adapted])
def test_axolotl_finds_the_modules_and_no_others(folder: Path, kind: Any) -> None:
    """By axolotl's rule: a group has the parameters whose names contain one of its strings."""
    made = yaml.safe_load(as_axolotl(exported(loaded(folder))))
    assert (made["learning_rate"], [group["lr"] for group in made["lr_groups"]]) == (4e-5, [4e-4])
    names = [name for name, parameter in kind(folder).named_parameters() if parameter.requires_grad]
    caught = {name_of(name) for name in names if any(part in name for part in made["lr_groups"][0]["modules"])}
    assert caught == set(MODULES)


def test_layer_1_is_not_part_of_layer_11() -> None:
    names = [f"model.layers.{layer}.self_attn.q_proj.weight" for layer in range(12)]
    (path,) = paths_of(("q.1",), names)
    assert [name for name in names if f"{path}." in name] == ["model.layers.1.self_attn.q_proj.weight"]


@pytest.mark.parametrize(
    ("family", "modules", "more"),
    [("llama", ("q.0", "embed", "head"), 1), ("llama-tied", ("q.0", "embed"), 1), ("llama", ("embed", "head"), 0)],
)
def test_axolotl_has_a_rate_for_embeddings(tmp_path: Path, family: str, modules: tuple[str, ...], more: int) -> None:
    made = yaml.safe_load(as_axolotl(exported(loaded(save_tiny(tmp_path / "m", family)), modules)))
    assert made["embedding_lr"] == 4e-4
    assert len(made.get("lr_groups", [])) == more


@pytest.mark.parametrize(
    ("modules", "left"),
    [(("q.0", "norm"), ["norm"]), (("q.0", "head"), ["head"]), (("q.0", "norm", "embed"), ["norm", "embed"])],
)
def test_what_axolotl_cannot_say_is_left_at_the_rests_rate(
    folder: Path, modules: tuple[str, ...], left: list[str]
) -> None:
    made = exported(loaded(folder), modules)
    text = as_axolotl(made)
    assert [reason.split()[0] for reason in not_in_axolotl(made)] == left
    assert [line for line in text.splitlines() if line.startswith("# Not as in the run")] == [
        f"# Not as in the run: at learning_rate here, and robust there: {reason}." for reason in not_in_axolotl(made)
    ]
    assert yaml.safe_load(text) == {
        "learning_rate": 4e-5,
        "lr_groups": [{"name": "robust", "modules": ["model.layers.0.self_attn.q_proj."], "lr": 4e-4}],
    }


def test_what_axolotl_can_say_leaves_nothing(folder: Path) -> None:
    assert not_in_axolotl(exported(loaded(folder), ("q.0", "embed", "head"))) == ()
    assert "Not as in the run" not in as_axolotl(exported(loaded(folder)))


def test_a_set_of_which_axolotl_can_say_nothing_is_refused(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"--variant ml-lr: axolotl has no rate for any .*use --to transformers"):
        as_axolotl(exported(loaded(folder), ("norm", "head")))


def test_the_snippet_runs(folder: Path) -> None:
    model, namespace = loaded(folder), {"__name__": "snippet"}
    text = as_transformers(exported(model, variant="ml\nlr = 1"))
    exec(compile(text, "snippet", "exec", dont_inherit=True), namespace)
    made = namespace["optimizer"](model)  # type: ignore[operator]
    assert modules_at(model, made.param_groups, 4e-4) == set(MODULES)
    assert 'MODULES = ["q.1", "up"]' in text
    assert "# 3 robust modules, search kkk" in text


@pytest.mark.parametrize("write", [as_axolotl, as_transformers])
def test_a_warm_up_is_for_no_other_trainer(folder: Path, write: Any) -> None:
    with pytest.raises(ConfigError, match="--variant ml-lr: strategy swat lets its robust modules learn alone first"):
        write(exported(loaded(folder), strategy="swat", warmup_fraction=0.25))


def test_json_is_the_record(folder: Path) -> None:
    made = exported(loaded(folder))
    assert ExportedModules.model_validate_json(as_json(made)) == made


def test_a_module_of_another_model() -> None:
    with pytest.raises(ModelError, match=r"the base has no module q\.3"):
        paths_of(("q.3",), ["model.layers.0.self_attn.q_proj.weight"])
