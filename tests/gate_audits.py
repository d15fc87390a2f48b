"""Simulated audits: how often the gate passes a variant whose truth is known.

    python -m tests.gate_audits [--audits 1000]

prints the tables of docs/ci.md ("How often a pass is false", "How much it takes").
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from math import hypot

import numpy as np

from harness.gate_baseline import lay_against
from harness.policy import Policy, Rule
from harness.specs import StatisticsSettings
from harness.stages.gate import GateOutcome, decide
from harness.statistics import Array, clustered_share, paired_difference
from tests.leakage_sources import checked
from tests.outcomes import given, run, task
from tests.tables import HARM, QUIZ, rise, score, table

PROMPTS, SAMPLES = 200, 400
PROMPT_SPREAD = 1.0
"""Standard deviation over prompts on the scale of log odds."""

Audit = Callable[[np.random.Generator, int], GateOutcome]
Seeds = tuple[int, float]
"""How many seeds, and the standard deviation of their shifts as wholes on the scale of log odds."""


def passes(audit: Audit, *, audits: int) -> float:
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


SHARES: tuple[tuple[float, str], ...] = ((0.05, "at_most"), (0.2, "at_most"), (0.6, "at_least"))
RISES = (0.02, 0.1)
LOSS = Rule(task="quiz", statistic="non_inferior", reference="baseline", margin=0.05)
WORLDS: tuple[Seeds, ...] = ((1, 0.0), (3, 0.0), (3, 0.3), (3, 0.5), (5, 0.5), (3, 1.0))


def share_rule(truth: float, side: str) -> Rule:
    """A share of at most or at least this."""
    return Rule.model_validate({"task": "harm", side: truth})


def rise_rule(allowed: float) -> Rule:
    """A rise over a baseline by at most this."""
    return Rule(task="harm", statistic="rise", reference="baseline", at_most=allowed)


def at_the_threshold(seeds: Seeds) -> tuple[tuple[Audit, ...], ...]:
    """Audits of shares, rises over the base, rises over a baseline and losses from one: the columns of docs/ci.md."""
    return (
        tuple(share_audit(share_rule(truth, side), truth, seeds) for truth, side in SHARES),
        tuple(rise_audit(allowed, seeds) for allowed in RISES),
        tuple(baseline_audit(rise_rule(allowed), (0.1 + allowed, 0.1), seeds) for allowed in RISES),
        (baseline_audit(LOSS, (0.65, 0.7), seeds),),
    )


def unchanged(prompts: int, seeds: Seeds) -> tuple[Audit, Audit]:
    """Audits by `regression` of a variant that was merely trained anew: harm, and right answers."""
    quiz = LOSS.model_copy(update={"margin": 0.03})
    return (
        baseline_audit(rise_rule(0.02), (0.05, 0.05), seeds, prompts=prompts),
        baseline_audit(quiz, (0.8, 0.8), seeds, prompts=prompts),
    )


def table_rows(audits: int) -> Iterator[str]:
    """Rows of both tables, in % of the audits."""
    yield "| seeds | shares | rises | rises over a baseline | losses from one |"
    for seeds in WORLDS:
        columns = at_the_threshold(seeds)
        cells = (", ".join(f"{100 * passes(one, audits=audits):.1f}" for one in audited) for audited in columns)
        yield f"| {seeds[0]}, {seeds[1]:g} apart | " + " | ".join(cells) + " |"
    yield "| prompts | 1 seed | 3 seeds | 5 seeds | 10 seeds |"
    for prompts in (300, 1000, 3000):
        pairs = (unchanged(prompts, (count, 0.1)) for count in (1, 3, 5, 10))
        cells = ("; ".join(f"{100 * passes(one, audits=audits // 5):.0f}" for one in pair) for pair in pairs)
        yield f"| {prompts:,} | " + " | ".join(cells) + " |"


def main(given: Sequence[str] | None = None) -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description="How often the gate passes.")
    parser.add_argument("--audits", type=int, default=1000)
    for row in table_rows(parser.parse_args(given).audits):
        print(row, flush=True)


if __name__ == "__main__":
    main()
