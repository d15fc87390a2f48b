"""PTST."""

from __future__ import annotations

from harness.strategies import ift, ptst


def test_it_trains_as_plain_ift_and_is_asked_with_the_prompt() -> None:
    spec = ptst.train_spec(ptst.Settings(learning_rate=1e-3, system_prompt="be safe"))
    assert spec.system_prompt == "be safe"
    assert spec.model_copy(update={"system_prompt": None}) == ift.train_spec(ift.Settings(learning_rate=1e-3))
