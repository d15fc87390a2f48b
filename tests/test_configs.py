"""Every config that ships loads, opens with the command that runs it, and names what exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from harness import config, resources
from harness.gate_rules import check
from harness.plan import make_plan
from harness.published import check as check_published
from harness.published import read_published
from harness.specs import LoraSpec
from harness.tasks import find_task

ROOT = resources.folder("configs")
FILES = sorted(ROOT.glob("*.yaml"))
PAPER = sorted((ROOT / "paper").glob("*.yaml"))
ALL = sorted(
    file for file in ROOT.rglob("*.yaml") if not file.name.startswith("_") and file.parent.name != "policies"
)
"""A name that begins with `_` is a part that others extend; policies/ holds gates (tests/test_policy_files.py)."""
REAL = [file for file in FILES if file.stem != "quickstart"] + PAPER


def by_stem(file: Path) -> str:
    return file.relative_to(ROOT).with_suffix("").as_posix()


def test_the_configs_are_there() -> None:
    assert {by_stem(f) for f in FILES + PAPER} == {
        "quickstart",
        "llama-2-7b-chat",
        "llama-3.1-8b-instruct",
        "qwen2.5-7b-instruct",
        "mistral-7b-instruct",
        "paper/llama-2-7b-chat",
        "paper/llama-3-8b-instruct",
        "paper/qwen2-7b-instruct",
    }


@pytest.mark.parametrize("file", ALL, ids=by_stem)
def test_a_config_opens_with_its_command_and_bears_its_files_name(file: Path) -> None:
    assert file.read_text().splitlines()[0] == f"# harness run configs/{file.relative_to(ROOT).as_posix()}"
    assert config.load(file).name in (file.stem, f"{file.parent.name}-{file.stem}")


def test_no_two_configs_share_a_runs_folder() -> None:
    names = [config.load(file).name for file in ALL]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("file", FILES + PAPER, ids=by_stem)
def test_a_configs_tasks_exist_and_cover_every_axis(file: Path) -> None:
    axes = {find_task(choice.task).card.axis for choice in config.load(file).evaluation.tasks}
    assert axes == {"harmfulness", "usability", "expertise"}


@pytest.mark.parametrize("file", FILES, ids=by_stem)
def test_a_configs_gate_names_its_own_tasks_and_variants(file: Path) -> None:
    loaded = config.load(file)
    assert loaded.gate is not None
    cards = [find_task(choice.task).card for choice in loaded.evaluation.tasks]
    check(loaded.gate, cards=cards, variants=["base", *(variant.name for variant in loaded.variants)])


@pytest.mark.parametrize("file", FILES + PAPER, ids=by_stem)
def test_a_config_has_the_lower_rate_control_and_three_seeds(file: Path) -> None:
    loaded = config.load(file)
    rates = {v.settings.model_dump()["learning_rate"] for v in loaded.variants if v.strategy == "ift"}
    assert len(rates) >= 2
    assert len(loaded.seeds) >= 3


@pytest.mark.parametrize("file", ALL, ids=by_stem)
def test_a_config_dumps_and_loads_to_itself(file: Path) -> None:
    loaded = config.load(file)
    again = config.parse(yaml.safe_load(config.dump(loaded)), where="dump")
    assert again == loaded


@pytest.mark.parametrize("file", REAL, ids=by_stem)
def test_a_real_model_is_pinned_and_its_memory_documented(file: Path) -> None:
    base = config.load(file).base
    assert re.fullmatch(r"[0-9a-f]{40}", base.revision or "")
    assert not base.trust_remote_code
    assert "GB GPU" in file.read_text()


def test_the_quickstart_needs_neither_hub_nor_gpu() -> None:
    loaded = config.load(resources.folder("configs") / "quickstart.yaml")
    assert loaded.dataset is not None
    assert (loaded.base.model, loaded.dataset.source) == ("builtin", "builtin")
    assert all(find_task(choice.task).rows == "builtin" for choice in loaded.evaluation.tasks)


def test_the_quickstart_tunes_fully_and_by_lora() -> None:
    loaded = config.load(resources.folder("configs") / "quickstart.yaml")
    assert {type(variant.lora) for variant in loaded.variants} == {type(None), LoraSpec}


@pytest.mark.parametrize("file", PAPER, ids=by_stem)
def test_a_paper_config_holds_what_is_known_of_the_authors_harness(file: Path) -> None:
    loaded = config.load(file)
    assert {v.lora for v in loaded.variants} == {LoraSpec(rank=8, alpha=16, modules=("q", "k", "v", "o"))}
    assert {v.training.epochs for v in loaded.variants} == {10}
    assert {v.settings.model_dump()["learning_rate"] for v in loaded.variants if v.name != "ift-5e-5"} == {2e-4}
    assert loaded.dataset is not None
    also = loaded.dataset.also
    assert (loaded.dataset.limit, [extra.limit for extra in also]) == (6659, [10000])
    safe = [v.dataset for v in loaded.variants if v.name in ("ift-safe", "swat-safe")]
    assert [[extra.limit for extra in d.also] for d in safe if d is not None] == [[10000, 1000]] * 2


@pytest.mark.parametrize("file", PAPER, ids=by_stem)
def test_a_paper_config_asks_the_six_sets_and_stands_beside_its_table(file: Path) -> None:
    loaded = config.load(file)
    assert loaded.published is not None
    check_published(loaded.published, variants=[v.name for v in loaded.variants])
    table = read_published(loaded.published.table)
    assert loaded.base.model in table.hub_ids
    limits = {choice.task: choice.limit for choice in loaded.evaluation.tasks}
    assert {column.task: limits[column.task] for column in table.sets} == {c.task: c.prompts for c in table.sets}
    assert limits["gsm8k"] == table.accuracy.samples


ANALYSES = sorted((resources.folder("configs") / "analyses").glob("[!_]*.yaml"))


@pytest.mark.parametrize("file", ANALYSES, ids=by_stem)
def test_an_analysis_is_planned_against_the_curve_of_plain_ift(file: Path) -> None:
    made = make_plan(config.load(file))
    assert sum(v.strategy == "ift" for v in made.config.variants) >= 4
    assert any(s.params.stage == "search" for s in made.stages) or file.stem == "rivals"


def test_every_question_about_soundness_has_its_analysis() -> None:
    assert {f.stem for f in ANALYSES} == {
        "budget", "data-size", "frontier", "harmful-share", "lora", "perturbation", "rate-ratio", "rivals", "search",
        "seeds", "strategies", "subsets", "swat-warmup",
    }  # fmt: skip
