"""Modules by name: what the search found, and its controls."""

from __future__ import annotations

import pytest

from harness.analysis_records import ModuleSet, SearchOutcome
from harness.analysis_specs import SearchSettings
from harness.errors import ConfigError
from harness.specs import TrainSpec
from harness.strategies.ml_lr import Settings, train_spec
from harness.training.found import resolved

EVERY = tuple(f"{kind}.{layer}" for layer in range(2) for kind in ("q", "k", "v", "o", "gate", "up", "down"))


def outcome(*chosen: str, complement: tuple[str, ...] = ("down.0", "o.0")) -> SearchOutcome:
    found = ModuleSet(modules=chosen, drift=0.1, gain=None, parameters=10)
    return SearchOutcome(
        settings=SearchSettings(), budget=0.2, whole=found, order=EVERY, steps=(), chosen=found,
        complement=complement, every=EVERY, by_seed=(), overlap=None, evaluations=0,
    )  # fmt: skip


def spec(name: str) -> TrainSpec:
    return train_spec(Settings.model_validate({"learning_rate": 1e-3, "modules": name}))


def test_found_modules_take_the_place_of_their_name() -> None:
    made = resolved(spec("found"), outcome("q.0", "up.1"), seed=0, trainable=EVERY)
    assert [rule.modules for rule in made.groups] == [("q.0", "up.1"), ("*",)]
    assert not made.needs_search


def test_the_complement_is_the_searchs() -> None:
    assert resolved(spec("complement"), outcome("q.0", "up.1"), seed=0, trainable=EVERY).groups[0].modules == (
        "down.0",
        "o.0",
    )


def test_a_random_set_is_of_the_same_size_and_goes_by_the_seed() -> None:
    sets = [
        resolved(spec("random"), outcome("q.0", "up.1", "k.0"), seed=s, trainable=EVERY).groups[0].modules
        for s in (0, 0, 1, 2, 3)
    ]
    assert all(len(set(s)) == 3 and set(s) <= set(EVERY) for s in sets)
    assert sets[0] == sets[1]
    assert len(set(sets)) > 2


def test_a_random_set_treats_what_is_outside_the_layers_as_the_found_set_does() -> None:
    modules = (
        resolved(spec("random"), outcome("q.0", "up.1", "embed"), seed=0, trainable=(*EVERY, "embed")).groups[0].modules
    )
    assert modules[-1] == "embed" and len(set(modules) & set(EVERY)) == 2


@pytest.mark.parametrize("name", ["found", "random"])
def test_what_is_not_trained_is_left_out_of_every_set(name: str) -> None:
    adapted = ("q.0", "q.1", "v.0")
    made = resolved(spec(name), outcome("q.0", "up.1", "embed"), seed=0, trainable=adapted)
    assert len(made.groups[0].modules) == 1 and set(made.groups[0].modules) <= set(adapted)


def test_a_set_of_which_nothing_is_trained_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"lora\.modules"):
        resolved(spec("found"), outcome("up.1"), seed=0, trainable=("q.0",))


@pytest.mark.parametrize(("name", "why"), [("found", "raise search.budget"), ("complement", "the search took every")])
def test_an_empty_set_is_refused_with_the_reason(name: str, why: str) -> None:
    empty = outcome(complement=()) if name == "complement" else outcome()
    with pytest.raises(ConfigError, match=why):
        resolved(spec(name), empty, seed=0, trainable=EVERY)
