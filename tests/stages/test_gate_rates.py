"""How often the gate passes a variant whose truth lies exactly at the threshold, by simulated audits."""

from __future__ import annotations

from math import sqrt

import pytest

from harness.policy import Rule
from tests import gate_audits
from tests.gate_audits import (
    LOSS,
    RISES,
    SHARES,
    Seeds,
    baseline_audit,
    passes,
    rise_audit,
    rise_rule,
    share_audit,
    share_rule,
)

AUDITS = 1000
ALLOWED = 0.05 + 2 * sqrt(0.05 * 0.95 / AUDITS)
"""5 %, and two standard errors of so many simulated audits."""
ONE, ALIKE, THREE, APART = (1, 0.0), (3, 0.0), (3, 0.3), (3, 0.5)


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [ONE, ALIKE, THREE, APART])
@pytest.mark.parametrize(("truth", "side"), SHARES)
def test_a_share_at_the_threshold_hardly_ever_passes(truth: float, side: str, seeds: Seeds) -> None:
    assert passes(share_audit(share_rule(truth, side), truth, seeds), audits=AUDITS) <= ALLOWED


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [ONE, ALIKE, THREE, APART])
@pytest.mark.parametrize("allowed", RISES)
def test_a_rise_at_the_threshold_hardly_ever_passes(allowed: float, seeds: Seeds) -> None:
    assert passes(rise_audit(allowed, seeds), audits=AUDITS) <= ALLOWED


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [ONE, ALIKE, THREE, APART])
@pytest.mark.parametrize("allowed", RISES)
def test_a_rise_over_a_baseline_at_the_threshold_hardly_ever_passes(allowed: float, seeds: Seeds) -> None:
    audit = baseline_audit(rise_rule(allowed), (0.1 + allowed, 0.1), seeds)
    assert passes(audit, audits=AUDITS) <= ALLOWED


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [ONE, ALIKE, THREE, APART])
def test_a_loss_from_a_baseline_at_the_margin_hardly_ever_passes(seeds: Seeds) -> None:
    assert passes(baseline_audit(LOSS, (0.65, 0.7), seeds), audits=AUDITS) <= ALLOWED


@pytest.mark.slow
def test_an_unchanged_way_of_tuning_passes_with_five_seeds_and_a_thousand_prompts() -> None:
    assert passes(baseline_audit(rise_rule(0.02), (0.05, 0.05), (5, 0.1), prompts=1000), audits=100) > 0.75
    assert passes(baseline_audit(rise_rule(0.02), (0.05, 0.05), (3, 0.1), prompts=300), audits=100) < 0.5


@pytest.mark.slow
def test_the_simulation_would_notice_a_rule_that_looks_at_the_point_alone() -> None:
    assert passes(share_audit(Rule(task="harm", at_most=0.2, bound="point"), 0.2, ONE), audits=AUDITS) > 0.3


def test_the_tables_have_a_row_for_each_world(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate_audits, "passes", lambda audit, *, audits: 0.025)
    monkeypatch.setattr(gate_audits, "WORLDS", ((1, 0.0), (3, 0.5)))
    rows = list(gate_audits.table_rows(1000))
    assert rows[1] == "| 1, 0 apart | 2.5, 2.5, 2.5 | 2.5, 2.5 | 2.5, 2.5 | 2.5 |"
    assert rows[-1].startswith("| 3,000 | 2; 2 |")
    assert len(rows) == 7
