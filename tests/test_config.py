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
        ({"variants": {"baseline": {"strategy": "ift"}}}, ["variants.baseline", "reserved", "--baseline"]),
        ({"variants": {"a": {"learning_rate": 1}}}, ["variants.a: needs a strategy"]),
        ({"variants": {"a": {"strategy": "itf"}}}, ["variants.a.strategy", "did you mean 'ift'"]),
        ({"variants": variant(learning_rat=1)}, ["variants.ift.learning_rat", "did you mean 'learning_rate'"]),
        ({"variants": variant(lora={"rnk": 2})}, ["variants.ift.lora.rnk", "did you mean 'rank'"]),
        ({"variants": variant(training={"stepz": 2})}, ["variants.ift.training.stepz", "did you mean 'steps'"]),
        ({"dataset": {"source": "builtin", "also": [{"source": "x", "limit": 1, "share": 0.1}]}},
         ["dataset.also.0", "limit or share, not both"]),
        ({"dataset": {"source": "builtin", "also": [{"source": "x", "shar": 0.1}]}},
         ["dataset.also.0.shar: unknown key; did you mean 'share'?"]),
        ({"dataset": {"source": "builtin", "also": [{"source": "x", "share": 0.5}, {"source": "y", "share": 0.5}]}},
         ["dataset.also: the shares must add up to less than 1"]),
        ({"evaluation": {"tasks": []}}, ["evaluation.tasks"]),
        ({"evaluation": {"tasks": [{"tsk": "x"}]}}, ["evaluation.tasks.0"]),
        ({"name": "../up"}, ["name"]),
        ({"gate": {"variants": ["ift"], "rules": [{"task": "x"}]}}, ["at_most or at_least"]),
    ],
)  # fmt: skip
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
    assert (made.seeds, made.base.seed, made.variants[0].settings.model_dump()["learning_rate"]) == ((5,), 3, 0.5)


@pytest.mark.parametrize("override", ["seeds", "=3", "name.x=3", "seeds=[1"])
def test_a_malformed_set_is_named(tmp_path: Path, override: str) -> None:
    with pytest.raises(ConfigError, match="--set"):
        config.load(write(tmp_path), overrides=[override])


def test_a_published_table_is_named_alone_or_with_methods() -> None:
    alone = config.parse(tree(published="some"), where="x").published
    assert alone is not None and (alone.table, alone.methods) == ("some", {})
    both = config.parse(tree(published={"table": "some", "methods": {"ift": "IFT"}}), where="x").published
    assert both is not None and both.methods == {"ift": "IFT"}


def test_a_dumped_config_reads_back_to_the_same(tmp_path: Path) -> None:
    also = [{"source": "builtin:safe", "share": 0.1}]
    changes = {"published": {"table": "some"}, "dataset": {"source": "builtin", "also": also}}
    made = config.load(write(tmp_path, **changes))
    assert config.parse(yaml.safe_load(config.dump(made)), where="dump") == made


def test_the_short_ift_is_trained_as_the_run_for_fewer_steps(tmp_path: Path) -> None:
    update = config.load(write(tmp_path)).analysis.update.training
    assert (update.steps, update.epochs, update.batch_size) == (100, None, 4)


def test_the_short_ift_may_be_told_its_length(tmp_path: Path) -> None:
    analysis = {"update": {"training": {"epochs": 1, "batch_size": 2}}}
    update = config.load(write(tmp_path, analysis=analysis)).analysis.update.training
    assert (update.steps, update.epochs, update.batch_size) == (None, 1, 2)


def overridden(tmp_path: Path, **sections: Any) -> config.Variant:
    body = {"strategy": "ml_lr", "learning_rate": 1e-2, "modules": "found", **sections}
    run = {"search": {"budget": 0.2, "cap": 9}, "dataset": {"source": "builtin", "limit": 50}}
    return config.load(write(tmp_path, variants={"own": body}, **run)).variants[0]


def test_a_variant_changes_single_keys_of_a_section(tmp_path: Path) -> None:
    made = overridden(tmp_path, search={"budget": 0.1}, dataset={"limit": 20}, analysis={"probe": {"seed": 3}})
    assert made.search is not None and (made.search.budget, made.search.cap) == (0.1, 9)
    assert made.dataset is not None and (made.dataset.source, made.dataset.limit) == ("builtin", 20)
    assert made.analysis is not None and (made.analysis.probe.seed, made.analysis.update.training.steps) == (3, 100)


def test_a_variant_without_sections_keeps_the_runs(tmp_path: Path) -> None:
    made = overridden(tmp_path)
    assert (made.search, made.dataset, made.analysis) == (None, None, None)


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ({"search": {"budgt": 1}}, "variants.own.search: budgt: unknown key; did you mean 'budget'"),
        ({"search": 3}, "variants.own.search: must be a mapping"),
        ({"analysis": {"perturbation": {"kind": "shake"}}}, "variants.own.analysis: perturbation.kind"),
        ({"modules": "foudn"}, "did you mean 'found'"),
    ],
)
def test_a_mistake_in_a_variants_section_is_named(tmp_path: Path, sections: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        overridden(tmp_path, **sections)
    assert words in str(caught.value)


def test_a_config_with_sections_of_variants_dumps_and_reads_back(tmp_path: Path) -> None:
    body = {"strategy": "swat", "learning_rate": 1e-2, "modules": "found", "search": {"budget": 0.1}}
    made = config.load(write(tmp_path, variants={"own": body}))
    assert config.parse(yaml.safe_load(config.dump(made)), where="dump") == made


def extending(folder: Path, **changes: Any) -> Path:
    write(folder)
    path = folder / "child.yaml"
    path.write_text(yaml.safe_dump({"extends": "small.yaml", **changes}))
    return path


def test_a_config_is_laid_over_the_one_it_extends(tmp_path: Path) -> None:
    more = {"high": {"strategy": "ift", "learning_rate": 0.1}}
    made = config.load(extending(tmp_path, name="child", variants=more, training={"steps": 9}))
    assert made.name == "child"
    assert [v.name for v in made.variants] == ["ift", "mix", "high"]
    assert (made.training.steps, made.training.batch_size) == (9, 4)


def test_a_config_that_extends_itself_is_refused(tmp_path: Path) -> None:
    path = extending(tmp_path)
    path.write_text("extends: child.yaml\n")
    with pytest.raises(ConfigError, match=r"child\.yaml: extends: the file extends itself"):
        config.load(path)


def test_a_config_that_extends_nothing_there_is_named(tmp_path: Path) -> None:
    path = extending(tmp_path, extends="none.yaml")
    with pytest.raises(ConfigError, match=r"none\.yaml: no such file"):
        config.load(path)


@pytest.mark.parametrize("values", [[1e-3, 2e-3], {"sweep": [1e-3]}])
def test_who_gives_several_values_is_told_how_to_sweep(values: object) -> None:
    found = error(variants={"ift": {"strategy": "ift", "learning_rate": values}})
    assert found.startswith("my.yaml: variants.ift.learning_rate: Input should be")
    assert found.endswith("; for several values write sweep: {learning_rate: [...]}")


def test_an_adapter_is_no_strategy() -> None:
    with pytest.raises(ConfigError, match=r"variants\.a\.strategy: .*write strategy: ift with a section lora"):
        config.parse(tree(variants={"a": {"strategy": "lora", "learning_rate": 1e-3}}), where="x")


def test_a_section_given_as_a_value() -> None:
    own = {"strategy": "ift", "learning_rate": 1e-3, "training": {"early_stop": True}}
    why = r"variants\.a\.training\.early_stop: is a section; write it with its keys \(share, every, patience\), "
    with pytest.raises(ConfigError, match=why):
        config.parse(tree(variants={"a": own}), where="x")
