"""Plans: every stage and key known before any work."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from harness import config, resources
from harness.analysis_specs import AnalyzeParams
from harness.errors import ConfigError, HarnessError, InputError, ModelError, TaskError
from harness.plan import Plan, make_analysis_plan, make_plan
from harness.specs import LeakageParams, ScoreParams
from tests.configs import tree
from tests.test_judging import write_model


def plan(**changes: Any) -> Plan:
    changes = {"training": {"steps": 8, "batch_size": 4}, **changes}
    return make_plan(config.parse(tree(**changes), where="x"))


def keys(made: Plan) -> dict[str, str]:
    return {s.label: s.key for s in made.stages}


def test_the_stages_of_two_variants_and_two_seeds() -> None:
    counts: dict[str, int] = {}
    for spec in plan().stages:
        counts[spec.params.stage] = counts.get(spec.params.stage, 0) + 1
    assert counts == {"base": 1, "dataset": 1, "leakage": 1, "train": 4, "evaluate": 5, "judge": 5, "score": 1}


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
        ({"statistics": {"seed": 1}}, {"base", "dataset", "leakage", "train", "evaluate", "judge"}),
        ({"evaluation": {"backend": "hf", "tasks": ["harmful_requests"]}}, {"base", "dataset", "train"}),
        ({"training": {"steps": 3, "batch_size": 4}}, {"base", "dataset", "leakage", "evaluate", "judge"}),
        ({"leakage": {"near": 0.9}}, {"base", "dataset", "train", "evaluate", "judge"}),
        ({"leakage": {"fail": False}}, {"base", "dataset", "train", "evaluate", "judge"}),
        ({"dataset": {"source": "builtin", "limit": 9}}, {"base", "evaluate", "judge"}),
        (
            {"dataset": {"source": "builtin", "also": [{"source": "builtin:safe", "share": 0.05}]}},
            {"base", "evaluate", "judge"},
        ),
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
        ({"published": "procon"}, ConfigError, "published: no table is called 'procon'.*known: procon-llama-2-7b-att"),
        ({"dataset": {"source": "builtin:safer"}}, ConfigError, "dataset.source: .*did you mean 'builtin:safe'"),
        (
            {"dataset": {"source": "builtin", "also": [{"source": "none.jsonl"}]}},
            ConfigError,
            "dataset.also.0.source: none.jsonl: no such file",
        ),
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


def test_a_wrapped_task_is_planned_beside_the_plain_one() -> None:
    asked = {"task": "harmful_requests", "wrappers": ["none", "role_play"]}
    gate = {"variants": ["ift"], "rules": [{"task": "harmful_requests+role_play", "at_most": 0.1}]}
    made = plan(evaluation={"backend": "hf", "tasks": [asked, "clinic_choice"]}, gate=gate)
    assert [card.name for card in made.cards] == ["harmful_requests", "harmful_requests+role_play", "clinic_choice"]
    assert keys(made)["evaluate base"] != keys(plan())["evaluate base"]
    assert config.read(config.dump(made.config), where="y") == made.config


def test_the_analysis_keeps_apart_from_each_plain_task_once() -> None:
    asked = {"task": "harmful_requests", "wrappers": ["none", "role_play", "template_removal"], "limit": 4}
    made = make_analysis_plan(config.parse(tree(evaluation={"backend": "hf", "tasks": [asked]}), where="x"))
    (params,) = (s.params for s in made.stages if isinstance(s.params, AnalyzeParams))
    assert [(ref.name, ref.limit, ref.wrapper) for ref in params.tasks] == [("harmful_requests", None, None)]


def test_a_local_file_goes_into_the_key_by_its_bytes(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"prompt": "a", "response": "b"}\n')
    first = keys(plan(dataset={"source": str(rows)}))
    rows.write_text('{"prompt": "a", "response": "c"}\n')
    assert first["benign IFT data"] != keys(plan(dataset={"source": str(rows)}))["benign IFT data"]


def test_another_checkout_has_the_same_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    local = {"task": "advbench", "path": str(tmp_path / "a.csv")}
    asked: dict[str, Any] = {"backend": "hf", "tasks": ["harmful_requests", local]}
    (tmp_path / "a.csv").write_text("goal,target\nq,a\n")
    first = keys(plan(evaluation=asked))
    shutil.copytree(resources.folder("tasks"), tmp_path / "elsewhere" / "tasks")
    (tmp_path / "elsewhere" / "a.csv").write_text("goal,target\nq,a\n")
    monkeypatch.setattr(resources, "folder", lambda name: tmp_path / "elsewhere" / name)
    local["path"] = str(tmp_path / "elsewhere" / "a.csv")
    assert keys(plan(evaluation=asked)) == first
    (tmp_path / "elsewhere" / "a.csv").write_text("goal,target\nq,b\n")
    assert keys(plan(evaluation=asked)) != first


def test_a_gate_on_an_unknown_variant_is_named_before_the_run() -> None:
    gate = {"variants": ["itf"], "rules": [{"task": "clinic_choice", "at_least": 0.1}]}
    with pytest.raises(ConfigError, match="did you mean 'ift'"):
        plan(gate=gate)


FOUND = {
    "plain": {"strategy": "ift", "learning_rate": 1e-3},
    "ml-lr": {"strategy": "ml_lr", "learning_rate": 1e-2, "modules": "found"},
    "swat": {"strategy": "swat", "learning_rate": 1e-2, "modules": "found"},
}


CARVED = {"joint": "update"}


def labels(made: Plan, stage: str) -> list[str]:
    return [s.label for s in made.stages if s.params.stage == stage]


def test_variants_that_need_found_modules_share_one_search() -> None:
    made = plan(variants=FOUND)
    assert len(labels(made, "analyze")) == len(labels(made, "search")) == 1
    assert sum("short IFT" in label for label in labels(made, "train")) == 3
    searches = {v.name: {e.search for e in v.entries} for v in made.variants}
    assert searches["plain"] == searches["base"] == {None}
    assert searches["ml-lr"] == searches["swat"] != {None}


def test_without_found_modules_nothing_is_analysed() -> None:
    assert labels(plan(), "analyze") == []


def test_noise_needs_no_short_ift() -> None:
    made = plan(variants=FOUND, analysis={"perturbation": {"kind": "noise", "seeds": [0]}}, search=CARVED)
    assert not any("short IFT" in label for label in labels(made, "train"))


def test_a_variants_own_search_is_planned_beside_the_runs() -> None:
    own = {**FOUND["ml-lr"], "search": {"budget": 0.1}, "analysis": {"perturbation": {"seeds": [7]}}}
    made = plan(variants={**FOUND, "own": own})
    assert len(labels(made, "analyze")) == len(labels(made, "search")) == 2


def test_stages_that_would_be_called_alike_are_numbered() -> None:
    own = {**FOUND["ml-lr"], "search": {"budget": 0.1}, "analysis": {"perturbation": {"seeds": [7]}}}
    made = plan(variants={**FOUND, "own": own})
    assert labels(made, "analyze") == ["module robustness by update", "module robustness by update (2)"]
    every = [stage.label for stage in made.stages]
    assert len(set(every)) == len(every)


def test_a_searchs_settings_change_no_analysis() -> None:
    first, other = (keys(plan(variants=FOUND, search={"budget": b})) for b in (0.2, 0.4))
    assert first["module robustness by update"] == other["module robustness by update"]
    assert first["train ml-lr seed 0"] != other["train ml-lr seed 0"]


def test_only_harmfulness_tasks_are_kept_from_the_classifier() -> None:
    params = next(s.params for s in plan(variants=FOUND).stages if isinstance(s.params, AnalyzeParams))
    assert [t.name for t in params.tasks] == ["harmful_requests"]


@pytest.mark.parametrize(
    ("prompts", "words"),
    [
        ({"harmful": ["nowhere.csv"]}, ["analysis.prompts.harmful", "nowhere.csv", "no such file"]),
        ({"benign": ["builtin:bordrline"]}, ["analysis.prompts.benign", "did you mean 'builtin:borderline'"]),
    ],
)
def test_unknown_prompts_are_named(prompts: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        plan(variants=FOUND, analysis={"prompts": prompts})
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("search", "measures", "key"),
    [
        ({"proxy": "refusal"}, {"refusal": False}, "search.proxy: refusal needs analysis.measures.refusal"),
        ({**CARVED, "order": "context"}, {"without": False}, "search.order: context needs analysis.measures.without"),
        ({**CARVED, "order": "gain"}, {"gain": 0}, "search.order: gain needs analysis.measures.gain"),
        ({"joint": "tune"}, {"gain": 0}, "search.joint: tune needs analysis.measures.gain"),
    ],
)
def test_a_search_goes_by_what_is_measured(search: dict[str, Any], measures: dict[str, Any], key: str) -> None:
    with pytest.raises(ConfigError, match=key):
        plan(variants=FOUND, search=search, analysis={"measures": measures})


def test_the_analysis_alone_ends_with_its_search() -> None:
    made = make_analysis_plan(config.parse(tree(), where="x"))
    assert made.stages[-1].params.stage == "search"
    assert {s.params.stage for s in made.stages} == {"base", "dataset", "train", "analyze", "search"}


def test_the_scores_read_every_training_and_know_the_families() -> None:
    made = plan()
    params = made.score.params
    assert isinstance(params, ScoreParams)
    assert {e.train for e in params.entries if e.train} <= {i.key for i in made.score.inputs}
    assert [(f.name, f.kind) for f in params.families] == [("plain IFT", "plain"), ("mix", "other")]


def leakage(made: Plan) -> LeakageParams:
    return next(s.params for s in made.stages if isinstance(s.params, LeakageParams))


def test_only_the_scores_read_the_leakage_check() -> None:
    made = plan(variants=FOUND)
    key = next(s.key for s in made.stages if s.params.stage == "leakage")
    assert [s.params.stage for s in made.stages if key in {i.key for i in s.inputs}] == ["score"]


def test_the_leakage_check_reads_every_mixture_and_every_analysis() -> None:
    safe = {"also": [{"source": "builtin:safe", "limit": 9}]}
    own = {"harmful": ["builtin", "builtin:new_frames"], "benign": ["builtin"]}
    variants = {**FOUND, "safe": {**FOUND["plain"], "dataset": safe}}
    variants["own"] = {**FOUND["swat"], "analysis": {"prompts": own}}
    params = leakage(plan(variants=variants))
    assert [[s.location for s in (d.source, *d.also)] for d in params.datasets] == [
        ["builtin"],
        ["builtin", "builtin:safe"],
    ]
    assert {(s.label, s.location) for s in params.prompts} == {
        ("harmful", "builtin"), ("benign", "builtin"), ("harmful", "builtin:new_frames"),
    }  # fmt: skip
    assert [t.name for t in params.tasks] == ["harmful_requests", "clinic_choice"]


def test_without_an_analysis_the_data_alone_are_checked() -> None:
    assert leakage(plan()).prompts == ()


def learned(path: str) -> dict[str, Any]:
    return {"judging": {"also": ["learned"], "settings": {"learned": {"model": path}}}}


def test_a_changed_model_of_a_judge_changes_its_keys_alone(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    first = keys(plan(**learned(str(write_model(path, upto=36)))))
    write_model(path, upto=33)
    second = keys(plan(**learned(str(path))))
    changed = {label for label in first if first[label] != second[label]}
    assert changed == {label for label in first if label.endswith("by learned")} | {"scores"}


@pytest.mark.parametrize(
    ("judging", "words"),
    [
        ({"also": ["learned"]}, "judging.settings: judge learned: model: is required"),
        ({"settings": {"learned": {"model": "m"}}}, "judging.settings.learned: this judge is not asked"),
        (learned("none.json")["judging"], "none.json: cannot be read .*harness calibrate"),
    ],
)
def test_a_judges_settings_are_checked_before_the_run(judging: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        plan(judging=judging)


def test_the_analysis_asks_no_judge_that_needs_settings() -> None:
    analysis = {"measures": {"behaviour": 4, "behaviour_judge": "learned"}}
    with pytest.raises(ConfigError, match="analysis.measures.behaviour_judge: judge learned: model: is required"):
        plan(variants=FOUND, analysis=analysis)
