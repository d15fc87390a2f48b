"""What strategies need beside the data. A strategy of the tests' own stands for those that need most."""

from __future__ import annotations

from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from harness import config, plugins
from harness.errors import ConfigError
from harness.specs import GroupRule, TrainSpec
from harness.strategies import TunedSettings
from harness.strategy_needs import check_needs, needs_in_words
from harness.train_specs import Turns
from tests.configs import tree

ALL = GroupRule(name="all", modules=("*",), scale=1.0)
SAFETY = TrainSpec(learning_rate=1, groups=(ALL,), turns=Turns(tuning_steps=1, safety_steps=1))
SIBLING = TrainSpec(learning_rate=1, groups=(ALL,), unaligned=True)
MIXED = TrainSpec(learning_rate=1, groups=(ALL,), safety_share=0.1)
LAYERS = TrainSpec(learning_rate=1, groups=(GroupRule(name="s", modules=("@safety_layers:2",), scale=0), ALL))


@pytest.mark.parametrize(
    ("spec", "section", "words"),
    [
        (SAFETY, {"safety_data": {"source": "builtin:safe"}}, "needs safety_data .*builtin:safe"),
        (SIBLING, {"unaligned": {"model": "builtin:unaligned"}}, "needs the unaligned sibling .*builtin:unaligned"),
    ],
)
def test_what_the_config_lacks_is_named_by_variant(spec: TrainSpec, section: dict[str, Any], words: str) -> None:
    made = config.parse(tree(), where="x")
    with pytest.raises(ConfigError, match=f"variants.ift: strategy ift {words}"):
        check_needs(made.variants[0], spec, made)
    check_needs(made.variants[0], spec, config.parse(tree(**section), where="x"))


@pytest.mark.parametrize(
    ("key", "value"), [("also", [{"source": "builtin:harmful"}]), ("max_tokens", 64), ("too_long", "drop")]
)
def test_what_a_share_of_the_safety_data_would_not_use_is_refused(key: str, value: object) -> None:
    made = config.parse(tree(safety_data={"source": "builtin:safe", key: value}), where="x")
    with pytest.raises(ConfigError, match=f"safety_data.{key}: variants.ift .*leave {key} out"):
        check_needs(made.variants[0], MIXED, made)
    check_needs(made.variants[0], SAFETY, made)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (SAFETY, "safety_data (ift)"),
        (SIBLING, "the unaligned sibling (ift)"),
        (LAYERS, "the analysis of modules (ift)"),
    ],
)
def test_each_need_is_named_once(monkeypatch: pytest.MonkeyPatch, spec: TrainSpec, words: str) -> None:
    rate = {"strategy": "ift", "learning_rate": 1e-3}
    made = config.parse(tree(variants={"a": rate, "b": rate}), where="x")

    def load(kind: str, name: str) -> ModuleType | SimpleNamespace:
        return SimpleNamespace(Settings=TunedSettings, train_spec=lambda settings: spec)

    monkeypatch.setattr(plugins, "load", load)
    assert needs_in_words(made) == (words,)
