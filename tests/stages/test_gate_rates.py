"""How often the gate passes a variant whose truth lies exactly at the threshold, by simulated audits."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import hypot, sqrt

import numpy as np
import pytest

from harness.gate_baseline import lay_against
from harness.policy import Policy, Rule
from harness.specs import StatisticsSettings
from harness.stages.gate import GateOutcome, decide
from harness.statistics import Array, clustered_share, paired_difference
from tests.leakage_sources import checked
from tests.outcomes import given, run, task
from tests.tables import HARM, QUIZ, rise, score, table

AUDITS = 1000
ALLOWED = 0.05 + 2 * sqrt(0.05 * 0.95 / AUDITS)
"""5 %, and two standard errors of so many simulated audits."""
PROMPTS, SAMPLES = 200, 400
PROMPT_SPREAD = 1.0
"""Standard deviation over prompts on the scale of log odds."""

Audit = Callable[[np.random.Generator, int], GateOutcome]
Seeds = tuple[int, float]
"""How many seeds, and the standard deviation of their shifts as wholes on the scale of log odds."""
ONE, THREE, APART = (1, 0.0), (3, 0.3), (3, 0.5)


def passes(audit: Audit, *, audits: int = AUDITS) -> float:
    """Share of the audits that pass."""
    rng = np.random.default_rng(7)
    return sum(audit(rng, number) == "pass" for number in range(audits)) / audits


def answers(rng: np.random.Generator, share: float, seeds: Seeds, *, prompts: Array | None = None) -> Array:
    """Outcomes of shape (seeds, prompts), on average over prompts and seeds to come in `share` of them.

    `prompts`: the prompts' own part of the log odds, of shape (1, prompts), drawn anew where there is none.
    """
    count, spread = seeds
    hard = rng.normal(0, PROMPT_SPREAD, (1, PROMPTS)) if prompts is None else prompts
    odds = hard + rng.normal(0, spread, (count, 1))
    chances = 1 / (1 + np.exp(-middle(share, hypot(PROMPT_SPREAD, spread)) - odds))
    return (rng.random(chances.shape) < chances).astype(float)


@cache
def middle(share: float, spread: float) -> float:
    """The log odds around which normal ones of this spread make chances of `share` on average."""
    grid = spread * np.random.default_rng(0).standard_normal(100_000)
    low, high = -12.0, 12.0
    for _ in range(40):
        at = (low + high) / 2
        low, high = (at, high) if (1 / (1 + np.exp(-at - grid))).mean() < share else (low, at)
    return low


def share_audit(rule: Rule, truth: float, seeds: Seeds) -> Audit:
    """An audit of a share."""
    policy = Policy(variants=("ift",), rules=(rule,))

    def audit(rng: np.random.Generator, number: int) -> GateOutcome:
        found = clustered_share(answers(rng, truth, seeds), confidence=0.95, samples=SAMPLES, seed=number)
        assert found is not None
        scored = {"scored": PROMPTS * seeds[0], "seeds": seeds[0]}
        return decide(table(score("ift", found.value, found.low, found.high, **scored)), policy).outcome

    return audit


def rise_audit(allowed: float, seeds: Seeds) -> Audit:
    """An audit of a rise by exactly `allowed`, over a base with the outcome on a tenth of the prompts."""
    policy = Policy(variants=("ift",), rules=(Rule(task="harm", statistic="rise", at_most=allowed),))

    def audit(rng: np.random.Generator, number: int) -> GateOutcome:
        base = (rng.random((1, PROMPTS)) < 0.1).astype(float)
        tuned = np.maximum(base, answers(rng, allowed / 0.9, seeds))
        found = paired_difference(tuned, base, confidence=0.95, samples=SAMPLES, seed=number)
        assert found is not None
        scores = (score("base", 0.1), score("ift", 0.2, scored=PROMPTS * seeds[0], seeds=seeds[0]))
        change = rise("ift", found.value, found.low, found.high)
        return decide(table(*scores, comparisons=(change,)), policy).outcome

    return audit


def baseline_audit(rule: Rule, shares: tuple[float, float], seeds: Seeds, *, prompts: int = PROMPTS) -> Audit:
    """An audit against another run of as many seeds, prompts being alike hard in both; the outcome is as frequent as
    `shares` say: (variant, baseline)."""
    policy = Policy(variants=("ift",), rules=(rule,))
    card = next(card for card in (HARM, QUIZ) if card.name == rule.task)

    def audit(rng: np.random.Generator, number: int) -> GateOutcome:
        hard = rng.normal(0, PROMPT_SPREAD, (1, prompts))
        ours, theirs = (answers(rng, share, seeds, prompts=hard) for share in shares)
        pr, main = (run(task(card, {"base": ours[:1], "ift": side})) for side in (ours, theirs))
        settings = StatisticsSettings(bootstrap_samples=SAMPLES, seed=number)
        laid = lay_against(pr, given(main), policy=policy, settings=settings)
        measured = score("ift", 0.2, scored=prompts * seeds[0], seeds=seeds[0])
        found = table(measured.model_copy(update={"task": card.name, "axis": card.axis}))
        leakage = checked([card.name], prompts=prompts)
        return decide(found.model_copy(update={"tasks": (card,), "leakage": leakage}), policy, laid).outcome

    return audit


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [ONE, THREE, APART])
@pytest.mark.parametrize(("truth", "side"), [(0.05, "at_most"), (0.2, "at_most"), (0.6, "at_least")])
def test_a_share_at_the_threshold_hardly_ever_passes(truth: float, side: str, seeds: Seeds) -> None:
    rule = Rule.model_validate({"task": "harm", side: truth})
    assert passes(share_audit(rule, truth, seeds)) <= ALLOWED


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [ONE, THREE, APART])
@pytest.mark.parametrize("allowed", [0.02, 0.1])
def test_a_rise_at_the_threshold_hardly_ever_passes(allowed: float, seeds: Seeds) -> None:
    assert passes(rise_audit(allowed, seeds)) <= ALLOWED


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [ONE, THREE, APART])
@pytest.mark.parametrize("allowed", [0.02, 0.1])
def test_a_rise_over_a_baseline_at_the_threshold_hardly_ever_passes(allowed: float, seeds: Seeds) -> None:
    rule = Rule(task="harm", statistic="rise", reference="baseline", at_most=allowed)
    assert passes(baseline_audit(rule, (0.1 + allowed, 0.1), seeds)) <= ALLOWED


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [ONE, THREE, APART])
def test_a_loss_from_a_baseline_at_the_margin_hardly_ever_passes(seeds: Seeds) -> None:
    rule = Rule(task="quiz", statistic="non_inferior", reference="baseline", margin=0.05)
    assert passes(baseline_audit(rule, (0.65, 0.7), seeds)) <= ALLOWED


@pytest.mark.slow
def test_an_unchanged_way_of_tuning_passes_with_five_seeds_and_a_thousand_prompts() -> None:
    rule = Rule(task="harm", statistic="rise", reference="baseline", at_most=0.02)
    assert passes(baseline_audit(rule, (0.05, 0.05), (5, 0.1), prompts=1000), audits=100) > 0.75
    assert passes(baseline_audit(rule, (0.05, 0.05), (3, 0.1), prompts=300), audits=100) < 0.3


@pytest.mark.slow
def test_the_simulation_would_notice_a_rule_that_looks_at_the_point_alone() -> None:
    assert passes(share_audit(Rule(task="harm", at_most=0.2, bound="point"), 0.2, ONE)) > 0.3
