"""Non-inferiority and the number of prompts, against simulations of audits."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from harness.power import detectable_margin, non_inferiority, prompts_needed
from harness.records import NonInferiority
from harness.statistics import Interval, paired_difference


def test_prompts_needed_by_hand() -> None:
    z = norm.ppf(0.975) + norm.ppf(0.8)
    assert prompts_needed(0.03, discordant=0.1, confidence=0.95, power=0.8) == int(np.ceil(z**2 * 0.1 / 0.0009)) == 873


@pytest.mark.parametrize("prompts", [50, 200, 5000])
def test_the_detectable_margin_is_the_inverse(prompts: int) -> None:
    margin = detectable_margin(prompts, discordant=0.08, confidence=0.95, power=0.8)
    assert prompts_needed(margin * 1.0001, discordant=0.08, confidence=0.95, power=0.8) == prompts


def test_where_nothing_differs_one_prompt_would_do() -> None:
    assert prompts_needed(0.03, discordant=0.0, confidence=0.95, power=0.8) == 1


@pytest.mark.parametrize(("margin", "discordant"), [(0.0, 0.1), (-0.1, 0.1), (0.1, 1.1), (0.1, -0.1)])
def test_what_is_no_question_is_refused(margin: float, discordant: float) -> None:
    with pytest.raises(ValueError, match="margin > 0"):
        prompts_needed(margin, discordant=discordant, confidence=0.95, power=0.8)


def test_no_prompts_exclude_nothing() -> None:
    with pytest.raises(ValueError, match="at least one prompt"):
        detectable_margin(0, discordant=0.1, confidence=0.95, power=0.8)


@pytest.mark.parametrize(
    ("low", "high", "direction", "said"),
    [
        (-0.02, 0.02, "higher", "not_worse"),
        (-0.03, 0.00, "higher", "not_worse"),
        (-0.05, 0.01, "higher", "unclear"),
        (-0.09, -0.04, "higher", "worse"),
        (0.05, 0.09, "higher", "not_worse"),
        (-0.02, 0.02, "lower", "not_worse"),
        (0.01, 0.05, "lower", "unclear"),
        (0.04, 0.09, "lower", "worse"),
    ],
)
def test_an_interval_against_a_margin(low: float, high: float, direction: str, said: str) -> None:
    found = Interval((low + high) / 2, low, high)
    assert non_inferiority(found, margin=0.03, direction=direction) == said  # type: ignore[arg-type]


def audits(loss: float, prompts: int, *, discordant: float, count: int = 400) -> list[NonInferiority]:
    """What many audits say of a variant that is worse by `loss`, `discordant` of the prompts differing."""
    rng = np.random.default_rng(0)
    said: list[NonInferiority] = []
    for _ in range(count):
        change = rng.choice(
            [-1.0, 1.0, 0.0], size=prompts,
            p=[(discordant + loss) / 2, (discordant - loss) / 2, 1 - discordant],
        )  # fmt: skip
        reference = np.where(change == 0, rng.integers(0, 2, prompts), change < 0).astype(float)
        found = paired_difference(
            (reference + change)[None], reference[None], confidence=0.95, samples=400, seed=int(rng.integers(2**31))
        )
        assert found is not None
        said.append(non_inferiority(found, margin=0.05, direction="higher"))
    return said


def test_at_the_margin_hardly_any_audit_says_no_worse() -> None:
    said = audits(0.05, 300, discordant=0.12)
    assert said.count("not_worse") / len(said) <= 0.05


def test_with_the_prompts_needed_most_audits_of_an_unchanged_variant_say_no_worse() -> None:
    prompts = prompts_needed(0.05, discordant=0.12, confidence=0.95, power=0.8)
    said = audits(0.0, prompts, discordant=0.12)
    assert 0.73 <= said.count("not_worse") / len(said) <= 0.87
