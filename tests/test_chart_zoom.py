"""Where most points crowd, and what lies in that part."""

from __future__ import annotations

import pytest

from harness.chart_records import Curve, Interval, Span, Trend
from harness.chart_zoom import crowd, cut_curve, cut_trend

ACROSS, UP = Span(low=0.5, high=0.8, step=0.1), Span(low=0.0, high=0.2, step=0.1)


def test_a_crowd_is_most_points_in_a_small_part() -> None:
    near = [(0.8 + n / 100, 0.1) for n in range(6)]
    assert crowd([(0.1, 0.9), (0.5, 0.5), *near]) == (2, 3, 4, 5, 6, 7)


@pytest.mark.parametrize("points", [[], [(0.8, 0.1)] * 4, [(n / 9, n / 9) for n in range(10)]])
def test_few_or_even_points_are_no_crowd(points: list[tuple[float, float]]) -> None:
    assert crowd(points) == ()


def test_a_curve_ends_at_the_frame_and_its_band_is_cut() -> None:
    curve = Curve(family="f", mark=1, places=(
        (0.4, Interval(value=0.0, low=0.0, high=0.1)), (0.8, Interval(value=0.4, low=0.2, high=0.5)),
    ))  # fmt: skip
    (cut,) = cut_curve(curve, ACROSS, UP)
    assert (cut.places[0][0], cut.places[-1][0]) == pytest.approx((0.5, 0.8))
    assert all(y.value == pytest.approx(at - 0.4) and UP.low <= y.low <= y.high <= UP.high for at, y in cut.places)
    assert any(y.value == pytest.approx(UP.high) for _, y in cut.places)
    assert list(cut_curve(curve, Span(low=0.9, high=1, step=0.1), UP)) == []


def test_a_trend_falls_into_its_pieces_in_the_frame() -> None:
    trend = Trend(family="f", mark=1, points=((0.4, 0.1), (0.6, 0.1), (0.7, 0.3), (0.8, 0.1)))
    one, two = cut_trend(trend, ACROSS, UP)
    assert [at for point in one.points for at in point] == pytest.approx([0.5, 0.1, 0.6, 0.1, 0.65, 0.2])
    assert [at for point in two.points for at in point] == pytest.approx([0.75, 0.2, 0.8, 0.1])
