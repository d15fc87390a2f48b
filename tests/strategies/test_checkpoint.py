"""Checkpoints tuned elsewhere, as a variant of a config."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from harness import config
from harness.errors import ConfigError
from harness.families import families_of
from harness.specs import CheckpointSpec
from harness.strategies.checkpoint import Settings, train_spec
from tests.configs import tree


def parsed(**more: Any) -> config.RunConfig:
    """A config of one adopted variant, without data to tune on."""
    changed = tree(variants={"mine": {"strategy": "checkpoint", "path": "out/mine", **more}})
    return config.parse({key: value for key, value in changed.items() if key != "dataset"}, where="x.yaml")


def test_one_path_is_one_seed() -> None:
    assert train_spec(Settings(path="out/mine")) == CheckpointSpec(paths=("out/mine",))


def test_a_list_is_one_seed_each() -> None:
    spec = train_spec(Settings.model_validate({"path": ["a/b", "a/c"], "revision": "v1"}))
    assert spec == CheckpointSpec(paths=("a/b", "a/c"), revision="v1")


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ([], "at least 1"),
        ("", "at least 1"),
        (["a", "a"], "a is named twice"),
        ("builtin:unaligned", "builtin:unaligned can be a base alone"),
    ],
)
def test_what_is_no_path_is_named(path: object, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Settings.model_validate({"path": path})


def test_it_needs_no_data_and_nothing_of_training() -> None:
    made = parsed()
    assert made.dataset is None
    assert not made.variants[0].settings.trains


@pytest.mark.parametrize("part", ["training", "lora", "dataset", "analysis", "search"])
def test_a_section_of_training_is_refused(part: str) -> None:
    with pytest.raises(ConfigError, match=rf"x\.yaml: variants\.mine\.{part}: strategy checkpoint trains nothing"):
        parsed(**{part: {}})


def test_a_dumped_config_is_read_back() -> None:
    made = parsed(path=["a", "b"])
    assert config.read(config.dump(made), where="x") == made


def test_each_is_a_family_of_its_own() -> None:
    variants = {name: {"strategy": "checkpoint", "path": name} for name in ("a", "b")}
    made = families_of(config.parse(tree(variants=variants), where="x"))
    assert [(family.name, family.kind) for family in made] == [("a", "other"), ("b", "other")]
    assert made[0].data != made[1].data
