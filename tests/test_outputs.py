"""Analyses read back from a store: grouped by analysis, each search with its variants."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import StoreError
from harness.outputs import read_analyses
from harness.specs import StageSpec
from harness.store import Store
from tests.robustness_sources import SEARCH, TUNED, Shape, analysis, keep

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
