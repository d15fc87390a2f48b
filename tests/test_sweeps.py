"""Sweeps: what they make, and one clear line for every mistake."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness import config
from harness.errors import ConfigError
from harness.families import families_of
from harness.plan import make_plan
from tests.configs import tree, write

ML_LR = {"strategy": "ml_lr", "modules": ["q"], "learning_rate": 8e-4}
RATES = {"strategy": "ift", "sweep": {"learning_rate": [2e-4, 4e-4]}}
RANGE = {"from": 0.01, "to": 1.0, "steps": 3, "scale": "log"}


def parsed(**variants: Any) -> config.RunConfig:
    return config.parse(tree(variants=variants), where="my.yaml")


def error(**variants: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        parsed(**variants)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def names(made: config.RunConfig) -> list[str]:
    return [variant.name for variant in made.variants]


def test_a_list_makes_a_variant_for_each_value_in_its_place() -> None:
    made = parsed(first=ML_LR, ift=RATES, last=ML_LR)
    assert names(made) == ["first", "ift-2e-4", "ift-4e-4", "last"]
    assert [v.settings.model_dump()["learning_rate"] for v in made.variants[1:3]] == [2e-4, 4e-4]


def test_a_grid_is_the_product_the_first_key_slowest() -> None:
    made = parsed(m={**ML_LR, "sweep": {"rest_ratio": RANGE, "training.steps": [150, 300]}})
    assert names(made) == ["m-0.01-150", "m-0.01-300", "m-0.1-150", "m-0.1-300", "m-1-150", "m-1-300"]
    assert [(v.settings.model_dump()["rest_ratio"], v.training.steps) for v in made.variants[2:4]] == [
        (0.1, 150),
        (0.1, 300),
    ]
    assert made.variants[0].training.batch_size == 4


def test_sections_may_be_nested_or_dotted() -> None:
    dotted = {
        "lora.rank": [2, 4], "dataset.limit": [9], "search.budget": [0.5], "analysis.update.learning_rate": [1e-3],
    }  # fmt: skip
    nested = {
        "lora": {"rank": [2, 4]}, "dataset": {"limit": [9]}, "search": {"budget": [0.5]},
        "analysis": {"update": {"learning_rate": [1e-3]}},
    }  # fmt: skip
    made = parsed(m={**ML_LR, "sweep": dotted})
    assert made == parsed(m={**ML_LR, "sweep": nested})
    assert [(v.lora and v.lora.rank, v.dataset and v.dataset.limit) for v in made.variants] == [(2, 9), (4, 9)]


def test_modules_may_be_swept_by_name_and_pattern() -> None:
    made = parsed(m={"strategy": "ml_lr", "learning_rate": 1e-3, "sweep": {"modules": ["found", ["q", "k"]]}})
    assert names(made) == ["m-found", "m-q+k"]


def test_a_swept_config_dumps_its_variants_and_reads_back_to_the_same() -> None:
    made = parsed(ift=RATES, m={**ML_LR, "lora": {"rank": 2}, "sweep": {"rest_ratio": RANGE, "lora.alpha": [1, 2]}})
    text = config.dump(made)
    assert "sweep" not in text and "m-0.01-2:" in text
    assert config.read(text, where="dump") == made


def test_a_swept_variant_has_the_keys_of_one_that_was_written_out() -> None:
    written = {f"ift-{n}e-4": {"strategy": "ift", "learning_rate": n * 1e-4} for n in (2, 4)}
    assert make_plan(parsed(ift=RATES)).stages == make_plan(parsed(**written)).stages


def test_rates_of_a_sweep_make_one_curve_for_each_other_setting() -> None:
    sweep = {"rest_ratio": [0.1, 0.2], "learning_rate": [1e-3, 2e-3]}
    found = families_of(parsed(ift=RATES, m={"strategy": "ml_lr", "modules": ["q"], "sweep": sweep}))
    assert [f.variants for f in found] == [
        ("ift-2e-4", "ift-4e-4"),
        ("m-0.1-1e-3", "m-0.1-2e-3"),
        ("m-0.2-1e-3", "m-0.2-2e-3"),
    ]


@pytest.mark.parametrize("key", ["training.steps", "training"])
def test_set_replaces_a_sweep_in_either_form(tmp_path: Path, key: str) -> None:
    swept: Any = {"training.steps": [1, 2]} if key == "training.steps" else {"training": {"steps": [1, 2]}}
    path = write(tmp_path, variants={"ift": {"strategy": "ift", "learning_rate": 1e-3, "sweep": swept}})
    made = config.load(path, overrides=["variants.ift.sweep.training.steps=[5, 6]"])
    assert names(made) == ["ift-5", "ift-6"]


def test_set_may_begin_a_sweep(tmp_path: Path) -> None:
    overrides = ["variants.ift.sweep.training.steps=[5, 6]"]
    assert names(config.load(write(tmp_path), overrides=overrides)) == ["ift-5", "ift-6", "mix"]


def test_set_finds_a_variant_whose_name_has_dots(tmp_path: Path) -> None:
    path = write(tmp_path, variants={"r-0.1": ML_LR})
    made = config.load(path, overrides=["variants.r-0.1.learning_rate=0.5"])
    assert made.variants[0].settings.model_dump()["learning_rate"] == 0.5


def swept(**sweep: Any) -> dict[str, Any]:
    return {**ML_LR, "sweep": {key.replace("__", "."): given for key, given in sweep.items()}}


@pytest.mark.parametrize(
    ("variant", "words"),
    [
        ({**ML_LR, "sweep": None}, "sweep: must map settings to values, e.g. {learning_rate: [2.0e-4, 4.0e-4]}"),
        ({**ML_LR, "sweep": {}}, "sweep: must map settings to values"),
        (swept(rest_ration=[1]), "sweep.rest_ration: unknown key; did you mean 'rest_ratio'?; known: learning_rate,"),
        (swept(seeds=[1]), "sweep.seeds: unknown key; known: learning_rate, modules, rest_ratio, training.…, lora.…"),
        (swept(lora__rnk=[1]), "sweep.lora.rnk: unknown key; did you mean 'rank'?; known: rank, alpha"),
        (swept(rest_ratio__x=[1]), "sweep.rest_ratio.x: unknown key; rest_ratio is a single setting"),
        (swept(lora=[8, 16]), "sweep.lora: is a section; sweep over its keys: rank, alpha"),
        (swept(rest_ratio=[]), "sweep.rest_ratio: has no values"),
        (swept(learning_rate=[1]), "sweep.learning_rate: is swept, and given as 0.0008 too; keep one of them"),
        ({**swept(training__steps=[1]), "training": {"steps": 3}}, "sweep.training.steps: is swept, and given as 3"),
        ({**swept(lora__rank=[1]), "lora": None}, "sweep.lora.rank: is swept, and what it lies in is given another"),
        (swept(training__steps=[1], training={"steps": [2]}), "sweep.training.steps: is swept twice"),
        (swept(rest_ratio={**RANGE, "from": 0}), "sweep.rest_ratio: scale: log needs from and to above 0"),
        (swept(rest_ratio={**RANGE, "steps": 500}, training__steps=[1, 2]), "sweep: makes 500 × 2 = 1000 variants"),
        (swept(rest_ratio=[-1]), "variants.m--1.rest_ratio: Input should be greater than or equal to 0"),
        ({"strategy": "itf", "sweep": {"x": [1]}}, "m.strategy: unknown plug-in 'itf' among strategies"),
        ({"sweep": {"learning_rate": [1]}}, "variants.m: needs a strategy"),
    ],
)
def test_mistakes_name_file_and_key(variant: dict[str, Any], words: str) -> None:
    message = error(m=variant)
    assert message.startswith("my.yaml: variants.m")
    assert words in message


def test_a_value_that_the_setting_does_not_take_names_its_sweep() -> None:
    assert error(m=swept(lora__rank=[1, 2.5])).endswith("(got '2.5'); made by variants.m.sweep")


@pytest.mark.parametrize("first", [True, False])
def test_a_name_that_another_variant_has_is_refused(first: bool) -> None:
    both = {"ift-2e-4": ML_LR, "ift": RATES} if first else {"ift": RATES, "ift-2e-4": ML_LR}
    assert "variants.ift.sweep: makes ift-2e-4, and so does something else" in error(**both)


def test_names_that_clash_within_a_grid_are_refused() -> None:
    message = error(m=swept(dataset__split=["a", "a-b"], dataset__prompt_field=["b-c", "c"]))
    assert "variants.m.sweep: makes m-a-b-c, and so does something else" in message


def test_names_that_clash_between_sweeps_are_refused() -> None:
    both = {"m": swept(rest_ratio=[1], training__steps=[2]), "m-1": swept(training__steps=[2])}
    assert "variants.m-1.sweep: makes m-1-2, and so does something else" in error(**both)


def test_the_sweeps_of_a_config_are_capped_together() -> None:
    wide = {"rest_ratio": {"from": 0, "to": 1, "steps": 300}}
    assert "variants.b.sweep: makes the variants of all sweeps more than 500" in error(
        a={**ML_LR, "sweep": wide}, b={**ML_LR, "sweep": wide}
    )


def test_a_gate_on_the_sweeps_own_name_is_told_the_variants() -> None:
    gate = {"variants": ["ift"], "rules": [{"task": "clinic_choice", "at_least": 0.1}]}
    with pytest.raises(ConfigError, match="'ift' is not a variant of this run; did you mean 'ift-2e-4' or 'ift-4e-4'?"):
        make_plan(config.parse(tree(variants={"ift": RATES}, gate=gate), where="x"))
