"""A plan against a store: what is there, what is shared, what the rest takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness import config
from harness.plan import Plan, make_plan
from harness.plan_costs import Cost, PlanCosts, plan_costs
from harness.store import Seal, Store
from tests.configs import tree
from tests.specs import finish

SWEPT = {
    "ift": {"strategy": "ift", "sweep": {"learning_rate": [1e-3, 2e-3]}},
    "wise": {"strategy": "wise_ft", "learning_rate": 1e-3, "sweep": {"share": [0.3, 0.6]}},
}


def plan(**changes: Any) -> Plan:
    return make_plan(config.parse(tree(variants=SWEPT, **changes), where="x"))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def laid(made: Plan, store: Store, *labels: str, seconds: float = 10) -> PlanCosts:
    """The costs after the stages of these labels were finished."""
    for spec in made.stages:
        if spec.label in labels:
            finish(store, spec, seconds=seconds)
    return plan_costs(made, store)


def test_an_empty_store_has_nothing_and_knows_no_time(store: Store) -> None:
    costs = laid(plan(), store)
    assert costs.total == Cost(missing=len(plan().stages), seconds=0, unknown=len(plan().stages), rough=False)
    assert costs.missing == {spec.key for spec in plan().stages}
    assert [(v.planned.name, v.trained, v.evaluated, v.checkpoints) for v in costs.variants][:2] == [
        ("base", None, 0, 1),
        ("ift-1e-3", 0, 0, 2),
    ]


def test_every_missing_stage_is_counted_once(store: Store) -> None:
    costs = laid(plan(), store)
    assert sum(v.own.missing for v in costs.variants) + costs.shared.missing == costs.total.missing


def test_a_training_that_variants_share_is_no_variants_own(store: Store) -> None:
    """Restored variants and plain IFT at the same rate share trainings; two seeds."""
    own = {v.planned.name: v.own.missing for v in laid(plan(), store).variants}
    evaluated_and_judged = 2 * 2
    assert own == {
        "base": 2, "ift-1e-3": evaluated_and_judged, "ift-2e-3": 2 + evaluated_and_judged,
        "wise-0.3": 2 + evaluated_and_judged, "wise-0.6": 2 + evaluated_and_judged,
    }  # fmt: skip


def test_what_is_there_is_told_and_the_rest_guessed(store: Store) -> None:
    costs = laid(plan(), store, "train ift-2e-3 seed 0", "evaluate ift-2e-3 seed 0")
    (ift,) = (v for v in costs.variants if v.planned.name == "ift-2e-3")
    assert (ift.trained, ift.evaluated) == (1, 1)
    assert ift.own == Cost(missing=4, seconds=20, unknown=2, rough=False)


def test_a_stage_that_lost_a_file_is_missing(store: Store) -> None:
    base = plan().stages[0]
    laid(plan(), store, base.label)
    (store.folder(base.key) / "weights.bin").unlink()
    assert base.key in plan_costs(plan(), store).missing


def test_each_seal_is_read_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    made = plan()
    laid(made, store, *(spec.label for spec in made.stages))
    read: list[str] = []
    seal = Store.seal

    def noted(store: Store, key: str) -> Seal | None:
        read.append(key)
        return seal(store, key)

    monkeypatch.setattr(Store, "seal", noted)
    assert plan_costs(made, store).total.missing == 0
    assert sorted(read) == sorted(spec.key for spec in made.stages)
