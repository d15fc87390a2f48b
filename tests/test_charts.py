"""What drawings show, and where their labels lie."""

from __future__ import annotations

import pytest

from harness import charts
from harness.charts import Curve, Interval, Place, SeedDot, Trial
from harness.records import LossPoint


def around(value: float) -> Interval:
    return Interval(value=value, low=max(0, value - 0.02), high=min(1, value + 0.02))


def place(name: str, x: float, y: float, *, strategy: str = "ift") -> Place:
    seeds = (SeedDot(x=x, y=y, title=f"{name}, seed 0"),)
    return Place(variant=name, strategy=strategy, mark=1, x=around(x), y=around(y), seeds=seeds, title=name)


def test_axes_span_points_intervals_seeds_and_curves() -> None:
    curve = Curve(family="ift", mark=1, places=((0.5, Interval(value=0.6, low=0.5, high=0.79)),))
    plot = charts.scatter([place("a", 0.45, 0.55)], width=800, height=400, curves=[curve])
    assert (plot.x.low, plot.x.high) == pytest.approx((0.43, 0.47))
    assert (plot.y.low, plot.y.high) == pytest.approx((0.5, 0.8))


@pytest.mark.parametrize(
    ("values", "span"),
    [((0.0, 1.0), (0.0, 1.0, 0.2)), ((0.91, 0.99), (0.90, 1.0, 0.02)), ((0.0, 0.0), (0.0, 0.01, 0.01))],
)
def test_round_span(values: tuple[float, ...], span: tuple[float, float, float]) -> None:
    made = charts.round_span(values)
    assert (made.low, made.high, made.step) == pytest.approx(span)


def test_labels_of_close_points_do_not_overlap() -> None:
    places = [place(f"variant-{i}", 0.5 + i / 500, 0.5) for i in range(4)]
    labels = charts.scatter(places, width=860, height=480).labels
    assert len({(m.x, m.y) for m in labels}) == 4 and len({m.y for m in labels}) >= 2


def test_label_at_the_right_edge_is_turned_inwards() -> None:
    places = [place("zero", 0.0, 0.0), place("a-rather-long-variant-name", 1.0, 0.5)]
    assert charts.scatter(places, width=370, height=400).labels[1].anchor == "end"


def test_a_label_may_differ_from_the_name() -> None:
    marked = place("a\u202e", 0.5, 0.5).model_copy(update={"label": "a⟦U+202E⟧"})
    assert [m.text for m in charts.scatter([marked], width=860, height=480).labels] == ["a⟦U+202E⟧"]


def test_trend_joins_a_strategy_by_rising_expertise() -> None:
    places = [place("c", 0.9, 0.1), place("a", 0.1, 0.9), place("other", 0.5, 0.5, strategy="ml_lr")]
    (trend,) = charts.scatter(places, width=800, height=400).trends
    assert trend.points == ((0.1, 0.9), (0.9, 0.1))


def test_a_family_has_a_trend_of_its_own() -> None:
    places = [place("a", 0.1, 0.9), place("b", 0.9, 0.1), place("c", 0.5, 0.5), place("d", 0.6, 0.6)]
    parted = [p.model_copy(update={"family": "x" if p.variant in "ab" else "y"}) for p in places]
    assert [t.family for t in charts.scatter(parted, width=800, height=400).trends] == ["x", "y"]


def test_a_family_with_a_curve_has_no_trend() -> None:
    curve = Curve(family="ift", mark=3, places=((0.2, around(0.3)), (0.6, around(0.5))))
    plot = charts.scatter([place("a", 0.2, 0.3), place("b", 0.6, 0.5)], width=800, height=400, curves=[curve])
    assert plot.trends == () and plot.curves == (curve,)


def test_a_loss_line_tells_its_values() -> None:
    points = [LossPoint(step=s, loss=2 - s / 10, learning_rate=0) for s in (0, 5, 10)]
    chart = charts.loss_chart([(7, points)], mark=2, top=2.0)
    (path,) = chart.paths
    assert path.points == ((0, 2.0), (5, 1.5), (10, 1.0)) and chart.last == 10
    assert path.title == "seed 7: loss 2 at step 0, 1.5 at step 5, 1 at step 10"


def test_a_loss_chart_of_nothing_has_axes() -> None:
    chart = charts.loss_chart([], mark=1, top=0.0)
    assert (chart.paths, chart.top, chart.last) == ((), 1.0, 1)


def trials(*drifts: float) -> list[Trial]:
    return [
        Trial(number=at, drift=drift, action="grow", within=drift < 1, kept=False, title="")
        for at, drift in enumerate(drifts, start=1)
    ]


def test_a_whole_that_would_press_the_rest_is_left_out() -> None:
    near = charts.step_chart(trials(0.2, 1.1), budget=1.0, whole=2.0, width=370, height=260)
    far = charts.step_chart(trials(0.2, 1.1), budget=1.0, whole=40.0, width=370, height=260)
    assert (near.whole, far.whole) == (2.0, None)


def crowd(count: int) -> list[Place]:
    return [
        place(f"a-long-name-{n}", 0.9 + n / 1000, 0.1 + n / 1000).model_copy(update={"short": "ABCDEFGHIJKLMNO"[n]})
        for n in range(count)
    ]


def test_letters_stand_for_names_that_would_lie_on_one_another() -> None:
    plot = charts.scatter([place("far", 0.1, 0.9), *crowd(14)], width=370, height=400)
    assert plot.lettered
    assert [m.text for m in plot.labels] == ["far", *"ABCDEFGHIJKLMN"]
    assert plot.places[1].variant == "a-long-name-0"


def test_names_stay_where_they_fit_or_nothing_may_stand_for_them() -> None:
    roomy = charts.scatter([place("far", 0.1, 0.9), *crowd(1)], width=860, height=480)
    assert not roomy.lettered and [m.text for m in roomy.labels] == ["far", "a-long-name-0"]
    nameless = [p.model_copy(update={"short": ""}) for p in crowd(14)]
    assert not charts.scatter(nameless, width=370, height=400).lettered
