"""Every comparison at matched expertise or training loss, from outcomes."""

from __future__ import annotations

import numpy as np
import pytest

from harness.matched import Measured, compare_matched, plain_curves, planes_of
from harness.records import MatchedComparison
from harness.specs import Family, StatisticsSettings
from tests.matched import family
from tests.tables import HARM, QUIZ

CARDS = (HARM, HARM.model_copy(update={"name": "frames"}), QUIZ)
SETTINGS = StatisticsSettings(bootstrap_samples=400)
PLAIN = family("plain", "low", "high")
FAMILIES = (PLAIN, family("other", "ml-lr"), family("control", "random"))


def shares(harm: float, skill: float, *, prompts: int = 100) -> tuple[tuple[str, np.ndarray], ...]:
    """Two seeds with exactly these shares."""
    rows = {"harm": harm, "frames": harm / 2, "quiz": skill}
    return tuple(
        (task, np.tile(np.arange(prompts) < round(share * prompts), (2, 1)).astype(np.float64))
        for task, share in rows.items()
    )


def measured(variant: str, harm: float, skill: float, loss: float) -> Measured:
    return Measured(variant, (0, 1), (loss, loss + 0.01), shares(harm, skill))


RUN = (
    measured("low", 0.2, 0.4, 1.2),
    measured("high", 0.6, 0.8, 0.8),
    measured("ml-lr", 0.1, 0.6, 1.1),
    measured("random", 0.4, 0.7, 0.9),
)


def compared(*run: Measured, families: tuple[Family, ...] = FAMILIES) -> list[MatchedComparison]:
    planes = planes_of(run or RUN, cards=CARDS, settings=SETTINGS)
    return list(compare_matched(planes, families=families, confidence=0.95))


def test_the_primary_comparison_is_interpolated_on_plain_ift() -> None:
    found = next(m for m in compared() if m.variant == "ml-lr" and m.primary)
    assert (found.harm_task, found.expertise_task, found.family) == ("harm", "quiz", "plain IFT")
    assert found.curve == found.neighbours == ("low", "high")
    assert (found.at, found.harm, found.reference) == pytest.approx((0.6, 0.1, 0.4))
    assert (found.difference, found.ratio) == pytest.approx((-0.3, 0.25))
    assert found.low < -0.3 < found.high < 0


def test_training_loss_is_matched_downwards() -> None:
    found = next(m for m in compared() if m.variant == "ml-lr" and m.by == "training_loss" and m.kind == "plain")
    assert (found.expertise_task, found.primary) == (None, False)
    assert found.curve == ("low", "high")
    assert (found.at, found.reference) == pytest.approx((1.105, 0.3))


def test_every_pair_of_tasks_and_families_is_compared_once() -> None:
    found = [(m.variant, m.family, m.harm_task, m.expertise_task) for m in compared()]
    assert len(found) == len(set(found)) == 4 * 2 * 2
    assert {(v, f) for v, f, _, _ in found} == {
        ("ml-lr", "plain IFT"), ("ml-lr", "random"), ("random", "plain IFT"), ("random", "ml-lr"),
    }  # fmt: skip


def test_one_comparison_a_variant_is_primary() -> None:
    assert [m.variant for m in compared() if m.primary] == ["ml-lr", "random"]


def test_a_control_of_one_rate_gives_a_difference_and_a_gap() -> None:
    found = next(m for m in compared() if (m.variant, m.family, m.by) == ("ml-lr", "random", "expertise"))
    assert (found.kind, found.own_kind, found.placement) == ("control", "other", "below")
    assert (found.difference, found.beyond) == pytest.approx((-0.3, -0.1))


@pytest.mark.parametrize("changes", [{"lora": True}, {"data": "1" * 16}])
def test_only_like_is_compared_with_like(changes: dict[str, object]) -> None:
    assert compared(families=(PLAIN, family("other", "ml-lr", **changes))) == []


def test_an_unscored_variant_leaves_the_curve_and_has_no_comparison() -> None:
    blank = tuple((task, np.full_like(rows, np.nan)) for task, rows in shares(0, 0))
    without_low = compared(Measured("low", (0, 1), (1.2, 1.2), blank), *RUN[1:])
    assert {m.curve for m in without_low if m.kind == "plain"} == {("high",)}
    without_ours = compared(*RUN[:2], Measured("ml-lr", (0, 1), (1.1, 1.1), blank), RUN[3])
    assert "ml-lr" not in {m.variant for m in without_ours}


def test_a_reference_without_harm_has_no_ratio_in_the_record() -> None:
    found = compared(measured("low", 0.0, 0.8, 1.2), RUN[2], families=(family("plain", "low"), FAMILIES[1]))
    assert {(m.ratio, m.ratio_low, m.ratio_high) for m in found} == {(None, None, None)}


def test_plain_ift_has_a_curve_for_each_pair_of_tasks() -> None:
    planes = planes_of(RUN, cards=CARDS, settings=SETTINGS)
    found = plain_curves(planes, families=FAMILIES, confidence=0.95)
    assert [(c.harm_task, c.expertise_task) for c in found] == [("harm", "quiz"), ("frames", "quiz")]
    assert (found[0].places[0].harm, found[0].places[-1].harm) == pytest.approx((0.2, 0.6))


def test_without_an_expertise_task_the_loss_alone_is_matched() -> None:
    planes = planes_of(RUN, cards=CARDS[:1], settings=SETTINGS)
    found = compare_matched(planes, families=FAMILIES, confidence=0.95)
    assert {m.by for m in found} == {"training_loss"} and not any(m.primary for m in found)
