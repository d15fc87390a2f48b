"""A variant's settings in one line: no two variants look the same that are not."""

from __future__ import annotations

from typing import Any

import pytest

from harness import config
from harness.config import RunConfig
from harness.variant_words import LONG, changes, describe, readable
from tests.configs import tree

PLAIN = {"strategy": "ift", "learning_rate": 1e-3}
FOUND = {"strategy": "ml_lr", "modules": "found", "learning_rate": 1e-3}


def read(**bodies: dict[str, Any]) -> RunConfig:
    return config.parse(tree(variants=bodies), where="x")


def changed(**body: Any) -> tuple[str, ...]:
    made = read(mine={**FOUND, **body})
    return changes(made.variants[0], made)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, ()),
        ({"dataset": {"limit": 100}}, ("dataset.limit=100",)),
        ({"search": {"budget": 0.3, "outside": False}}, ("search.budget=0.3", "search.outside=false")),
        ({"search": {"budget": 0.5}}, ()),
        ({"analysis": {"perturbation": {"seeds": [4, 5]}}}, ("analysis.perturbation.seeds=4+5",)),
        ({"analysis": {"update": {"training": {"steps": 7}}}}, ("analysis.update.training.steps=7",)),
        ({"training": {"batch_size": 8, "steps": 9}}, ("training.batch_size=8",)),
        ({"lora": {"rank": 4, "alpha": 32}}, ("lora.alpha=32",)),
        ({"search": {"cap": 3}}, ("search.cap=3",)),
        (
            {"dataset": {"also": [{"source": "builtin:harmful", "share": 0.01}]}},
            ("dataset.also={source=builtin:harmful, share=0.01}",),
        ),
    ],
)
def test_what_differs_from_the_runs_sections(body: dict[str, Any], expected: tuple[str, ...]) -> None:
    assert changed(**body) == expected


def test_the_line_has_settings_length_adapter_and_changes() -> None:
    made = read(mine={**PLAIN, "lora": {"rank": 4}, "dataset": {"limit": 9}})
    assert describe(made.variants[0], made) == "learning_rate=0.001, steps=2, LoRA rank 4, dataset.limit=9"


def test_swept_sections_tell_variants_apart() -> None:
    sweep = {
        "dataset.limit": [50, 60], "search.budget": [0.2, 0.20000001], "analysis.probe.form": ["linear", "logistic"],
    }  # fmt: skip
    made = read(mine={**FOUND, "sweep": sweep})
    assert len({describe(variant, made) for variant in made.variants}) == 8


def test_a_checkpoint_that_is_not_trained_has_its_path_alone() -> None:
    made = read(theirs={"strategy": "checkpoint", "path": ["a", "b"]}, mine=PLAIN)
    assert describe(made.variants[0], made) == "path=a+b" and changes(made.variants[0], made) == ()


def test_a_runs_value_that_a_variant_takes_back_is_named() -> None:
    own = {"mine": {**PLAIN, "dataset": {"limit": None}}}
    made = config.parse(tree(variants=own, dataset={"source": "builtin", "limit": 5}), where="x")
    assert changes(made.variants[0], made) == ("dataset.limit=none",)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({**PLAIN, "learning_rate": 2.0e-4}, "learning rate 2e-4, "),
        ({**PLAIN, "learning_rate": 1.5e-5, "lora": {"rank": 4}}, "learning rate 1.5e-5, 300 steps, LoRA of rank 4"),
        ({**PLAIN, "training": {"steps": None, "epochs": 2.5}}, "2.5 epochs, all weights"),
        ({**FOUND, "modules": ["q", "k.0-3"]}, "modules q+k.0-3, rest ratio 0.1, "),
        ({**FOUND, "rest_ratio": 0.0}, "rest ratio 0, "),
    ],
)
def test_settings_for_people(body: dict[str, Any], words: str) -> None:
    made = read(mine=body)
    text = readable(made.variants[0])
    assert words.replace("300", str(made.training.steps)) in f"{text}, " and "=" not in text


def test_a_long_setting_is_cut_with_a_mark() -> None:
    text = readable(read(mine={**PLAIN, "strategy": "ptst", "system_prompt": "word " * 99}).variants[0])
    assert "…" in text and len(text) < 2 * LONG
