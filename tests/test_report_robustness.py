"""The view of an analysis: its sets, steps and drawings are the search's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.analysis_records import SearchStep
from harness.report_robustness import main_measure, robustness_views
from harness.report_robustness_records import AnalysisOutputs, RobustnessView, SearchView
from tests.robustness_sources import SEARCH, TUNED, Shape, analysis

TWO = (SEARCH, SEARCH.model_copy(update={"budget": 0.4, "order": "drift"}))
ALONE = SEARCH.model_copy(update={"order": "drift"})


@pytest.fixture(scope="module")
def outputs() -> AnalysisOutputs:
    return analysis()


@pytest.fixture(scope="module")
def view(outputs: AnalysisOutputs) -> RobustnessView:
    (made,) = robustness_views([outputs])
    return made


@pytest.fixture(scope="module")
def search(view: RobustnessView) -> SearchView:
    return view.searches[0]


def with_steps(outputs: AnalysisOutputs, *steps: SearchStep) -> SearchView:
    outcome = outputs.searches[0].outcome.model_copy(update={"steps": steps})
    changed = replace(outputs, searches=(replace(outputs.searches[0], outcome=outcome),))
    return robustness_views([changed])[0].searches[0]


def step(number: int, *modules: str, kept: bool, drift: float = 0.1) -> SearchStep:
    return SearchStep.model_validate(
        {
            "number": number,
            "action": "grow",
            "modules": modules,
            "drift": drift,
            "gain": 0.1,
            "within": kept,
            "kept": kept,
        }
    )


def test_the_map_marks_what_the_search_chose(outputs: AnalysisOutputs, search: SearchView) -> None:
    marked = {c.module for row in search.map.rows for c in row.cells if c is not None and c.chosen}
    assert marked == set(outputs.searches[0].outcome.chosen.modules)


def test_the_searchs_own_measure_is_not_shown_twice(outputs: AnalysisOutputs, view: RobustnessView) -> None:
    own = main_measure(outputs, outputs.searches[0].outcome)
    assert own.key == "margin in context"
    assert own.name not in {heat.name for heat in view.maps} and len(view.maps) == 9


def test_one_search_marks_every_map_and_two_only_their_own() -> None:
    (one,), (two,) = robustness_views([analysis()]), robustness_views([analysis(settings=TWO)])
    assert all(heat.marked for heat in one.maps)
    assert not any(heat.marked for heat in two.maps)
    assert [s.map.name for s in two.searches] == ["Margin, in context", "Margin, each module alone"]


def test_a_step_tells_what_changed_against_the_best_set(outputs: AnalysisOutputs) -> None:
    layers = [f"q.{n}" for n in range(6)]
    search = with_steps(
        outputs,
        step(1, *layers, kept=True),
        step(2, *layers, "k.0", "k.1", kept=False),
        step(3, *layers[:4], "v.5", kept=True),
        step(4, *layers[:4], "v.5", kept=False),
    )
    changes = [(row.added, row.removed) for row in search.steps]
    assert changes == [("q (6 modules)", ""), ("k.0-1 (2 modules)", ""), ("v.5", "q.4-5 (2 modules)"), ("", "")]


def test_a_long_change_is_cut_with_its_size(outputs: AnalysisOutputs) -> None:
    scattered = [f"{kind}.{layer}" for kind in ("q", "k", "v") for layer in (0, 2, 4)]
    (row,) = with_steps(outputs, step(1, *scattered, kept=True)).steps
    assert row.added == "q.0, q.2, q.4, k.0, k.2, k.4 and 3 more (9 modules)"


def test_every_step_is_drawn_in_both_sizes(outputs: AnalysisOutputs, search: SearchView) -> None:
    count = len(outputs.searches[0].outcome.steps)
    assert search.wide is not None and search.narrow is not None
    assert len(search.wide.trials) == len(search.narrow.trials) == len(search.steps) == count


def test_a_search_that_measured_nothing_has_no_drawing(outputs: AnalysisOutputs) -> None:
    search = with_steps(outputs)
    assert search.wide is None and search.steps == ()


def test_sets_list_the_seeds_and_the_controls(search: SearchView) -> None:
    names = [row.name for row in search.sets]
    assert names[:2] == ["Mods_Robust", "everything"]
    assert names[2:5] == [f"found under perturbation seed {seed} alone" for seed in (0, 1, 2)]
    assert names[5].startswith("control: complement") and search.sets[5].drift == "–"
    assert search.sets[6].modules == search.sets[0].modules


def test_variants_are_told_what_they_took() -> None:
    outputs = analysis(variants="a b c d")
    outcome = outputs.searches[0].outcome
    half = outcome.chosen.modules[::2]
    robust = {
        "a": [outcome.chosen.modules],
        "b": [outcome.complement],
        "c": [(*half, *outcome.complement[:2])],
        "d": [],
    }
    (view,) = robustness_views([outputs], robust=robust, marks={"a": 3})
    used = {v.name: v.words for v in view.searches[0].variants}
    assert (used["a"], used["b"], used["d"]) == ("the found set", "the complement", "not trained")
    assert used["c"].startswith(f"another set of {len(half) + 2} modules a seed")
    assert [v.mark for v in view.searches[0].variants] == [3, 0, 0, 0]


def test_the_refusal_proxy_has_its_own_unit() -> None:
    (view,) = robustness_views([analysis(settings=[SEARCH.model_copy(update={"proxy": "refusal"})])])
    assert view.searches[0].unit == "nats a token"
    assert view.searches[0].map.name == "Refusals, in context"


def test_a_search_that_tunes_may_take_embeddings() -> None:
    (view,) = robustness_views([analysis(settings=[TUNED])])
    (search,) = view.searches
    assert search.chosen == ("q", "k", "embed", "norm", "head")
    assert [c.module for c in search.map.beside if c.chosen] == ["embed", "norm", "head"]
    assert search.map.name == "Refusals, each module alone"
    assert search.steps[0].outcome == "learnt too little" and not search.steps[0].kept


def test_a_model_of_eighty_layers_is_whole() -> None:
    (view,) = robustness_views([analysis(Shape(layers=80, options=False, seeds=(0,), context=False), settings=[ALONE])])
    assert len(view.searches[0].map.layers) == 80
    assert all(len(row.cells) == 80 for row in view.searches[0].map.rows)
