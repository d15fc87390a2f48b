"""Which variants make one curve."""

from __future__ import annotations

from typing import Any

from harness import config
from harness.families import families_of
from tests.configs import tree


def families(**variants: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    made = families_of(config.parse(tree(variants=variants), where="x"))
    return {f.name: f.variants for f in made}


def ift(rate: float = 1e-3, **more: Any) -> dict[str, Any]:
    return {"strategy": "ift", "learning_rate": rate, **more}


def ml_lr(modules: Any, rate: float = 1e-3, **more: Any) -> dict[str, Any]:
    return {"strategy": "ml_lr", "learning_rate": rate, "modules": modules, **more}


def test_rates_of_one_strategy_are_a_family() -> None:
    found = families(a=ift(1e-3), b=ift(2e-3), c=ml_lr(["q"], 1e-3), d=ml_lr(["q"], 3e-3))
    assert found == {"plain IFT": ("a", "b"), "c, d": ("c", "d")}


def test_names_are_not_gone_by() -> None:
    assert families(random=ift(1e-3), ift=ml_lr("random")) == {"plain IFT": ("random",), "ift": ("ift",)}


def test_training_length_and_rank_are_ways_to_learn_more() -> None:
    long = families(a=ift(), b=ift(training={"steps": 9}))
    ranks = families(a=ift(lora={"rank": 2}), b=ift(lora={"rank": 8}))
    assert long == ranks == {"plain IFT": ("a", "b")}


def test_other_settings_part_families() -> None:
    found = families(a=ml_lr(["q"]), b=ml_lr(["k"]), c=ml_lr(["q"], rest_ratio=0.5))
    assert list(found) == ["a", "b", "c"]


def test_another_search_parts_only_what_takes_its_modules() -> None:
    search = {"budget": 0.7}
    assert list(families(a=ml_lr("found"), b=ml_lr("found", search=search))) == ["a", "b"]
    assert list(families(a=ml_lr(["q"]), b=ml_lr(["q"], search=search))) == ["a, b"]


def test_data_and_adapters_part_families_and_are_told() -> None:
    variants = {"a": ift(), "b": ift(lora={"rank": 2}), "c": ift(dataset={"limit": 9}), "d": ml_lr(["q"])}
    a, b, c, d = families_of(config.parse(tree(variants=variants), where="x"))
    assert [f.name for f in (a, b, c)] == ["plain IFT"] * 3
    assert (a.data, a.lora) == (d.data, d.lora)
    assert b.lora and b.data == a.data
    assert c.data != a.data


def test_kinds() -> None:
    variants = {"a": ift(), "b": ml_lr("random"), "c": ml_lr("complement"), "d": ml_lr("found"), "e": ml_lr(["q"])}
    found = families_of(config.parse(tree(variants=variants), where="x"))
    assert [f.kind for f in found] == ["plain", "control", "control", "other", "other"]
