"""L2-SP."""

from __future__ import annotations

import pytest

from harness.specs import LoraSpec
from harness.strategies import ift, l2_sp
from tests.tuned import Bench, changes


@pytest.mark.parametrize("lora", [None, LoraSpec(rank=4, alpha=8)], ids=["full", "lora"])
def test_the_heavier_the_penalty_the_shorter_the_way(on: Bench, lora: LoraSpec | None) -> None:
    made = [
        changes(on.train(l2_sp, l2_sp.Settings(learning_rate=1e-2, weight=weight), lora=lora)) for weight in (1e-6, 30)
    ]
    free = changes(on.train(ift, ift.Settings(learning_rate=1e-2), lora=lora))
    assert made[0]["down.1"] == pytest.approx(free["down.1"], rel=0.02)
    assert made[1]["down.1"] < 0.7 * free["down.1"]
