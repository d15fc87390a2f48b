"""A chat template that refuses a system turn, or drops it, is found before anything is trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness import config
from harness.cli.app import main
from harness.errors import ModelError
from harness.specs import ModelSource
from harness.system_prompts import check_system_prompts, local_folder, system_prompts
from tests.configs import tree, write
from tests.tiny_models import FAMILIES, save_tiny_llama

LOOP = FAMILIES["llama"].template
REFUSAL = "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
REFUSES = LOOP.replace("{% for", REFUSAL + "{% for")
DROPS = LOOP.replace("in messages %}", "in messages if m['role'] != 'system' %}")
ONLY_MARKS = LOOP.replace("m['content']", "('' if m['role'] == 'system' else m['content'])")
PTST = {"strategy": "ptst", "learning_rate": 1e-3}


def model(folder: Path, template: str) -> Path:
    made = save_tiny_llama(folder / "model")
    (made / "chat_template.jinja").write_text(template, encoding="utf-8")
    return made


def asked(**changes: Any) -> tuple[Any, ...]:
    return system_prompts(config.parse(tree(variants={"mine": PTST}, **changes), where="x"))


def test_prompts_of_strategies_and_of_the_run_are_named() -> None:
    evaluation = {**tree()["evaluation"], "system_prompt": "be kind"}
    found = [(prompt.key, prompt.whose) for prompt in asked(evaluation=evaluation)]
    assert found == [("evaluation.system_prompt", "every variant"), ("variants.mine", "strategy ptst")]
    assert system_prompts(config.parse(tree(), where="x")) == ()


@pytest.mark.parametrize(
    ("template", "why"),
    [
        (REFUSES, "the base does not take one: the chat template refuses .*no system"),
        (DROPS, "the base's chat template makes nothing of it"),
        (ONLY_MARKS, "the base's chat template makes nothing of it"),
    ],
)
def test_a_template_without_a_system_turn(tmp_path: Path, template: str, why: str) -> None:
    folder = model(tmp_path, template)
    with pytest.raises(ModelError, match=rf"variants\.mine: strategy ptst asks with a system prompt, and {why}"):
        check_system_prompts(asked(), folder, trust_remote_code=False)
    check_system_prompts((), folder, trust_remote_code=False)


def test_a_template_with_a_system_turn(tmp_path: Path) -> None:
    check_system_prompts(asked(), model(tmp_path, LOOP), trust_remote_code=False)


def test_where_the_tokenizer_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = model(tmp_path, LOOP)
    (tmp_path / "empty").mkdir()
    hub_model = ModelSource(kind="hub", location="me/chat", revision="c" * 40)
    monkeypatch.setattr("harness.hub.cached", lambda *_, **__: folder)
    assert local_folder(ModelSource(kind="path", location=str(folder))) == folder
    assert local_folder(hub_model) == folder
    assert local_folder(ModelSource(kind="builtin", location="builtin")) is None
    assert local_folder(ModelSource(kind="path", location=str(tmp_path / "empty"))) is None


def test_validate_tells_it_by_file_and_variant(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, base={"model": str(model(tmp_path, DROPS))}, variants={"mine": PTST})
    assert main(["validate", str(path)]) == 2
    assert f"{path}: variants.mine: strategy ptst asks" in capsys.readouterr().err


@pytest.mark.slow
def test_a_run_ends_before_the_training(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, base={"model": str(model(tmp_path, REFUSES))}, variants={"mine": PTST}, seeds=[0])
    assert main(["run", str(path), "--store", str(tmp_path / "s"), "--runs", str(tmp_path / "r")]) == 2
    said = capsys.readouterr()
    assert f"{path}: variants.mine: strategy ptst asks" in said.err
    assert "train" not in said.out
    assert len(list((tmp_path / "s" / "stages").iterdir())) == 1
