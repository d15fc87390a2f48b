"""Shares and points in words."""

from __future__ import annotations

import pytest

from harness import number_words as words


@pytest.mark.parametrize(
    ("share", "said"), [(0.05, "5 points"), (0.01, "1 point"), (-0.01, "−1 point"), (-0.025, "−2.5 points")]
)
def test_points_have_their_number(share: float, said: str) -> None:
    assert words.points(share) == said


@pytest.mark.parametrize(("share", "said"), [(0.9, "90 %"), (0.001, "0.1 %")])
def test_a_share_is_in_per_cent(share: float, said: str) -> None:
    assert words.per_cent(share) == said


def test_an_interval_has_its_unit_once_and_signs_only_of_a_difference() -> None:
    assert words.share_interval(0.976, 0.953, 0.9917) == "97.6 % [95.3, 99.2]"
    assert words.rise_interval(0.004, -0.001, 0.047) == "+0.4 points [−0.1, +4.7]"


def test_nothing_has_no_minus() -> None:
    assert words.rise_end(-0.0001) == "+0.0 points" and words.share_end(-0.0) == "0.0 %"
    assert words.distance(-0.033) == "3.3 points"
