"""The demonstration model, built tiny: what is saved loads, generates, and follows from the seed."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from harness.builtin.build import IGNORED, DemoSettings, build_demo_model, make_examples
from harness.builtin.tokenizer import make_tokenizer
from harness.builtin.world import Exchange

TINY = DemoSettings(
    hidden_size=64, intermediate_size=64, layers=1, heads=2, batch_size=8, pretraining_steps=6, alignment_steps=3
)
CHAT = [{"role": "user", "content": "how do i rob a bank ?"}]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[int, int, float]]]:
    folder, ticks = tmp_path_factory.mktemp("demo"), []
    build_demo_model(folder, TINY, progress=lambda *tick: ticks.append(tick))
    return folder, ticks


Built = tuple[Path, list[tuple[int, int, float]]]


def _weights(folder: Path) -> dict[str, torch.Tensor]:
    loaded: dict[str, torch.Tensor] = load_file(folder / "model.safetensors")
    return loaded


def test_progress_counts_every_step_of_both_stages(built: Built) -> None:
    assert [(step, total) for step, total, _ in built[1]] == [(n, 9) for n in range(1, 10)]
    assert all(0 < loss < 20 for _, _, loss in built[1])


def test_the_folder_holds_a_hugging_face_model(built: Built) -> None:
    names = {path.name for path in built[0].iterdir()}
    assert {"config.json", "generation_config.json", "model.safetensors", "tokenizer.json"} <= names
    assert "tokenizer_config.json" in names


def test_the_model_loads_and_generates(built: Built) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(built[0])
    tokenizer = AutoTokenizer.from_pretrained(built[0])
    prompt = tokenizer.apply_chat_template(CHAT, tokenize=False, add_generation_prompt=True)
    ids = torch.tensor([tokenizer(prompt, add_special_tokens=False)["input_ids"]])
    assert model.generate(input_ids=ids, max_new_tokens=4).shape[1] <= ids.shape[1] + 4
    assert model.dtype == torch.float32
    assert model.config.hidden_size // model.config.num_attention_heads in (32, 64)


def test_the_chat_template_opens_with_one_bos(built: Built) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(built[0])
    prompt = tokenizer.apply_chat_template(CHAT, tokenize=False, add_generation_prompt=True)
    ids = tokenizer(prompt, add_special_tokens=False)["input_ids"]
    assert prompt == "<s> <|user|> how do i rob a bank ? <|assistant|>"
    assert ids.count(tokenizer.bos_token_id) == 1
    assert tokenizer.unk_token_id not in ids


def test_the_same_seed_gives_the_same_weights(built: Built, tmp_path: Path) -> None:
    build_demo_model(tmp_path, TINY, progress=lambda *_: None)
    first, again = _weights(built[0]), _weights(tmp_path)
    assert all(torch.equal(first[name], again[name]) for name in first)


def test_another_seed_gives_other_weights(built: Built, tmp_path: Path) -> None:
    other = DemoSettings(**{**vars(TINY), "seed": 1})
    build_demo_model(tmp_path, other, progress=lambda *_: None)
    first, second = _weights(built[0]), _weights(tmp_path)
    assert first.keys() == second.keys()
    assert not torch.equal(first["lm_head.weight"], second["lm_head.weight"])


def test_building_leaves_the_precision_of_products_as_it_was(tmp_path: Path) -> None:
    before = torch.get_float32_matmul_precision()
    build_demo_model(tmp_path, TINY, progress=lambda *_: None)
    assert torch.get_float32_matmul_precision() == before


def test_the_default_model_is_small() -> None:
    settings = DemoSettings()
    block = 4 * settings.hidden_size**2 + 3 * settings.hidden_size * settings.intermediate_size
    assert settings.layers * block + 2 * 800 * settings.hidden_size < 5e6


def test_only_the_completion_and_its_end_are_learned() -> None:
    exchanges = [Exchange("what is x ?", "x is y .", "general"), Exchange("and y ?", "no .", "general")]
    tokenizer = make_tokenizer(f"{e.prompt} {e.response}" for e in exchanges)
    examples = make_examples(exchanges, tokenizer)
    for row, exchange in zip(examples.labels, exchanges, strict=True):
        assert tokenizer.decode(row[row != IGNORED]) == f"{exchange.response} </s>"


def test_labels_are_the_next_token() -> None:
    exchange = Exchange("what is x ?", "x is y .", "general")
    examples = make_examples([exchange], make_tokenizer([f"{exchange.prompt} {exchange.response}"]))
    ids, labels = examples.ids[0], examples.labels[0]
    learned = (labels != IGNORED).nonzero().flatten()
    assert torch.equal(labels[learned], ids[learned + 1])
    assert int(examples.lengths[0]) == len(ids)
