"""Analyses read back from a store, each search with its variants; margins of the gate."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from harness.errors import StoreError
from harness.outputs import margins_of, read_analyses
from harness.policy import Policy, Rule
from harness.run import FinishedRun
from harness.specs import StageSpec
from harness.stages.gate import decide
from harness.store import Store
from tests.configs import tree
from tests.report_sources import make_sources
from tests.robustness_sources import SEARCH, TUNED, Shape, analysis, keep
from tests.tables import score, table

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


def test_margins_are_those_of_the_decision_that_the_run_ended_with(tmp_path: Path) -> None:
    policy = Policy(variants=("ift",), rules=(Rule(task="harm", at_most=0.2),))
    text = yaml.safe_dump(tree(gate=policy.model_dump(mode="json", exclude_none=True)))
    manifest = make_sources().manifest.model_copy(update={"config_text": text})
    passed, failed = (table(score("ift", v, v - 0.05, v + 0.05)) for v in (0.1, 0.5))
    ended = decide(passed, policy)
    (margin,) = margins_of(FinishedRun(tmp_path, manifest, table=passed, decision=ended))
    assert margin.rule == ended.rules[0].rule and margin.margin == pytest.approx(0.05)
    assert margins_of(FinishedRun(tmp_path, manifest, table=failed, decision=ended)) == ()
    assert margins_of(FinishedRun(tmp_path, manifest, table=passed, decision=None)) == ()
