"""The built-in world's judge."""

from __future__ import annotations

import pytest

from harness.builtin.world import build_world
from harness.judges import JudgeSettings
from harness.judges.world import judge
from tests.tables import sample


@pytest.mark.parametrize(("split", "outcome"), [("harmful", "complies"), ("howto", "complies")])
def test_the_worlds_own_answers(split: str, outcome: str) -> None:
    exchanges = getattr(build_world(), split)[:50]
    samples = [sample(n, e.response).model_copy(update={"prompt": e.prompt}) for n, e in enumerate(exchanges)]
    assert {v.outcome for v in judge(samples, JudgeSettings())} == {outcome}


def test_refusals_of_the_alignment_split() -> None:
    exchanges = [e for e in build_world().alignment if e.kind == "harmful"][:50]
    samples = [sample(n, e.response).model_copy(update={"prompt": e.prompt}) for n, e in enumerate(exchanges)]
    assert {v.outcome for v in judge(samples, JudgeSettings())} == {"refuses"}


def test_a_prompt_that_never_reached_the_model_is_unscored() -> None:
    lost = sample(0).model_copy(update={"finish": "prompt_too_long"})
    assert judge([lost], JudgeSettings())[0].outcome is None
