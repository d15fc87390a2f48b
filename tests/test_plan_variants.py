"""The variants' part of a plan: what a strategy needs, what it adds, what is shared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness import config
from harness.analysis_specs import AnalyzeParams
from harness.errors import ConfigError
from harness.loop_specs import EarlyStopSettings
from harness.plan import Plan, make_plan
from harness.specs import BaseParams, DatasetParams, EvaluateParams, RestoreParams, ScoreParams, StageSpec, TrainParams
from tests.configs import tree

SAFETY = {"source": "builtin:safe"}
UNALIGNED = {"model": "builtin:unaligned", "seed": 3}


def plan(variants: dict[str, Any], **changes: Any) -> Plan:
    made = {name: {"learning_rate": 1e-3, **body} for name, body in variants.items()}
    return make_plan(config.parse(tree(variants=made, seeds=[0], **changes), where="x"))


def trainings(made: Plan) -> list[TrainParams]:
    return [s.params for s in made.stages if isinstance(s.params, TrainParams)]


def stage_of(made: Plan, variant: str, name: str) -> StageSpec:
    """The stage that a variant's evaluation reads as `name`."""
    entry = next(v for v in made.variants if v.name == variant).entries[0]
    return made.stage(next(i.key for i in made.stage(entry.evaluate).inputs if i.name == name))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"strategy": "safety_mixing"}, "variants.mine: strategy safety_mixing needs safety_data"),
        ({"strategy": "lisa"}, "variants.mine: strategy lisa needs safety_data"),
        ({"strategy": "safe_lora"}, "variants.mine: strategy safe_lora needs the unaligned sibling"),
        ({"strategy": "resta"}, "variants.mine: strategy resta needs the unaligned sibling"),
    ],
)
def test_what_a_strategy_needs_is_asked_for_before_any_work(body: dict[str, Any], expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        plan({"mine": body})


def test_safety_mixing_draws_its_share_from_the_safety_data() -> None:
    bodies = {"plain": {"strategy": "ift"}, "mixed": {"strategy": "safety_mixing", "share": 0.1}}
    made = plan(bodies, safety_data=SAFETY)
    mixtures = [s.params.also for s in made.stages if isinstance(s.params, DatasetParams)]
    assert [[(also.location, also.share) for also in part] for part in mixtures] == [[], [("builtin:safe", 0.1)]]


def test_a_loss_of_which_refusals_are_part_is_not_compared() -> None:
    bodies = {"plain": {"strategy": "ift"}, "mixed": {"strategy": "safety_mixing"}}
    params = plan(bodies, safety_data=SAFETY).score.params
    assert isinstance(params, ScoreParams)
    assert params.without_loss == ("mixed",)


def test_lisa_reads_the_safety_data_apart() -> None:
    made = plan({"mine": {"strategy": "lisa", "tuning_steps": 1}}, safety_data=SAFETY)
    train = stage_of(made, "mine", "checkpoint")
    read = {i.name: made.stage(i.key).params for i in train.inputs}
    assert isinstance(read["safety"], DatasetParams)
    assert (read["safety"].source.location, read["safety"].source.share) == ("builtin:safe", None)


def test_restored_variants_share_the_training_of_plain_ift() -> None:
    bodies = {name: {"strategy": name} for name in ("ift", "wise_ft", "resta", "safe_lora")}
    made = plan(bodies, unaligned=UNALIGNED)
    assert len(trainings(made)) == 1
    restored = [s.params for s in made.stages if isinstance(s.params, RestoreParams)]
    assert [(p.code.name, p.unaligned, p.merges) for p in restored] == [
        ("wise_ft", False, False), ("resta", True, True), ("safe_lora", True, False),
    ]  # fmt: skip


def test_the_unaligned_sibling_is_a_model_of_its_own() -> None:
    made = plan({"mine": {"strategy": "resta"}}, unaligned=UNALIGNED)
    sources = [s.params.source for s in made.stages if isinstance(s.params, BaseParams)]
    assert [(source.location, source.seed) for source in sources] == [("builtin", 0), ("builtin:unaligned", 3)]
    names = [i.name for i in stage_of(made, "mine", "checkpoint").inputs]
    assert names == ["base", "checkpoint", "unaligned"]


def test_a_safety_prompt_at_test_time_shares_the_training_and_reaches_one_variant() -> None:
    made = plan({"plain": {"strategy": "ift"}, "asked": {"strategy": "ptst", "system_prompt": "be safe"}})
    assert len(trainings(made)) == 1
    prompts = [s.params.generation.system_prompt for s in made.stages if isinstance(s.params, EvaluateParams)]
    assert prompts == [None, None, "be safe"]


def test_what_a_variant_changes_for_itself_is_kept_apart_from_its_line() -> None:
    made = plan({"plain": {"strategy": "ift"}, "few": {"strategy": "ift", "dataset": {"limit": 50}}})
    assert [v.changes for v in made.variants] == [(), (), ("dataset.limit=50",)]
    assert made.variants[2].description.endswith("full, dataset.limit=50") and made.variants[2].entries[0].judges


def test_found_layers_need_the_analysis_and_no_search() -> None:
    made = plan({"mine": {"strategy": "freezing", "layers": "found", "count": 2}})
    assert [i.name for i in stage_of(made, "mine", "checkpoint").inputs] == ["base", "dataset", "analyze"]
    assert "search" not in {s.params.stage for s in made.stages}


def test_a_strategys_own_loss_is_part_of_its_key() -> None:
    made = plan({"plain": {"strategy": "ift"}, "held": {"strategy": "kl"}})
    codes = [params.code and params.code.name for params in trainings(made)]
    assert codes == [None, "kl"]
    assert all(len(params.code.digest) == 64 for params in trainings(made) if params.code)


def test_a_built_in_model_that_is_none_is_refused() -> None:
    from harness.errors import ModelError

    with pytest.raises(ModelError, match=r"unaligned.model: 'builtin:unalined' is not built in; did you mean"):
        plan({"mine": {"strategy": "resta"}}, unaligned={"model": "builtin:unalined"})


@pytest.mark.parametrize(("dtype", "saved"), [("mixed", "float32"), ("bfloat16", "bfloat16"), ("float32", "float32")])
def test_weights_of_a_mixed_training_are_restored_and_analysed_in_float32(dtype: str, saved: str) -> None:
    bodies = {"merged": {"strategy": "wise_ft"}, "frozen": {"strategy": "freezing", "layers": "found", "count": 2}}
    training = {"steps": 5, "dtype": dtype, "packing": True, "early_stop": {"patience": 2}}
    made = plan(bodies, training=training)
    assert {params.loop.dtype for params in trainings(made)} >= {dtype}
    assert [s.params.dtype for s in made.stages if isinstance(s.params, RestoreParams)] == [saved]
    assert [s.params.dtype for s in made.stages if isinstance(s.params, AnalyzeParams)] == [saved]
    stops = {params.loop.early_stop for params in trainings(made) if params.loop.packing}
    assert stops == {EarlyStopSettings(share=0.1, every=20, patience=2)}


@pytest.mark.parametrize("strategy", ["resta", "safe_lora"])
def test_a_sibling_that_is_the_base_is_refused(strategy: str) -> None:
    why = rf"unaligned.model: builtin is the base itself, with which variants.mine \({strategy}\) would change nothing"
    with pytest.raises(ConfigError, match=why):
        plan({"mine": {"strategy": strategy}}, unaligned={"model": "builtin"})
    plan({"mine": {"strategy": strategy}}, unaligned={"model": "builtin", "seed": 1})


def test_a_copy_of_the_base_in_another_folder_is_the_base(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text("{}")
    folders = {"base": {"model": str(tmp_path / "one")}, "unaligned": {"model": str(tmp_path / "two")}}
    with pytest.raises(ConfigError, match="is the base itself"):
        plan({"mine": {"strategy": "resta"}}, **folders)
    (tmp_path / "two" / "config.json").write_text("{ }")
    plan({"mine": {"strategy": "resta"}}, **folders)
