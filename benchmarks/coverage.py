"""How often the 95 % intervals hold the truth, by simulation (aim: 93 to 97 %).

    python -m benchmarks.coverage [--draws 4000] [--samples 1000]

Worlds: a share of independent prompts; prompts of unlike difficulty answered under several training seeds; a paired
difference of two variants on the same prompts, under one seed and under several; seeds that differ as wholes, in a
share, in a difference from the base and in one of two variants. Prints a line for each, and exits with 1 where one lies
outside by more than two standard errors of the simulation. Then come the limits, worlds in which no few seeds tell
enough, which are told and not held to it (docs/statistics.md).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from math import sqrt

import numpy as np

from harness.statistics import Array, Interval, clustered_share, paired_difference, seedwise_difference, wilson

LOW, HIGH = 0.93, 0.97
Draw = Callable[[np.random.Generator, int], Interval | None]


def answers(difficulty: Array, seeds: int, rng: np.random.Generator, *, shift: float = 0.0) -> Array:
    """[seeds, prompts] outcomes; `shift` is the standard deviation of what a seed adds to all its log odds."""
    odds = np.log(difficulty / (1 - difficulty))[None] + shift * rng.standard_normal((seeds, 1))
    chance = 1 / (1 + np.exp(-odds))
    return np.asarray(rng.random(chance.shape) < chance, dtype=float)


def share(n: int, p: float) -> tuple[Draw, float]:
    """Wilson's interval of n prompts."""
    return lambda rng, _: wilson(float(rng.binomial(n, p)), n, confidence=0.95), p


def pooled(n: int, seeds: int, mean: float, *, samples: int) -> tuple[Draw, float]:
    """The pooled share; difficulties are drawn anew with the prompts, so the truth is their mean."""

    def draw(rng: np.random.Generator, seed: int) -> Interval | None:
        outcomes = answers(_difficulty(mean, n, rng), seeds, rng)
        return clustered_share(outcomes, confidence=0.95, samples=samples, seed=seed)

    return draw, mean


def paired(n: int, seeds: int, means: tuple[float, float], *, samples: int) -> tuple[Draw, float]:
    """A variant of several seeds against a base of one, prompts that are hard for one being hard for the other."""
    base, tuned = means

    def draw(rng: np.random.Generator, seed: int) -> Interval | None:
        quantile = rng.random(n)
        one = answers(_difficulty(base, n, rng, quantile), 1, rng)
        many = answers(_difficulty(tuned, n, rng, quantile), seeds, rng)
        return paired_difference(many, one, confidence=0.95, samples=samples, seed=seed)

    return draw, tuned - base


def shifted(
    n: int, seeds: int, *, shift: float, samples: int, over: float | None = None, middle: float = 0.2
) -> tuple[Draw, float]:
    """Seeds that are harmful as wholes, more or less: the truth is the mean over all seeds there could be.

    `middle` is the share of the seed in the middle; with `over`, the difference to a base of one seed that has the
    outcome on such a share of the prompts.
    """
    rng = np.random.default_rng(1)
    flat = np.full(1, middle)
    truth = float(answers(flat, 2_000_000, rng, shift=shift).mean())

    def draw(rng: np.random.Generator, seed: int) -> Interval | None:
        outcomes = answers(np.full(n, middle), seeds, rng, shift=shift)
        if over is None:
            return clustered_share(outcomes, confidence=0.95, samples=samples, seed=seed)
        base = np.asarray(rng.random((1, n)) < over, dtype=float)
        return paired_difference(outcomes, base, confidence=0.95, samples=samples, seed=seed)

    return draw, truth - (over or 0.0)


def rivals(n: int, seeds: int, *, shift: float, together: float, same_seeds: bool, samples: int) -> tuple[Draw, float]:
    """Two variants of as many seeds, on average alike; `together` is how far seeds of one number shift alike."""

    def draw(rng: np.random.Generator, seed: int) -> Interval | None:
        hard = np.log(1 / 9) + rng.standard_normal((1, n))
        common = sqrt(together) * rng.standard_normal((seeds, 1))
        shifts = [shift * (common + sqrt(1 - together) * rng.standard_normal((seeds, 1))) for _ in range(2)]
        one, other = ((rng.random((seeds, n)) < 1 / (1 + np.exp(-hard - by))).astype(float) for by in shifts)
        difference = seedwise_difference if same_seeds else paired_difference
        return difference(one, other, confidence=0.95, samples=samples, seed=seed)

    return draw, 0.0


def _difficulty(mean: float, n: int, rng: np.random.Generator, quantile: Array | None = None) -> Array:
    """Chances of n prompts around a mean, from a beta distribution of small concentration."""
    from scipy.stats import beta

    drawn = rng.random(n) if quantile is None else quantile
    return np.clip(np.asarray(beta.ppf(drawn, 2 * mean, 2 * (1 - mean))), 1e-9, 1 - 1e-9)


def worlds(samples: int) -> Iterator[tuple[str, tuple[Draw, float]]]:
    """Every world with its name."""
    for n, p in ((100, 0.05), (200, 0.3), (500, 0.02)):
        yield f"Wilson, {n} prompts, share {p:g}", share(n, p)
    for n, seeds, mean in ((200, 1, 0.3), (200, 3, 0.1), (500, 5, 0.05), (100, 3, 0.5)):
        yield f"pooled, {n} prompts, {seeds} seeds, share {mean:g}", pooled(n, seeds, mean, samples=samples)
    for n, seeds, means in ((200, 1, (0.1, 0.3)), (300, 3, (0.05, 0.1)), (500, 5, (0.5, 0.5)), (200, 3, (0.3, 0.6))):
        told = f"difference, {n} prompts, {seeds} seeds, {means[0]:g} to {means[1]:g}"
        yield told, paired(n, seeds, means, samples=samples)
    for n, seeds, shift in ((200, 3, 0.0), (200, 3, 0.2), (500, 3, 0.2), (500, 3, 0.5), (500, 5, 0.5), (500, 10, 0.5)):
        told = f"pooled, {n} prompts alike, {seeds} seeds that differ by {shift:g} as wholes"
        yield told, shifted(n, seeds, shift=shift, samples=samples)
    for seeds, shift in ((3, 0.3), (3, 0.5), (5, 0.5), (3, 1.0)):
        told = f"difference, {seeds} seeds that differ by {shift:g} as wholes"
        yield told, shifted(500, seeds, shift=shift, samples=samples, over=0.1)
    for seeds, shift, together in ((3, 0.0, 0.0), (3, 0.5, 0.0), (3, 0.5, 0.5), (5, 0.5, 0.5)):
        told = f"two variants, {seeds} same seeds that differ by {shift:g}, {together:g} of it alike"
        yield told, rivals(200, seeds, shift=shift, together=together, same_seeds=True, samples=samples)
    for shift in (0.0, 0.5):
        told = f"two runs, 3 seeds of each that differ by {shift:g}"
        yield told, rivals(200, 3, shift=shift, together=0.0, same_seeds=False, samples=samples)


def limits(samples: int) -> Iterator[tuple[str, tuple[Draw, float]]]:
    """Worlds that are known to lie outside: two seeds, and a rare outcome of which few seeds make most."""
    yield "pooled, 200 prompts, 2 seeds alike, share 0.3", pooled(200, 2, 0.3, samples=samples)
    for n, seeds, shift in ((200, 2, 0.2), (200, 2, 0.5)):
        told = f"pooled, {n} prompts alike, {seeds} seeds that differ by {shift:g} as wholes"
        yield told, shifted(n, seeds, shift=shift, samples=samples)
    for seeds, shift in ((3, 0.5), (3, 1.0), (5, 1.0)):
        told = f"pooled, 300 prompts alike, {seeds} seeds that differ by {shift:g} as wholes around 2 %"
        yield told, shifted(300, seeds, shift=shift, samples=samples, middle=0.02)


def coverage(draw: Draw, truth: float, *, draws: int) -> float:
    """Share of the intervals that hold the truth; one that says nothing does not."""
    rng = np.random.default_rng(0)
    found = [draw(rng, at) for at in range(draws)]
    return sum(one is not None and one.low <= truth <= one.high for one in found) / draws


def simulated(name: str, world: tuple[Draw, float], *, draws: int) -> bool:
    """Print a world's line; whether it lies within the aim, two standard errors allowed."""
    held = coverage(*world, draws=draws)
    error = (held * (1 - held) / draws) ** 0.5
    flag = "  too short" if held < LOW else "  wide" if held > HIGH else ""
    print(f"{100 * held:5.1f} % (± {100 * error:.1f})  {name}{flag}", flush=True)
    return bool(LOW - 2 * error <= held <= HIGH + 2 * error)


def main(given: Sequence[str] | None = None) -> int:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description="Coverage of the intervals.")
    parser.add_argument("--draws", type=int, default=4000)
    parser.add_argument("--samples", type=int, default=1000)
    asked = parser.parse_args(given)
    within = [simulated(name, world, draws=asked.draws) for name, world in worlds(asked.samples)]
    print("limits:", flush=True)
    for name, world in limits(asked.samples):
        simulated(name, world, draws=asked.draws)
    return 0 if all(within) else 1


if __name__ == "__main__":
    sys.exit(main())
