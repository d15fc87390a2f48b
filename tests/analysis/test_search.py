"""The search on worlds whose joint drift is known: additive, with a spoiler, with pairs that are sensitive together."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import pytest

from harness.analysis.search import Search, order_units
from harness.analysis.trials import Measured, Trials, Unit
from harness.analysis_specs import SearchSettings
from harness.errors import ConfigError

NAMES = [f"q.{n}" for n in range(32)]


def units(drifts: Mapping[str, float], gains: Mapping[str, float] | None = None) -> list[Unit]:
    return [Unit(n, (n,), d, None if gains is None else gains[n], d) for n, d in drifts.items()]


def additive(drifts: Mapping[str, float]) -> Callable[[tuple[str, ...]], Measured]:
    return lambda modules: Measured(sum(drifts[m] for m in modules), None)


def searched(
    drifts: Mapping[str, float],
    budget: float,
    evaluate: Callable[[tuple[str, ...]], Measured] | None = None,
    settings: SearchSettings | None = None,
) -> Search:
    settings = settings or SearchSettings(order="drift")
    search = Search(order_units(units(drifts), settings), Trials(evaluate or additive(drifts), settings, budget))
    search.run()
    return search


def modules(search: Search) -> set[str]:
    return {m for u in search.best for m in u.modules}


def test_everything_is_taken_where_everything_fits() -> None:
    search = searched(dict.fromkeys(NAMES, 0.01), budget=1.0)
    assert modules(search) == set(NAMES)
    assert len(search.trials.steps) == 6  # 1 2 4 8 16 32


def test_nothing_is_taken_where_nothing_fits() -> None:
    search = searched(dict.fromkeys(NAMES[:4], 1.0), budget=0.5)
    assert search.best == ()
    assert not any(step.within for step in search.trials.steps)


def test_the_additive_optimum_is_found() -> None:
    drifts = {name: 0.01 * (at + 1) for at, name in enumerate(NAMES)}
    best = max(n for n in range(33) if 0.01 * n * (n + 1) / 2 <= 1.0)
    search = searched(drifts, budget=1.0)
    assert modules(search) == set(NAMES[:best])


def test_a_spoiler_early_in_the_order_is_left_out() -> None:
    """Robust alone, ruinous together with anything: the prefixes would end at it, repair and extension do not."""
    drifts = {name: 0.01 * (at + 1) / 32 for at, name in enumerate(NAMES)}

    def together(chosen: tuple[str, ...]) -> Measured:
        return Measured(5.0 if "q.2" in chosen and len(chosen) > 1 else 0.01 * len(chosen), None)

    search = searched(drifts, budget=1.0, evaluate=together)
    assert modules(search) == set(NAMES) - {"q.2"}
    assert len(search.trials.steps) < 24


def test_one_of_a_pair_that_is_sensitive_together_is_dropped() -> None:
    drifts = dict.fromkeys(NAMES[:8], 0.01)

    def pair(chosen: tuple[str, ...]) -> Measured:
        return Measured(9.0 if {"q.1", "q.6"} <= set(chosen) else 0.0, None)

    found = modules(searched(drifts, budget=1.0, evaluate=pair))
    assert len(found) == 7
    assert not {"q.1", "q.6"} <= found


def test_evaluations_grow_with_the_logarithm() -> None:
    def count(size: int) -> int:
        drifts = {f"q.{n:04}": 0.001 * (n + 1) for n in range(size)}
        return len(searched(drifts, budget=sum(sorted(drifts.values())[: size // 3])).trials.steps)

    assert count(1024) - count(256) <= 12
    assert count(1024) < 10 + 5 * math.log2(1024)


def test_the_cap_is_never_passed() -> None:
    settings = SearchSettings(order="drift", cap=5)
    search = searched(dict.fromkeys(NAMES, 0.0), budget=1.0, settings=settings)
    assert len(modules(search)) == 5
    assert all(len(step.modules) <= 5 for step in search.trials.steps)


def test_the_number_of_evaluations_is_bounded() -> None:
    drifts = {name: 0.01 * (at + 1) for at, name in enumerate(NAMES)}
    search = searched(drifts, budget=1.0, settings=SearchSettings(order="drift", max_evaluations=3))
    assert len(search.trials.steps) == 3


def test_no_set_is_measured_twice() -> None:
    drifts = {name: 0.01 * (at + 1) for at, name in enumerate(NAMES)}
    steps = searched(drifts, budget=1.0).trials.steps
    assert len({frozenset(step.modules) for step in steps}) == len(steps)


def test_a_set_that_teaches_more_is_better_than_a_larger_one() -> None:
    gains = {"q.0": 5.0, "q.1": 1.0, "q.2": 1.0}
    listed = [Unit(n, (n,), 1.0, gains[n]) for n in gains]

    def measured(chosen: tuple[str, ...]) -> Measured:
        return Measured(0.0 if len(chosen) < 3 else 2.0, sum(gains[m] for m in chosen))

    search = Search(listed, Trials(measured, SearchSettings(), 1.0))
    search.run()
    assert "q.0" in modules(search)
    assert len(modules(search)) == 2


def test_a_unit_is_taken_or_left_whole() -> None:
    listed = [Unit("q", ("q.0", "q.1"), 0.1, None), Unit("v", ("v.0", "v.1"), 0.9, None)]
    settings = SearchSettings(order="drift", pattern="types")
    drifts = {"q.0": 0.05, "q.1": 0.05, "v.0": 0.1, "v.1": 0.8}
    search = Search(order_units(listed, settings), Trials(additive(drifts), settings, 0.5))
    assert set(search.run()) == {"q.0", "q.1"}


@pytest.mark.parametrize(("order", "first"), [("drift", "q.0"), ("gain", "q.1"), ("context", "q.2")])
def test_units_are_ordered_as_asked(order: str, first: str) -> None:
    listed = [
        Unit("q.0", ("q.0",), 0.1, 0.1, 3.0),
        Unit("q.1", ("q.1",), 0.2, 9.0, 2.0),
        Unit("q.2", ("q.2",), 0.3, 0.1, 1.0),
    ]
    settings = SearchSettings.model_validate({"order": order})
    assert order_units(reversed(listed), settings)[0].name == first


@pytest.mark.parametrize(("order", "key"), [("gain", "gain over 0"), ("context", "without: true")])
def test_an_order_that_was_not_measured_is_refused(order: str, key: str) -> None:
    with pytest.raises(ConfigError, match=key):
        order_units([Unit("q.0", ("q.0",), 0.1, None)], SearchSettings.model_validate({"order": order}))


@pytest.mark.parametrize("size", range(1, 12))
def test_a_last_unit_that_breaks_the_budget_ends_the_search(size: int) -> None:
    drifts = {**dict.fromkeys(NAMES[:size], 0.01), "down.0": 9.0}
    assert modules(searched(drifts, budget=1.0)) == set(NAMES[:size])
