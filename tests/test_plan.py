"""Plans: every stage and key known before any work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness import config
from harness.errors import ConfigError, HarnessError, InputError, ModelError, TaskError
from harness.plan import Plan, make_plan
from tests.configs import tree


def plan(**changes: Any) -> Plan:
    return make_plan(config.parse(tree(**changes), where="x"))


def keys(made: Plan) -> dict[str, str]:
    return {s.label: s.key for s in made.stages}


def test_the_stages_of_two_variants_and_two_seeds() -> None:
    counts: dict[str, int] = {}
    for spec in plan().stages:
        counts[spec.params.stage] = counts.get(spec.params.stage, 0) + 1
    assert counts == {"base": 1, "dataset": 1, "train": 4, "evaluate": 5, "judge": 5, "score": 1}


def test_inputs_come_before_their_readers() -> None:
    seen: set[str] = set()
    for spec in plan().stages:
        assert {i.key for i in spec.inputs} <= seen
        seen.add(spec.key)


def test_the_same_config_gives_the_same_keys() -> None:
    assert keys(plan()) == keys(plan())


def test_a_name_changes_no_key_before_the_scores() -> None:
    first = [s.key for s in plan().stages[:-1]]
    renamed = tree()["variants"]
    renamed = {"other": renamed["ift"], "mix": renamed["mix"]}
    assert [s.key for s in plan(variants=renamed).stages[:-1]] == first


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"statistics": {"seed": 1}}, {"base", "dataset", "train", "evaluate", "judge"}),
        ({"evaluation": {"backend": "hf", "tasks": ["harmful_requests"]}}, {"base", "dataset", "train"}),
        ({"training": {"steps": 3, "batch_size": 4}}, {"base", "dataset", "evaluate", "judge"}),
        ({"dataset": {"source": "builtin", "limit": 9}}, {"base", "evaluate", "judge"}),
        ({"base": {"model": "builtin", "seed": 1}}, set()),
    ],
)
def test_a_change_reaches_its_own_stage_and_what_follows(changes: dict[str, Any], same: set[str]) -> None:
    """`same` are the kinds of which a stage is kept; the base's own evaluation depends on no training."""
    before, after = plan().stages, plan(**changes).stages
    kept = {s.key for s in before} & {s.key for s in after}
    assert {s.params.stage for s in before if s.key in kept} == same


def test_seeds_can_be_added_without_redoing_others() -> None:
    more = {s.key for s in plan(seeds=[0, 1, 2]).stages}
    assert {s.key for s in plan().stages[:-1]} <= more


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"base": {"model": "./none"}}, ModelError, "base.model"),
        ({"base": {"model": "no spaces allowed"}}, ModelError, "neither 'builtin'"),
        ({"dataset": {"source": "none.jsonl"}}, ConfigError, "no such file"),
        ({"evaluation": {"tasks": ["harmful_request"]}}, TaskError, "did you mean 'harmful_requests'"),
        ({"evaluation": {"backend": "vlm", "tasks": ["clinic_open"]}}, InputError, "did you mean 'vllm'"),
        ({"judging": {"also": ["refusl"]}}, InputError, "did you mean 'refusal'"),
        ({"judging": {"primary": {"clinic_choice": "refusal"}}}, ConfigError, "not a task of this run that a judge"),
        ({"evaluation": {"tasks": ["clinic_open", "clinic_open"]}}, ConfigError, "named twice"),
    ],
)
def test_what_does_not_exist_is_named(changes: dict[str, Any], error: type[HarnessError], words: str) -> None:
    with pytest.raises(error, match=words):
        plan(**changes)


def test_a_local_file_goes_into_the_key_by_its_bytes(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"prompt": "a", "response": "b"}\n')
    first = plan(dataset={"source": str(rows)})
    rows.write_text('{"prompt": "a", "response": "c"}\n')
    assert first.stages[1].key != plan(dataset={"source": str(rows)}).stages[1].key


def test_a_gate_on_an_unknown_variant_is_named_before_the_run() -> None:
    gate = {"variants": ["itf"], "rules": [{"task": "clinic_choice", "at_least": 0.1}]}
    with pytest.raises(ConfigError, match="did you mean 'ift'"):
        plan(gate=gate)
