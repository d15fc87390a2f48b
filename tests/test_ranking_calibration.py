"""How often the ranking is right where it says how sure it is, over simulated worlds whose truth is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from harness.matched import Measured
from harness.ranking import rank
from harness.ranking_records import RankingParams
from harness.specs import StatisticsSettings

PARAMS = RankingParams(at_least=0.9, harm_task="harm", expertise_task="quiz", references=("v0",))
PROMPT_EFFECT = 1.5


@dataclass(frozen=True)
class Worlds:
    """Variants whose true harm and expertise are drawn anew in every world, over prompts and seeds that differ."""

    variants: int = 6
    seeds: int = 3
    prompts: int = 200
    seed_effect: float = 0.3

    def draw(self, number: int) -> tuple[list[tuple[float, bool]], list[bool]]:
        """(probability, whether it is the safest that truly qualifies) of each variant; whether each claim of
        eligibility, yes or no, is true."""
        rng = np.random.default_rng(number)
        odds = np.stack([rng.normal(-2, 1, self.variants), rng.normal(2, 0.7, self.variants)])
        odds[1, 0] = odds[1].max()  # the reference has learnt most
        truth = [[self._share(o) for o in axis] for axis in odds]
        able = [skill >= PARAMS.at_least * truth[1][0] for skill in truth[1]]
        safest = min((harm, n) for n, harm in enumerate(truth[0]) if able[n])[1]
        noise = rng.normal(0, self.seed_effect, (2, self.variants, self.seeds, 1))
        prompts = rng.normal(0, PROMPT_EFFECT, (2, 1, 1, self.prompts))
        shown = rng.random((2, self.variants, self.seeds, self.prompts)) < _logistic(
            odds[:, :, None, None] + noise + prompts
        )
        harm, skill = shown.astype(np.float64)
        seeds = tuple(range(self.seeds))
        measured = [Measured(f"v{n}", seeds, (), (("harm", harm[n]), ("quiz", skill[n]))) for n in range(self.variants)]
        found = rank(measured, PARAMS, settings=StatisticsSettings(bootstrap_samples=600, seed=number)).variants
        at = {v.variant: v for v in found}
        said = [at[f"v{n}"] for n in range(self.variants)]
        claims = [(v.eligible == "yes") == able[n] for n, v in enumerate(said) if n and v.eligible != "unclear"]
        return [(v.probability, n == safest) for n, v in enumerate(said)], claims

    def _share(self, log_odds: float) -> float:
        nodes, weights = np.polynomial.hermite.hermgauss(40)
        spread = np.hypot(self.seed_effect, PROMPT_EFFECT)
        return float((weights * _logistic(log_odds + spread * np.sqrt(2) * nodes)).sum() / np.sqrt(np.pi))


def _logistic(odds: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> np.ndarray[
    tuple[int, ...], np.dtype[np.float64]
]:
    return np.asarray(1 / (1 + np.exp(-odds)), dtype=np.float64)


def calibration(worlds: Worlds, count: int) -> tuple[list[tuple[float, float, int]], float]:
    """(mean probability, share that was right, number) in bins of the probability, and the share of true claims."""
    drawn = [worlds.draw(n) for n in range(count)]
    pairs = np.array([p for said, _ in drawn for p in said])
    claims = [c for _, made in drawn for c in made]
    bins = np.digitize(pairs[:, 0], [0.1, 0.5, 0.9])
    found = [
        (float(pairs[bins == b, 0].mean()), float(pairs[bins == b, 1].mean()), int((bins == b).sum())) for b in range(4)
    ]
    return found, sum(claims) / len(claims)


@pytest.mark.slow
@pytest.mark.parametrize("worlds", [Worlds(), Worlds(seeds=1, seed_effect=0.0), Worlds(seeds=5, seed_effect=0.6)])
def test_probabilities_are_about_right(worlds: Worlds) -> None:
    bins, true = calibration(worlds, 150)
    assert all(abs(said - right) < 0.04 + 2.6 * np.sqrt(0.25 / count) for said, right, count in bins)
    assert true > 0.93
