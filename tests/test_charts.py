"""Where the marks of a drawing lie."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness import charts
from harness.charts import Curve, Interval, Place, Trial
from harness.records import LossPoint


def place(name: str, x: float, y: float, *, strategy: str = "ift") -> Place:
    def around(v: float) -> Interval:
        return Interval(v, max(0, v - 0.02), min(1, v + 0.02))

    return Place(name, strategy, 1, around(x), around(y), ((x, y),), name)


def test_better_lies_down_and_right() -> None:
    plot = charts.scatter([place("worse", 0.2, 0.8), place("better", 0.9, 0.1)], width=800, height=400)
    worse, better = plot.marks
    assert better.x > worse.x and better.y > worse.y


def test_interval_spans_the_point() -> None:
    (mark,) = charts.scatter([place("a", 0.5, 0.5)], width=800, height=400).marks
    assert mark.x_low < mark.x < mark.x_high and mark.y_low > mark.y > mark.y_high


def test_ticks_lie_within_the_frame() -> None:
    plot = charts.scatter([place("a", 0.98, 0.01)], width=370, height=400)
    assert all(plot.frame.left <= t.at <= plot.frame.right for t in plot.x_ticks)
    assert len(plot.x_ticks) >= 2


@pytest.mark.parametrize(
    ("values", "span"),
    [((0.0, 1.0), (0.0, 1.0, 0.2)), ((0.91, 0.99), (0.90, 1.0, 0.02)), ((0.0, 0.0), (0.0, 0.01, 0.01))],
)
def test_round_range(values: tuple[float, ...], span: tuple[float, float, float]) -> None:
    assert charts.round_range(values) == pytest.approx(span)


def test_labels_of_close_points_do_not_overlap() -> None:
    places = [place(f"variant-{i}", 0.5 + i / 500, 0.5) for i in range(4)]
    marks = charts.scatter(places, width=860, height=480).marks
    spots = {(m.label_x, m.label_y) for m in marks}
    assert len(spots) == 4 and len({m.label_y for m in marks}) >= 2


def test_label_at_the_right_edge_is_turned_inwards() -> None:
    places = [place("zero", 0.0, 0.0), place("a-rather-long-variant-name", 1.0, 0.5)]
    mark = charts.scatter(places, width=370, height=400).marks[1]
    assert mark.anchor == "end"


def test_trend_joins_a_strategy_by_rising_expertise() -> None:
    places = [place("c", 0.9, 0.1), place("a", 0.1, 0.9), place("other", 0.5, 0.5, strategy="ml_lr")]
    plot = charts.scatter(places, width=800, height=400)
    (trend,) = plot.trends
    xs = [float(point.split(",")[0]) for point in trend.points.split()]
    assert xs == sorted(xs) and len(xs) == 2


def test_a_family_has_a_trend_of_its_own() -> None:
    places = [place("a", 0.1, 0.9), place("b", 0.9, 0.1), place("c", 0.5, 0.5), place("d", 0.6, 0.6)]
    parted = [replace(p, family="x" if p.variant in "ab" else "y") for p in places]
    assert [t.family for t in charts.scatter(parted, width=800, height=400).trends] == ["x", "y"]


def test_a_band_goes_along_its_upper_and_back_along_its_lower_edge() -> None:
    curve = Curve("ift", 3, ((0.2, Interval(0.3, 0.2, 0.4)), (0.6, Interval(0.5, 0.1, 0.9))))
    plot = charts.scatter([place("a", 0.2, 0.3), place("b", 0.6, 0.5)], width=800, height=400, curves=[curve])
    (band,) = plot.bands
    area = [tuple(map(float, pair.split(","))) for pair in band.area.split()]
    assert [f"{m.x},{m.y}" for m in plot.marks] == band.line.split()
    assert [x for x, _ in area] == [plot.marks[0].x, plot.marks[1].x, plot.marks[1].x, plot.marks[0].x]
    assert area[0][1] < plot.marks[0].y < area[3][1]
    assert band.mark == 3 and plot.trends == ()


def test_falling_loss_falls_in_the_drawing() -> None:
    points = [LossPoint(step=s, loss=2 - s / 10, learning_rate=0) for s in (0, 10)]
    chart = charts.loss_chart([(7, points)], top=2.0)
    (path,) = chart.paths
    ys = [float(pair.split(",")[1]) for pair in path.points.split()]
    assert path.seed == 7 and ys == [chart.frame.top, (chart.frame.top + chart.frame.bottom) / 2]


def test_loss_chart_of_nothing_has_a_frame() -> None:
    assert charts.loss_chart([], top=0.0).paths == ()


def trials(*drifts: float) -> list[Trial]:
    return [Trial(at, drift, "grow", drift < 1, False, "") for at, drift in enumerate(drifts, start=1)]


def test_steps_run_to_the_right_and_over_budget_lies_above_the_line() -> None:
    chart = charts.step_chart(trials(0.2, 1.8, 0.9), budget=1.0, whole=2.0, width=860, height=250)
    assert [m.x for m in chart.marks] == sorted(m.x for m in chart.marks)
    assert [m.y < chart.budget for m in chart.marks] == [False, True, False]
    assert chart.whole is not None and chart.whole < chart.budget


def test_a_whole_that_would_press_the_rest_is_left_out() -> None:
    assert charts.step_chart(trials(0.2, 1.1), budget=1.0, whole=40.0, width=370, height=260).whole is None


def test_drifts_below_zero_stay_in_the_frame() -> None:
    chart = charts.step_chart(trials(-0.3, 0.2), budget=0.1, whole=0.2, width=370, height=260)
    assert all(chart.frame.top <= m.y <= chart.frame.bottom for m in chart.marks)
    assert any(t.label.startswith("−") for t in chart.y_ticks)


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 153, (0, 50, 100, 150, 200)),
        (-0.3, 0.2, (-0.3, -0.2, -0.1, 0, 0.1, 0.2)),
        (0, 0, (0, 0.2, 0.4, 0.6, 0.8, 1)),
    ],
)
def test_round_ticks(low: float, high: float, ticks: tuple[float, ...]) -> None:
    assert charts.round_ticks(low, high, most=6) == pytest.approx(ticks)


def crowd(count: int) -> list[Place]:
    return [
        replace(place(f"a-long-name-{n}", 0.9 + n / 1000, 0.1 + n / 1000), short="ABCDEFGHIJKLMNO"[n])
        for n in range(count)
    ]


def test_letters_stand_for_names_that_would_lie_on_one_another() -> None:
    plot = charts.scatter([place("far", 0.1, 0.9), *crowd(14)], width=370, height=400)
    assert plot.lettered
    assert [m.label for m in plot.marks] == ["far", *"ABCDEFGHIJKLMN"]
    assert plot.marks[1].variant == "a-long-name-0"


def test_names_stay_where_they_fit_or_nothing_may_stand_for_them() -> None:
    roomy = charts.scatter([place("far", 0.1, 0.9), *crowd(1)], width=860, height=480)
    assert not roomy.lettered and [m.label for m in roomy.marks] == ["far", "a-long-name-0"]
    nameless = [replace(p, short="") for p in crowd(14)]
    assert not charts.scatter(nameless, width=370, height=400).lettered
