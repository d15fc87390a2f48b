"""Stage adopt: full checkpoints and adapters of a tiny Llama, what moved, and everything that is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from harness.digests import digest_folder
from harness.errors import ModelError, SilentFailureError
from harness.records import Checkpoint, TrainSummary
from harness.specs import AdoptParams, BaseParams, ModelSource
from harness.stages import StageContext, adopt, base
from harness.training.changes import full_changes, remember
from tests.tiny_models import save_tiny, save_tiny_llama
from tests.tuned_elsewhere import save_adapter, save_tuned

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel

FULL, ADAPTER = "model.safetensors", "adapter_model.safetensors"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `base` (a model), `stage` (its finished stage), `tuned` and `adapter`."""
    folder = tmp_path_factory.mktemp("adopt")
    model = save_tiny_llama(folder / "base")
    save_tuned(folder / "tuned", model)
    save_adapter(folder / "adapter", model, targets=("q_proj", "down_proj"))
    (folder / "stage").mkdir()
    source = ModelSource(kind="path", location=str(model))
    base.run(BaseParams(source=source), StageContext(folder / "stage", (), lambda _: None))
    return folder


@pytest.fixture
def copied(root: Path, tmp_path: Path) -> Callable[[str], Path]:
    """A copy of `tuned` or `adapter`, to be damaged."""
    return lambda name: Path(shutil.copytree(root / name, tmp_path / name))


def adopted(root: Path, folder: Path, out: Path, *, digest: str | None = None) -> tuple[Checkpoint, TrainSummary]:
    out.mkdir()
    params = AdoptParams(source=ModelSource(kind="path", location=str(folder), digest=digest))
    adopt.run(params, StageContext(out, (("base", root / "stage"),), lambda _: None))
    checkpoint = Checkpoint.model_validate_json((out / "checkpoint.json").read_text())
    return checkpoint, TrainSummary.model_validate_json((out / "summary.json").read_text())


def changes(summary: TrainSummary) -> dict[str, float]:
    return {change.module: change.relative_change for change in summary.moved}


def loaded(folder: Path) -> PreTrainedModel:
    from transformers import AutoModelForCausalLM

    model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(folder)
    return model


def adapted(base: Path, adapter: Path) -> PeftModel:
    from peft import PeftModel

    return PeftModel.from_pretrained(loaded(base), str(adapter))


def refused(root: Path, folder: Path, out: Path) -> str:
    with pytest.raises(ModelError) as caught:
        adopted(root, folder, out)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def edit(path: Path, **changes: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def edit_tensors(path: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path, metadata={"format": "pt"})


def test_a_full_checkpoint_stays_where_it_is(root: Path, tmp_path: Path) -> None:
    checkpoint, summary = adopted(root, root / "tuned", tmp_path / "out", digest=digest_folder(root / "tuned"))
    assert (checkpoint.kind, checkpoint.location) == ("full", str(root / "tuned"))
    assert Path(checkpoint.location).is_absolute()
    assert (summary.steps, summary.final_loss, summary.losses) == (0, None, ())
    assert changes(summary).keys() >= {"embed", "norm", "head", "q.0", "down.1"}
    assert list(changes(summary).values()) == pytest.approx([0.5] * len(summary.moved), rel=1e-5)


def test_only_what_moved_moves(root: Path, tmp_path: Path) -> None:
    folder = save_tuned(tmp_path / "some", root / "base", by=0.25, only="layers.1.mlp.up_proj")
    moved = changes(adopted(root, folder, tmp_path / "out")[1])
    assert {name for name, change in moved.items() if change} == {"up.1"}


def test_an_adapter_moves_what_it_adapts_by_scale_times_b_a(root: Path, tmp_path: Path) -> None:
    checkpoint, summary = adopted(root, root / "adapter", tmp_path / "out")
    assert (checkpoint.kind, checkpoint.location) == ("adapter", str(root / "adapter"))
    tuned = adapted(root / "base", root / "adapter")
    merged = full_changes(tuned.merge_and_unload(), remember(loaded(root / "base")))
    expected = {c.module: c.relative_change for c in merged if c.relative_change}
    assert changes(summary) == pytest.approx(expected, rel=1e-4)
    assert summary.trainable_parameters == 2 * 2 * (64 + 64 + 64 + 128)


@pytest.mark.parametrize(
    "more", [{"use_rslora": True}, {"rank_pattern": {"q_proj": 1}}, {"alpha_pattern": {"q_proj": 9}}]
)
def test_scales_are_those_of_peft(root: Path, tmp_path: Path, more: dict[str, Any]) -> None:
    folder = save_adapter(tmp_path / "a", root / "base", **more)
    layer = adapted(root / "base", folder).get_base_model().model.layers[1].self_attn.q_proj
    expected = layer.get_delta_weight("default").norm() / layer.base_layer.weight.norm()
    assert changes(adopted(root, folder, tmp_path / "out")[1])["q.1"] == pytest.approx(float(expected), rel=1e-4)


def test_another_architecture_is_asked_and_not_compared(root: Path, tmp_path: Path) -> None:
    checkpoint, summary = adopted(root, save_tiny(tmp_path / "qwen", "qwen2"), tmp_path / "out")
    assert checkpoint.architecture == "Qwen2ForCausalLM"
    assert summary.moved == ()


def test_embeddings_of_another_size_are_left_out(root: Path, tmp_path: Path, copied: Callable[[str], Path]) -> None:
    folder = copied("tuned")
    model = loaded(folder)
    model.resize_token_embeddings(640)
    model.save_pretrained(folder)
    moved = changes(adopted(root, folder, tmp_path / "out")[1])
    assert moved.keys().isdisjoint({"embed", "head"})
    assert moved["q.0"] == pytest.approx(0.5, rel=1e-5)


def test_the_base_itself_is_a_silent_failure(root: Path, tmp_path: Path) -> None:
    with pytest.raises(SilentFailureError, match="base: every weight equals the base's; nothing was tuned"):
        adopted(root, root / "base", tmp_path / "out")


def test_an_untrained_adapter_is_a_silent_failure(root: Path, tmp_path: Path) -> None:
    folder = save_adapter(tmp_path / "zero", root / "base", scale=0.0)
    with pytest.raises(SilentFailureError, match="zero: the adapter changes no weight"):
        adopted(root, folder, tmp_path / "out")


def test_files_that_changed_since_the_plan_are_refused(root: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="tuned: its files changed while the run was made"):
        adopted(root, root / "tuned", tmp_path / "out", digest="0" * 64)


def test_nothing_is_there(root: Path, tmp_path: Path) -> None:
    assert "absent: the folder is gone" in refused(root, tmp_path / "absent", tmp_path / "out")


@pytest.mark.parametrize(
    ("name", "weights", "pickle"),
    [("tuned", FULL, "pytorch_model.bin"), ("adapter", ADAPTER, "adapter_model.bin")],
)
def test_pickled_weights_are_refused(
    root: Path, tmp_path: Path, copied: Callable[[str], Path], name: str, weights: str, pickle: str
) -> None:
    folder = copied(name)
    (folder / weights).rename(folder / pickle)
    assert f"holds no {weights}; {pickle} is pickled" in refused(root, folder, tmp_path / "out")


def test_a_folder_of_neither_kind(root: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "is neither a model (config.json) nor a peft adapter" in refused(root, tmp_path / "empty", tmp_path / "out")


def test_a_folder_of_both_kinds(root: Path, tmp_path: Path, copied: Callable[[str], Path]) -> None:
    folder = copied("tuned")
    shutil.copy(root / "adapter" / "adapter_config.json", folder)
    assert "holds an adapter and a full model" in refused(root, folder, tmp_path / "out")


@pytest.mark.parametrize("name", ["tuned", "adapter"])
def test_a_file_cut_short(root: Path, tmp_path: Path, copied: Callable[[str], Path], name: str) -> None:
    folder = copied(name)
    file = folder / {"tuned": FULL, "adapter": ADAPTER}[name]
    file.write_bytes(file.read_bytes()[:-100])
    assert f"{file.name}: cannot be read as safetensors" in refused(root, folder, tmp_path / "out")


def test_a_model_without_all_of_its_weights(root: Path, tmp_path: Path, copied: Callable[[str], Path]) -> None:
    folder = copied("tuned")
    edit_tensors(folder / FULL, lambda tensors: tensors.pop("model.layers.1.self_attn.q_proj.weight"))
    assert "its weights lack model.layers.1.self_attn.q_proj.weight" in refused(root, folder, tmp_path / "out")


def test_weights_that_are_no_numbers(root: Path, tmp_path: Path, copied: Callable[[str], Path]) -> None:
    folder = copied("tuned")
    edit_tensors(folder / FULL, lambda tensors: tensors["model.norm.weight"].fill_(float("nan")))
    assert "model.norm.weight holds values that are no numbers" in refused(root, folder, tmp_path / "out")


def test_a_model_without_tokenizer(root: Path, tmp_path: Path, copied: Callable[[str], Path]) -> None:
    folder = copied("tuned")
    for name in adopt.TOKENIZERS:
        (folder / name).unlink(missing_ok=True)
    assert "holds no tokenizer; copy" in refused(root, folder, tmp_path / "out")


def test_a_model_without_chat_template(root: Path, tmp_path: Path, copied: Callable[[str], Path]) -> None:
    folder = copied("tuned")
    (folder / "chat_template.jinja").unlink()
    assert "has no chat template" in refused(root, folder, tmp_path / "out")


def test_a_tokenizer_of_another_model(root: Path, tmp_path: Path, copied: Callable[[str], Path]) -> None:
    folder = copied("tuned")
    config = folder / "tokenizer.json"
    tokens = json.loads(config.read_text())
    more = [{**tokens["added_tokens"][0], "id": 500 + n, "content": f"<more {n}>"} for n in range(50)]
    edit(config, added_tokens=[*tokens["added_tokens"], *more])
    assert "one is not the other's" in refused(root, folder, tmp_path / "out")


def test_quantised_weights(root: Path, tmp_path: Path, copied: Callable[[str], Path]) -> None:
    folder = copied("tuned")
    edit(folder / "config.json", quantization_config={"quant_method": "bitsandbytes", "load_in_4bit": True})
    assert "its weights are quantised" in refused(root, folder, tmp_path / "out")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"peft_type": "IA3"}, "peft_type IA3 is no LoRA adapter; merge it into the base"),
        ({"use_dora": True}, "use_dora is more than LoRA on matrices"),
        ({"modules_to_save": ["lm_head"]}, "modules_to_save is more than LoRA"),
        ({"bias": "all"}, "bias is more than LoRA"),
        ({"init_lora_weights": "pissa"}, "init_lora_weights pissa changed the base too"),
        ({"target_modules": []}, "needs r of at least 1 and target_modules"),
        ({"target_modules": ["q_proj"]}, "mlp.down_proj: is not among target_modules"),
        ({"r": 3}, "has rank 2, adapter_config.json says 3"),
        ({"peft_type": None}, "peft_type None is no LoRA adapter"),
    ],
)
def test_adapters_that_are_not_plain_lora(
    root: Path, tmp_path: Path, copied: Callable[[str], Path], changes: dict[str, object], why: str
) -> None:
    folder = copied("adapter")
    edit(folder / "adapter_config.json", **changes)
    assert why in refused(root, folder, tmp_path / "out")


def test_a_config_that_is_no_json(root: Path, tmp_path: Path, copied: Callable[[str], Path]) -> None:
    folder = copied("adapter")
    (folder / "adapter_config.json").write_text("{")
    assert "is no readable config of a peft adapter" in refused(root, folder, tmp_path / "out")


def test_an_adapter_of_another_size(root: Path, tmp_path: Path, copied: Callable[[str], Path]) -> None:
    folder, name = copied("adapter"), "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"
    edit_tensors(folder / ADAPTER, lambda tensors: tensors.update({name: torch.ones(2, 32)}))
    assert "lora_A 2×32 and lora_B 64×2 do not fit the base's 64×64" in refused(root, folder, tmp_path / "out")


def test_an_adapter_of_another_model(root: Path, tmp_path: Path, copied: Callable[[str], Path]) -> None:
    folder = copied("adapter")

    def move(tensors: dict[str, torch.Tensor]) -> None:
        for name in [name for name in tensors if "layers.1." in name]:
            tensors[name.replace("layers.1.", "layers.7.")] = tensors.pop(name)

    edit_tensors(folder / ADAPTER, move)
    assert "the base has no such matrix; the adapter is of another model" in refused(root, folder, tmp_path / "out")


def test_half_a_pair(root: Path, tmp_path: Path, copied: Callable[[str], Path]) -> None:
    folder = copied("adapter")
    name = "base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight"
    edit_tensors(folder / ADAPTER, lambda tensors: tensors.pop(name))
    assert "has lora_A alone" in refused(root, folder, tmp_path / "out")
