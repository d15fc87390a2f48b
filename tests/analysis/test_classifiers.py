"""The classifiers of an analysis, on states whose truth is known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from harness.analysis.classifiers import Classifiers, fit_classifiers, loss
from harness.analysis.probe import States
from harness.analysis.prompts import ProbePrompt, ProbePrompts
from harness.analysis_specs import ProbeSettings
from harness.errors import ModelError


def prompt(number: int, *, source: str = "mine.csv") -> ProbePrompt:
    return ProbePrompt(f"prompt {number}{' ?' if number % 4 < 2 else ''}", number % 2 == 0, source)


def states(prompts: Sequence[ProbePrompt], *, apart: float = 8.0, asks: float = 8.0) -> States:
    """Harmful prompts lie apart in the first direction, questions in the second."""
    rows = np.random.default_rng(0).normal(size=(len(prompts), 6)).astype(np.float32)
    for row, one in zip(rows, prompts, strict=True):
        row[0] += apart / 2 if one.harmful else -apart / 2
        row[1] += asks / 2 if one.text.endswith("?") else -asks / 2
    return rows


PROMPTS = ProbePrompts(
    tuple(prompt(n) for n in range(80)),
    tuple(prompt(n) for n in range(80, 160)),
    tuple(prompt(n, source="elsewhere.csv") for n in range(160, 200)),
)


def fitted(*, control: bool = True) -> Classifiers:
    return fit_classifiers(PROMPTS, ProbeSettings(), control=control, states=states)


def test_all_four_are_tested_on_prompts_held_out() -> None:
    found = {q.name: q for q in fitted().qualities}
    assert set(found) == {"security", "other form", "out of distribution", "control"}
    assert all(q.accuracy > 0.95 for q in found.values())
    assert {s.source for s in found["out of distribution"].sources} == {"elsewhere.csv"}


def test_nothing_moved_is_no_loss() -> None:
    assert fitted().losses(states(PROMPTS.held_out))[:2] == pytest.approx((0, 0), abs=1e-6)


def test_a_feature_that_is_gone_is_a_loss_of_one_and_leaves_the_control_alone() -> None:
    made = fitted()
    without = states(PROMPTS.held_out, apart=0)
    harmful, benign, accuracy = made.losses(without)
    assert (harmful + benign) / 2 == pytest.approx(1.0, abs=0.1)
    assert accuracy < 0.65
    assert made.control_loss(without) == pytest.approx(0.0, abs=0.1)


def test_a_feature_that_only_moved_is_found_again_by_a_classifier_fitted_anew() -> None:
    made = fitted()
    away = -states(PROMPTS.held_out)
    assert made.losses(away)[2] < 0.05
    accuracy, harmful = made.retrained(-states(PROMPTS.fitted), away)
    assert accuracy > 0.95 and abs(harmful) < 0.3


def test_without_a_control_there_is_no_loss_of_it() -> None:
    assert fitted(control=False).control_loss(states(PROMPTS.held_out)) is None


def test_a_classifier_under_its_floor_is_refused() -> None:
    with pytest.raises(ModelError, match=r"under analysis\.probe\.floor 90%"):
        fit_classifiers(PROMPTS, ProbeSettings(), control=False, states=lambda p: states(p, apart=0))


def test_a_control_without_questions_is_refused() -> None:
    plain = ProbePrompts(*(tuple(ProbePrompt(p.text[:-2], p.harmful, "x") for p in part) for part in (
        [prompt(4 * n + n % 2) for n in range(40)], [prompt(4 * n + n % 2) for n in range(40, 80)], []
    )))  # fmt: skip
    with pytest.raises(ModelError, match=r"analysis\.measures\.control"):
        fit_classifiers(plain, ProbeSettings(), control=True, states=states)


@pytest.mark.parametrize(("before", "after", "expected"), [(2.0, 1.0, 0.5), (-2.0, -3.0, 0.5), (0.0, 5.0, 0.0)])
def test_a_loss_is_relative_to_the_size_of_what_was(before: float, after: float, expected: float) -> None:
    assert loss(np.array([before]), np.array([after])) == expected
