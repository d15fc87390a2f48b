"""The classifiers on states whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from harness.analysis import probe as probes
from harness.errors import ModelError


def clouds(*, apart: float, seed: int = 0, size: int = 200) -> tuple[probes.States, probes.Flags]:
    """Two Gaussian clouds in 16 dimensions whose means differ in the third one alone."""
    rng = np.random.default_rng(seed)
    flags = np.arange(size) % 2 == 0
    states = rng.normal(size=(size, 16)).astype(np.float32)
    states[:, 3] += np.where(flags, apart / 2, -apart / 2)
    return states, flags


@pytest.mark.parametrize("form", ["logistic", "linear"])
def test_clouds_far_apart_are_told_apart(form: probes.Form) -> None:
    probe = probes.fit(*clouds(apart=8), form=form, seed=0)
    assert probes.accuracy(probe, *clouds(apart=8, seed=1)) > 0.98
    assert int(np.abs(probe.weights).argmax()) == 3


@pytest.mark.parametrize("form", ["logistic", "linear"])
def test_one_cloud_is_a_coin_toss(form: probes.Form) -> None:
    probe = probes.fit(*clouds(apart=0), form=form, seed=0)
    assert 0.4 < probes.accuracy(probe, *clouds(apart=0, seed=1, size=2000)) < 0.6


@pytest.mark.parametrize("form", ["logistic", "linear"])
def test_the_same_states_give_the_same_probe(form: probes.Form) -> None:
    first, again = (probes.fit(*clouds(apart=2), form=form, seed=3) for _ in range(2))
    assert (first.weights == again.weights).all() and first.bias == again.bias


def test_the_logistic_form_is_scikit_learns_on_standardised_states() -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    states, flags = clouds(apart=2)
    scaled = StandardScaler().fit_transform(states.astype(np.float64))
    expected = LogisticRegression(max_iter=2000).fit(scaled, flags).decision_function(scaled)
    assert np.allclose(probes.fit(states, flags, form="logistic", seed=0).margins(states), expected, atol=1e-4)


def test_signed_margins_are_positive_where_right() -> None:
    states, flags = clouds(apart=8)
    probe = probes.fit(states, flags, form="logistic", seed=0)
    assert ((probe.signed(states, flags) > 0) == ((probe.margins(states) > 0) == flags)).all()


def test_quality_is_told_by_source_and_class() -> None:
    states, flags = clouds(apart=8)
    probe = probes.fit(states, flags, form="logistic", seed=0)
    sources = ["mine.csv" if at < 100 else "builtin" for at in range(200)]
    found = probes.quality(probe, probes.Trial(states, flags, sources), name="security", fitted=200)
    assert {(s.source, s.label, s.prompts) for s in found.sources} == {
        (name, label, 50) for name in ("mine.csv", "builtin") for label in ("harmful", "benign")
    }
    assert found.auc > 0.99


def test_states_that_are_not_finite_are_refused() -> None:
    states, flags = clouds(apart=2)
    states[3, 3] = np.nan
    with pytest.raises(ModelError, match="finite"):
        probes.fit(states, flags, form="logistic", seed=0)
