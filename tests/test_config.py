"""Configs: what they mean, and one clear line for every mistake."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from harness import config
from harness.errors import ConfigError
from tests.configs import tree, write


def error(**changes: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        config.parse(tree(**changes), where="my.yaml")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def variant(**settings: Any) -> dict[str, Any]:
    return {"ift": {"strategy": "ift", "learning_rate": 1e-3, **settings}}


def test_a_variant_takes_the_common_training_and_its_own() -> None:
    made = config.parse(tree(variants=variant(training={"steps": 7})), where="x").variants[0]
    assert (made.training.steps, made.training.batch_size) == (7, 4)


def test_a_variants_epochs_replace_the_common_steps() -> None:
    made = config.parse(tree(variants=variant(training={"epochs": 2})), where="x").variants[0]
    assert (made.training.steps, made.training.epochs) == (None, 2)


def test_settings_are_the_strategys_own_record() -> None:
    made = config.parse(tree(), where="x").variants[1]
    assert made.settings.model_dump() == {"learning_rate": 0.01, "modules": ("q", "k"), "rest_ratio": 0.1}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sedes": [1]}, ["my.yaml: sedes: unknown key; did you mean 'seeds'?"]),
        ({"seeds": []}, ["seeds"]),
        ({"seeds": [1, 1]}, ["each seed may be named once"]),
        ({"seeds": ["one"]}, ["seeds.0", "'one'"]),
        ({"base": {}}, ["base.model: is required"]),
        ({"base": {"model": "builtin", "revison": "x"}}, ["base.revison: unknown key; did you mean 'revision'?"]),
        ({"training": {"batch_size": 4}}, ["training.steps or training.epochs"]),
        ({"training": {"steps": 0}}, ["steps", "greater than 0"]),
        ({"variants": {}}, ["variants: must map names"]),
        ({"variants": {"base": {"strategy": "ift"}}}, ["variants.base", "reserved"]),
        ({"variants": {"a": {"learning_rate": 1}}}, ["variants.a: needs a strategy"]),
        ({"variants": {"a": {"strategy": "itf"}}}, ["variants.a.strategy", "did you mean 'ift'"]),
        ({"variants": variant(learning_rat=1)}, ["variants.ift.learning_rat", "did you mean 'learning_rate'"]),
        ({"variants": variant(lora={"rnk": 2})}, ["variants.ift.lora.rnk", "did you mean 'rank'"]),
        ({"variants": variant(training={"stepz": 2})}, ["variants.ift.training.stepz", "did you mean 'steps'"]),
        ({"evaluation": {"tasks": []}}, ["evaluation.tasks"]),
        ({"evaluation": {"tasks": [{"tsk": "x"}]}}, ["evaluation.tasks.0"]),
        ({"name": "../up"}, ["name"]),
        ({"gate": {"variants": ["ift"], "rules": [{"task": "x"}]}}, ["at_most or at_least"]),
    ],
)
def test_mistakes_are_named(changes: dict[str, Any], words: list[str]) -> None:
    message = error(**changes)
    for word in words:
        assert word in message


@pytest.mark.parametrize("text", ["a: [1", "- 1\n- 2", "just words"])
def test_what_is_no_mapping_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    with pytest.raises(ConfigError, match=r"bad\.yaml"):
        config.load(tmp_path / "bad.yaml")


def test_a_yaml_mistake_has_its_line(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("name: x\nbase: {model: [}\n")
    with pytest.raises(ConfigError, match=r"bad\.yaml:2"):
        config.load(tmp_path / "bad.yaml")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        config.load(tmp_path / "none.yaml")


def test_set_replaces_and_adds(tmp_path: Path) -> None:
    overrides = ["seeds=[5]", "base.seed=3", "variants.ift.learning_rate=0.5"]
    made = config.load(write(tmp_path), overrides=overrides)
    assert (made.seeds, made.base.seed, made.variants[0].settings.learning_rate) == ((5,), 3, 0.5)


@pytest.mark.parametrize("override", ["seeds", "=3", "name.x=3", "seeds=[1"])
def test_a_malformed_set_is_named(tmp_path: Path, override: str) -> None:
    with pytest.raises(ConfigError, match="--set"):
        config.load(write(tmp_path), overrides=[override])


def test_a_dumped_config_reads_back_to_the_same(tmp_path: Path) -> None:
    made = config.load(write(tmp_path))
    assert config.parse(yaml.safe_load(config.dump(made)), where="dump") == made
