"""Modules by name: what the search found, and its controls."""

from __future__ import annotations

import pytest

from harness.analysis_records import ModuleSet, Robustness, SearchOutcome
from harness.analysis_specs import SearchSettings
from harness.errors import ConfigError
from harness.specs import TrainSpec
from harness.strategies import freezing
from harness.strategies.ml_lr import Settings, train_spec
from harness.training.found import resolved, safety_layers, with_safety_layers
from tests.robustness_sources import Shape, robustness

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


def drifting(*layers: float) -> Robustness:
    """A map whose modules drift by layer as given."""
    one = robustness(Shape())
    modules = tuple(
        one.modules[0].model_copy(
            update={"module": f"{kind}.{at}", "mean": one.modules[0].mean.model_copy(update={"harmful": drift})}
        )
        for at, drift in enumerate(layers)
        for kind in ("q", "up")
    )
    return one.model_copy(update={"modules": modules})


@pytest.mark.parametrize(
    ("drifts", "count", "expected"),
    [((0.1, 0.4, 0.5, 0.2), 2, (1, 2)), ((0.9, 0.1, 0.1, 0.7), 1, (0, 0)), ((0.5, 0.5, 0.5), 2, (0, 1))],
)
def test_safety_layers_are_the_run_that_drifts_most(
    drifts: tuple[float, ...], count: int, expected: tuple[int, int]
) -> None:
    assert safety_layers(drifting(*drifts), count=count) == expected


def test_freezing_every_layer_is_refused() -> None:
    with pytest.raises(ConfigError, match="leaves none of the model's 3 to learn"):
        safety_layers(drifting(1, 2, 3), count=3)


def test_found_safety_layers_take_the_place_of_their_name() -> None:
    asked = freezing.train_spec(freezing.Settings(learning_rate=1e-3, layers="found", count=2))
    made = with_safety_layers(asked, drifting(0.1, 0.2, 0.9, 0.8))
    assert [rule.modules for rule in made.groups] == [("*.2-3",), ("*",)]
    assert not made.needs_analysis
