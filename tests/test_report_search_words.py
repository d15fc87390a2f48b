"""What the report says of a search follows its numbers, whether sets were perturbed or tuned."""

from __future__ import annotations

from typing import Any

import pytest

from harness import report_search_words as say
from harness.analysis_records import SearchOutcome
from tests.robustness_sources import SEARCH, TUNED, Shape, probes, robustness, search


@pytest.fixture(scope="module")
def outcome() -> SearchOutcome:
    return search(Shape(), SEARCH)


@pytest.fixture(scope="module")
def tuned() -> SearchOutcome:
    return search(Shape(), TUNED)


def changed(outcome: SearchOutcome, **changes: Any) -> SearchOutcome:
    return outcome.model_copy(update=changes)


def test_headline_names_set_cost_gain_and_classifier(outcome: SearchOutcome) -> None:
    text = say.headline(outcome, probe=probes()[0])
    size = len(outcome.chosen.modules)
    assert text.startswith(f"Mods_Robust: {size} of 42 modules of the layers (55.6\u00a0% of the parameters)")
    assert "costs 12\u00a0% of the drift of perturbing everything and gives 78\u00a0% of its learning gain" in text
    assert text.endswith("right on 99.5\u00a0% of the prompts held out.")


def test_headline_of_an_empty_set_says_so(outcome: SearchOutcome) -> None:
    empty = outcome.chosen.model_copy(update={"modules": (), "drift": 0.0, "gain": None, "parameters": 0})
    text = say.headline(changed(outcome, chosen=empty), probe=probes()[0])
    assert text.startswith("Mods_Robust is empty: none of 42 modules keeps within the budget of 12\u00a0%")


def test_an_unstable_set_and_a_spent_search_are_warnings(outcome: SearchOutcome) -> None:
    settings = outcome.settings.model_copy(update={"max_evaluations": len(outcome.steps)})
    lines = say.search_warnings(changed(outcome, overlap=0.3, settings=settings))
    assert lines[0].startswith("The search stopped at its limit") and lines[1].startswith("The set is not stable")


def test_a_complement_that_is_smaller_or_none_is_told(outcome: SearchOutcome) -> None:
    assert "17 modules of the layers against 25" in say.search_warnings(outcome)[0]
    assert "no complement" in say.search_warnings(changed(outcome, complement=()))[0]
    assert say.search_warnings(changed(outcome, complement=outcome.chosen.modules)) == ()


def test_settings_and_costs_are_told() -> None:
    settings = SEARCH.model_copy(update={"budget": 0.05, "budget_of": "absolute", "order": "gain", "cap": 12})
    told = dict(say.facts(search(Shape(), settings), path="wired"))
    assert told["Size cap"] == "12 modules" and told["Taken or left as one"] == "single modules"
    assert told["Budget"] == "5.00\u00a0%" and "over 42 modules" in told["Evaluations"]
    assert say.search_title(settings).startswith("Budget 0.05, by the classifier’s margin, single modules")


def test_the_drawing_is_told_in_words(outcome: SearchOutcome) -> None:
    assert say.chart_words(outcome).startswith("24 sets tested, 7 of them the best so far, the last with 25 modules")
    assert say.step_words(outcome, outcome.steps[0]).endswith("best so far")


def test_a_tuned_set_is_compared_at_the_same_gain(tuned: SearchOutcome) -> None:
    text = say.headline(tuned, probe=probes()[0])
    assert text.startswith("Mods_Robust: 12 of 42 modules of the layers, embed, norm, head (33.3")
    assert "Tuning it alone costs 18\u00a0% of the drift of tuning everything to the same learning gain." in text


def test_how_sets_were_tested_is_told(outcome: SearchOutcome, tuned: SearchOutcome) -> None:
    applied, trained = (say.search_lines(one, robustness(Shape())) for one in (outcome, tuned))
    assert "applying its part of the perturbation" in applied[0] and "add up to" in applied[1]
    assert "until it has learnt 80\u00a0% of what that taught" in trained[0] and not any("add up" in t for t in trained)
    assert "loss of log-probability" in trained[1]


def test_the_actions_that_were_taken_are_told(outcome: SearchOutcome, tuned: SearchOutcome) -> None:
    assert [action for action, _ in say.actions(outcome)] == ["grow", "repair", "bisect", "extend"]
    assert dict(say.actions(tuned))["repair"] == "repair: one unit added or taken"


def test_a_set_that_cannot_learn_is_not_called_over_budget(tuned: SearchOutcome) -> None:
    single, over = tuned.steps[0], next(s for s in tuned.steps if s.drift > tuned.budget)
    assert say.step_outcome(tuned, single) == "learnt too little"
    assert say.step_outcome(tuned, over) == "over budget"
