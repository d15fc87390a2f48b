"""The search where the truth is known: one module carries the feature, others are sensitive together alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.analysis.trials import Measured
from harness.analysis_records import SearchOutcome
from harness.analysis_specs import AnalyzeParams, PromptSource, SearchParams, SearchSettings
from harness.stages import Progress, StageContext, analyze, search
from tests import one_module

World = tuple[Path, tuple[PromptSource, ...]]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A folder with the model, two updates of it and its finished analysis."""
    folder = tmp_path_factory.mktemp("one-module")
    for name in ("base", "analyze"):
        (folder / name).mkdir()
    model = one_module.save_model(folder / "base")
    for seed in (0, 1):
        one_module.save_update(folder / f"update-{seed}", model, seed=seed)
    prompts = one_module.save_prompts(folder)
    analyze.run(one_module.params(prompts), context(folder, folder / "analyze"))
    return folder, prompts


def context(folder: Path, target: Path, scratch: Path | None = None) -> StageContext:
    target.mkdir(exist_ok=True)
    inputs = tuple((name, folder / name) for name in ("base", "update-0", "update-1", "analyze"))
    return StageContext(target, inputs, lambda _: None, scratch)


def asked(prompts: tuple[PromptSource, ...], **settings: object) -> SearchParams:
    analysed: AnalyzeParams = one_module.params(prompts)
    carved = {"proxy": "margin", "joint": "update", "pattern": "modules", "outside": False, **settings}
    return SearchParams(settings=SearchSettings.model_validate(carved), analyze=analysed)


def searched(world: World, target: Path, **settings: object) -> SearchOutcome:
    search.run(asked(world[1], **settings), context(world[0], target))
    return SearchOutcome.model_validate_json((target / search.FILE).read_text())


@pytest.fixture(scope="module")
def found(world: World, tmp_path_factory: pytest.TempPathFactory) -> SearchOutcome:
    return searched(world, tmp_path_factory.mktemp("search"), budget=0.05)


def test_the_carrier_is_left_out_and_most_of_the_rest_is_taken(found: SearchOutcome) -> None:
    assert one_module.CARRIER not in found.chosen.modules
    assert len(found.chosen.modules) >= 9


def test_the_set_keeps_within_the_budget_when_all_of_it_is_perturbed(found: SearchOutcome) -> None:
    assert found.budget == pytest.approx(0.05 * found.whole.drift)
    assert found.chosen.drift <= found.budget


def test_modules_that_are_sensitive_together_are_not_both_taken(found: SearchOutcome) -> None:
    assert not {"gate.0", "up.0", "down.0"} <= set(found.chosen.modules)


def test_the_complement_is_led_by_the_carrier(found: SearchOutcome) -> None:
    assert one_module.CARRIER in found.complement
    assert not set(found.complement) & set(found.chosen.modules)


def test_every_step_is_recorded(found: SearchOutcome) -> None:
    assert [step.number for step in found.steps] == list(range(1, len(found.steps) + 1))
    assert any(step.kept and set(step.modules) == set(found.chosen.modules) for step in found.steps)


def test_the_sets_of_single_seeds_overlap(found: SearchOutcome) -> None:
    assert len(found.by_seed) == 2
    assert found.overlap is not None and found.overlap > 0.6


def test_the_same_seed_finds_the_same(world: World, tmp_path: Path, found: SearchOutcome) -> None:
    assert searched(world, tmp_path, budget=0.05) == found


def test_whole_types_are_taken_or_left(world: World, tmp_path: Path) -> None:
    made = searched(world, tmp_path, budget=0.05, pattern="types", order="drift")
    kinds = {module.partition(".")[0] for module in made.chosen.modules}
    assert "down" not in kinds
    assert set(made.chosen.modules) == {f"{kind}.{layer}" for kind in kinds for layer in range(2)}


def test_no_more_than_the_cap_are_taken(world: World, tmp_path: Path) -> None:
    made = searched(world, tmp_path, budget=0.05, cap=4)
    assert len(made.chosen.modules) == len(made.complement) == 4


def test_an_absolute_budget_needs_no_whole(world: World, tmp_path: Path) -> None:
    assert searched(world, tmp_path, budget=0.01, budget_of="absolute").budget == 0.01


def test_a_stopped_search_goes_on_where_it_was(world: World, tmp_path: Path, found: SearchOutcome) -> None:
    def stop(progress: Progress) -> None:
        if progress.note == "searching" and progress.done == 7:
            raise KeyboardInterrupt

    first = context(world[0], tmp_path / "first", tmp_path / "scratch")
    with pytest.raises(KeyboardInterrupt):
        search.run(asked(world[1], budget=0.05), StageContext(first.folder, first.inputs, stop, first.scratch))
    noted = (tmp_path / "scratch" / "evaluations.jsonl").read_text()
    assert len(noted.splitlines()) == 7
    again = context(world[0], tmp_path / "again", tmp_path / "scratch")
    search.run(asked(world[1], budget=0.05), again)
    assert (tmp_path / "scratch" / "evaluations.jsonl").read_text().startswith(noted)
    assert SearchOutcome.model_validate_json((again.folder / search.FILE).read_text()) == found


def test_a_half_written_note_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    search.Notebook(path).note(0, ("q.0",), Measured(0.5, None))
    path.write_text(path.read_text() + '{"seed": 0, "modu')
    assert list(search.Notebook(path).rows) == [(0, frozenset({"q.0"}))]
