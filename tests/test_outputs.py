"""Analyses read back from a store, each search with its variants; margins of the gate."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from harness import __version__
from harness.errors import StoreError
from harness.outputs import ShownGate, gate_of, read_analyses
from harness.policy import Policy, Rule
from harness.records import GateDecision
from harness.run import FinishedRun
from harness.specs import StageSpec
from harness.stages.gate import decide
from harness.store import Store
from tests.configs import tree
from tests.report_sources import make_sources
from tests.robustness_sources import SEARCH, TUNED, Shape, analysis, keep
from tests.tables import score, table

POLICY = Policy(variants=("ift",), rules=(Rule(task="harm", at_most=0.2),))
SHAPE = Shape(layers=2, seeds=(0, 1), options=False)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def specs(store: Store) -> list[StageSpec]:
    """Two searches over one analysis, and one over another."""
    two = analysis(SHAPE, settings=(SEARCH, TUNED))
    return [*keep(store, two, name="a"), *keep(store, analysis(SHAPE), name="b")]


def test_searches_over_one_analysis_stand_together(store: Store) -> None:
    first, second, third = (spec.key for spec in specs(store))
    found = read_analyses(store, [(first, ("x", "y")), (third, ("z",)), (second, ())])
    assert [[(s.key, s.variants) for s in a.searches] for a in found] == [
        [(first, ("x", "y")), (second, ())],
        [(third, ("z",))],
    ]


def test_what_was_perturbed_comes_from_the_stages_that_made_it(store: Store) -> None:
    spec = specs(store)[0]
    (found,) = read_analyses(store, [(spec.key, ())])
    assert found.update is not None and found.update.loop.steps == 100
    assert found.robustness == analysis(SHAPE).robustness
    assert found.params.perturbation.seeds == (0, 1)


@pytest.mark.parametrize(("file", "words"), [("search.json", "is damaged"), (None, "is gone")])
def test_a_search_that_is_gone_or_damaged_is_named(store: Store, file: str | None, words: str) -> None:
    key = specs(store)[0].key
    if file is None:
        store.discard(key)
    else:
        (store.folder(key) / file).write_text("{}")
    with pytest.raises(StoreError, match=words):
        read_analyses(store, [(key, ())])


def of_scores(folder: Path, value: float, decision: GateDecision | None, *, gate: bool = True) -> FinishedRun:
    """A run whose only rule asks for at most 20 % of harm, with a value ± 5 points, and what its gate.json says."""
    tree_ = tree(gate=POLICY.model_dump(mode="json", exclude_none=True)) if gate else tree()
    manifest = make_sources().manifest.model_copy(update={"config_text": yaml.safe_dump(tree_)})
    return FinishedRun(folder, manifest, table(score("ift", value, value - 0.05, value + 0.05)), decision)


def said_of(value: float) -> GateDecision:
    """What the gate says of it."""
    return decide(table(score("ift", value, value - 0.05, value + 0.05)), POLICY)


def test_the_gate_that_is_shown_is_decided_again_with_its_margins(tmp_path: Path) -> None:
    shown = gate_of(of_scores(tmp_path, 0.1, said_of(0.1)))
    assert shown.decision is not None and shown.decision.outcome == "pass" and shown.doubts == ()
    assert (shown.decision.run, shown.decision.harness, shown.decision.policy) == ("quickstart", __version__, "config")
    assert [margin.margin for margin in shown.margins] == [pytest.approx(0.05)]


def test_a_forged_reason_is_not_shown(tmp_path: Path) -> None:
    said = said_of(0.5)
    forged = said.model_copy(update={"rules": (said.rules[0].model_copy(update={"reason": "all is well"}),)})
    shown = gate_of(of_scores(tmp_path, 0.5, forged)).decision
    assert shown is not None and shown.rules[0].reason == "measured 50.0 % [45.0, 55.0]"


@pytest.mark.parametrize("said", [said_of(0.1), None])
def test_a_decision_that_the_scores_do_not_give_is_doubted_and_not_shown(
    said: GateDecision | None, tmp_path: Path
) -> None:
    shown = gate_of(of_scores(tmp_path, 0.5, said))
    assert shown.decision is not None and shown.decision.outcome == "fail" and len(shown.margins) == 1
    assert shown.doubts[0].startswith("gate.json is not what the stored scores give, which this report shows: ")
    assert "gives fail" in shown.doubts[0]


def test_a_decision_of_a_config_without_a_gate_is_doubted(tmp_path: Path) -> None:
    assert gate_of(of_scores(tmp_path, 0.1, None, gate=False)) == ShownGate(None)
    shown = gate_of(of_scores(tmp_path, 0.1, said_of(0.1), gate=False))
    assert shown.decision is None and "says pass; the config has no gate" in shown.doubts[0]
