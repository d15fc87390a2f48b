"""Which tasks and references a config's ranking means."""

from __future__ import annotations

from typing import Any

import pytest

from harness import config
from harness.errors import ConfigError
from harness.plan import make_plan
from harness.ranking_records import RankingParams
from harness.specs import ScoreParams
from tests.configs import tree


def ranking(**changes: Any) -> RankingParams | None:
    params = make_plan(config.parse(tree(**changes), where="x")).score.params
    assert isinstance(params, ScoreParams)
    return params.ranking


def ift(**more: Any) -> dict[str, Any]:
    return {"strategy": "ift", "learning_rate": 1e-3, **more}


def test_by_default_the_first_tasks_and_plain_ift() -> None:
    assert ranking() == RankingParams(
        at_least=0.9, harm_task="harmful_requests", expertise_task="clinic_choice", references=("ift",)
    )


def test_plain_ift_in_full_comes_before_an_adapter_and_the_runs_data_before_others() -> None:
    lora, other = {"lora": {"rank": 2}}, {"dataset": {"also": [{"source": "builtin:safe", "limit": 9}]}}
    found = ranking(variants={"a": ift(), "b": ift(**lora), "c": ift(**other), "d": ift(learning_rate=2e-3)})
    assert found is not None and found.references == ("a", "d")
    alone = ranking(variants={"b": ift(**lora), "c": ift(**other)})
    assert alone is not None and alone.references == ("b",)


def test_a_variant_may_be_the_reference() -> None:
    found = ranking(ranking={"of": "mix", "at_least": 0.8})
    assert found is not None and (found.references, found.at_least) == (("mix",), 0.8)


def test_without_plain_ift_or_such_tasks_nothing_is_ranked() -> None:
    mix = {"mix": {"strategy": "ml_lr", "learning_rate": 1e-2, "modules": ["q"]}}
    assert ranking(variants=mix) is None
    assert ranking(evaluation={"backend": "hf", "tasks": ["harmful_requests"]}) is None


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"of": "itf"}, "ranking.of: no variant 'itf'.*did you mean 'ift'"),
        ({"harm_task": "clinic_choice"}, "ranking.harm_task: clinic_choice is no harmfulness task.*harmful_requests"),
        ({"expertise_task": "clinic_open"}, "ranking.expertise_task: clinic_open .*did you mean 'clinic_choice'"),
        ({"at_least": 1.2}, "ranking.at_least"),
        ({"atleast": 0.9}, "ranking.atleast: unknown key"),
    ],
)
def test_mistakes_are_named(asked: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        ranking(ranking=asked)
