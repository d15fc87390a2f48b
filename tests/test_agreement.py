"""Kappa and AUC against scikit-learn, and the interval's coverage by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score, roc_auc_score

from harness.agreement import agreement, auc


def raters(n: int, *, seed: int, words: str = "ab", noise: float = 0.2) -> tuple[list[str], list[str]]:
    """One rater at random, and one who says something else now and then."""
    rng = np.random.default_rng(seed)
    first = rng.choice(list(words), size=n)
    second = np.where(rng.random(n) < noise, rng.choice(list(words), size=n), first)
    return first.tolist(), second.tolist()


@pytest.mark.parametrize("words", ["ab", "abc", "abcd"])
def test_kappa_is_scikit_learns(words: str) -> None:
    human, judge = raters(200, seed=1, words=words)
    found = agreement(human, judge)
    assert found.kappa == pytest.approx(cohen_kappa_score(human, judge), abs=1e-12)
    assert found.agreed == sum(a == b for a, b in zip(human, judge, strict=True))
    assert sum(cell.count for cell in found.table) == found.n == 200


def test_the_variance_is_the_published_one() -> None:
    """Fleiss, Cohen & Everitt's formula for two categories, written out term by term."""
    counts = {("a", "a"): 40, ("a", "b"): 9, ("b", "a"): 6, ("b", "b"): 45}
    human = [h for (h, _), k in counts.items() for _ in range(k)]
    judge = [j for (_, j), k in counts.items() for _ in range(k)]
    po, rows, columns = 0.85, {"a": 0.49, "b": 0.51}, {"a": 0.46, "b": 0.54}
    pe = sum(rows[w] * columns[w] for w in "ab")
    total = 0.0
    for (h, j), k in counts.items():
        if h == j:
            total += k / 100 * ((1 - pe) - (rows[h] + columns[h]) * (1 - po)) ** 2
        else:
            total += k / 100 * (1 - po) ** 2 * (columns[h] + rows[j]) ** 2
    error = ((total - (po * pe - 2 * pe + po) ** 2) / 100) ** 0.5 / (1 - pe) ** 2
    found = agreement(human, judge)
    assert found.kappa is not None and found.low is not None and found.high is not None
    half = (np.arctanh(found.high) - np.arctanh(found.low)) / 2
    assert half * (1 - found.kappa**2) == pytest.approx(1.959964 * error, rel=1e-6)


@pytest.mark.parametrize(("noise", "n"), [(0.1, 450), (0.3, 200)])
def test_the_interval_covers_as_often_as_it_says(noise: float, n: int) -> None:
    """With two words alike in number and `noise` drawn anew, kappa is 1 - noise."""
    found = [agreement(*raters(n, seed=seed, noise=noise)) for seed in range(600)]
    covered = sum((f.low or 0) <= 1 - noise <= (f.high or 0) for f in found)
    assert 0.93 <= covered / 600 <= 0.97


def test_full_agreement_has_a_lower_bound_below_one() -> None:
    found = agreement(["a", "b"] * 10, ["a", "b"] * 10)
    assert (found.kappa, found.high) == (1.0, 1.0)
    assert found.low is not None and 0.5 < found.low < 0.9


def test_full_disagreement_keeps_its_bounds_in_order() -> None:
    found = agreement(["a", "b"] * 10, ["b", "a"] * 10)
    assert found.kappa == pytest.approx(-1)
    assert found.low is not None and found.high is not None and -1 <= found.low <= found.high


@pytest.mark.parametrize("words", [[], ["a", "a", "a"]])
def test_without_two_words_there_is_no_kappa(words: list[str]) -> None:
    assert agreement(words, words).kappa is None


def test_a_rater_of_one_word_gives_a_kappa_of_zero_without_bounds() -> None:
    found = agreement(["a", "b", "b"], ["b", "b", "b"])
    assert (found.kappa, found.low, found.high) == (0.0, None, None)
    assert cohen_kappa_score(["a", "b", "b"], ["b", "b", "b"]) == 0.0


def test_auc_is_scikit_learns_with_ties() -> None:
    rng = np.random.default_rng(0)
    flags, scores = rng.random(80) < 0.4, np.round(rng.random(80), 1)
    assert auc(flags.tolist(), scores.tolist()) == pytest.approx(roc_auc_score(flags, scores), abs=1e-12)
    assert auc([True], [0.5]) is None
