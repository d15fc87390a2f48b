"""What drawings show, and where their labels lie."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import combinations

import pytest

from harness import charts
from harness.chart_labels import gap, overlap
from harness.chart_records import Curve, Interval, Label, Place, Scatter, SeedDot, Trial


def around(value: float) -> Interval:
    return Interval(value=value, low=max(0, value - 0.02), high=min(1, value + 0.02))


def place(name: str, x: float, y: float, *, strategy: str = "ift") -> Place:
    seeds = (SeedDot(x=x, y=y, title=f"{name}, seed 0"),)
    return Place(variant=name, strategy=strategy, mark=1, x=around(x), y=around(y), seeds=seeds, title=name)


def box_of(label: Label) -> tuple[float, float, float, float]:
    return label.x, label.y - 12, label.x + 8.2 * len(label.text), label.y + 3


def spots(plot: Scatter) -> dict[str, tuple[float, float]]:
    """Where the marks lie, worked out from the axes anew."""
    wide, high = plot.width - charts.LEFT - charts.RIGHT - 16, plot.height - charts.TOP - charts.BOTTOM - 16
    return {
        p.title: (
            charts.LEFT + 8 + (p.x.value - plot.x.low) / (plot.x.high - plot.x.low) * wide,
            charts.TOP + 8 + (plot.y.high - p.y.value) / (plot.y.high - plot.y.low) * high,
        )
        for p in plot.places
    }


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
    label = charts.scatter(places, width=370, height=400).labels[1]
    assert box_of(label)[2] < 370


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


def trials(*drifts: float) -> list[Trial]:
    return [
        Trial(number=at, drift=drift, action="grow", within=drift < 1, kept=False, title="")
        for at, drift in enumerate(drifts, start=1)
    ]


def test_a_whole_that_would_press_the_rest_is_left_out() -> None:
    near = charts.step_chart(trials(0.2, 1.1), budget=1.0, whole=2.0, unit="nats", size=(370, 260))
    far = charts.step_chart(trials(0.2, 1.1), budget=1.0, whole=40.0, unit="nats", size=(370, 260))
    assert (near.whole, far.whole) == (2.0, None)


SHARES = (
    (0, 0), (49.7, 0.3), (64.8, 1.9), (72.5, 6.4), (83.3, 29.8), (76.7, 7.8), (78.7, 10.4), (67.4, 1.6), (55.2, 60.1),
    (71.5, 5.3), (73.5, 1.5), (68.8, 1), (30.4, 7.5), (73.6, 0), (66.7, 0), (0.3, 2.1), (71.5, 0.1), (72.7, 0.1),
    (78.4, 4.5), (51.2, 16.9),
)  # fmt: skip
"""Expertise and harmfulness in per cent: one far up, most low and to the right."""


def many(shares: Sequence[tuple[float, float]] = SHARES) -> list[Place]:
    return [
        place(f"variant-{n}", x / 100, y / 100).model_copy(update={"short": chr(ord("A") + n)})
        for n, (x, y) in enumerate(shares)
    ]


@pytest.mark.parametrize("size", [(860, 480), (370, 400)])
def test_no_label_lies_on_another_or_nearer_to_a_foreign_mark_without_a_line(size: tuple[int, int]) -> None:
    rng = random.Random(7)
    rows = [many(), *(many([(rng.random() * 60, rng.random() ** 3 * 60) for _ in range(20)]) for _ in range(6))]
    for places in rows:
        plot = charts.scatter(places, width=size[0], height=size[1])
        for drawn in filter(None, (plot, plot.zoom)):
            check_labels(drawn)


def check_labels(plot: Scatter) -> None:
    marks, boxes = spots(plot), [box_of(m) for m in plot.labels]
    assert not any(overlap(a, b) for a, b in combinations(boxes, 2))
    for label, box in zip(plot.labels, boxes, strict=True):
        assert box[0] >= charts.LEFT and box[2] <= plot.width and box[3] <= plot.height - charts.BOTTOM
        own = marks[label.title]
        others = [at for title, at in marks.items() if title != label.title]
        assert not any(gap(box, at) < 7 for at in marks.values())
        if label.line is None:
            assert gap(box, own) < min(gap(box, at) for at in others)
        else:
            assert label.line[:2] == pytest.approx(own) and gap(box, label.line[2:]) < 0.01


def test_most_points_in_a_corner_are_enlarged_with_their_labels() -> None:
    plot = charts.scatter(many(), width=860, height=480)
    assert plot.zoom is not None and plot.zoom.zoomed and not plot.zoomed
    assert (plot.zoom.x.low, plot.zoom.x.high, plot.zoom.y.low) == pytest.approx((0.6, 0.8, 0.0))
    inside = {p.variant for p in plot.zoom.places}
    assert len(inside) == 13 and {m.title for m in plot.zoom.labels} == inside
    assert {m.title for m in plot.labels} == {p.variant for p in plot.places} - inside


def test_marks_in_an_enlarged_part_do_not_leave_it() -> None:
    zoom = charts.scatter(many(), width=860, height=480).zoom
    assert zoom is not None
    for p in zoom.places:
        assert zoom.x.low <= p.x.low <= p.x.high <= zoom.x.high and zoom.y.low <= p.y.low <= p.y.high <= zoom.y.high
    for x, y in (at for t in zoom.trends for at in t.points):
        assert zoom.x.low - 1e-9 <= x <= zoom.x.high + 1e-9 and zoom.y.low - 1e-9 <= y <= zoom.y.high + 1e-9


def test_evenly_spread_points_are_not_enlarged() -> None:
    assert charts.scatter(many([(n * 5, n * 5) for n in range(20)]), width=860, height=480).zoom is None


def test_the_same_points_are_drawn_alike() -> None:
    assert charts.scatter(many(), width=370, height=400) == charts.scatter(many(), width=370, height=400)


def crowd(count: int) -> list[Place]:
    return [
        place(f"a-long-name-{n}", 0.9 + n / 1000, 0.1 + n / 1000).model_copy(update={"short": "ABCDEFGHIJKLMNO"[n]})
        for n in range(count)
    ]


def test_letters_stand_for_names_that_would_lie_on_one_another() -> None:
    plot = charts.scatter([place("far", 0.1, 0.9), *crowd(14)], width=370, height=400)
    assert plot.lettered
    drawn = [*plot.labels, *(plot.zoom.labels if plot.zoom else ())]
    assert [m.text for m in drawn] == ["far", *"ABCDEFGHIJKLMN"]
    assert plot.places[1].variant == "a-long-name-0"


def test_names_stay_where_they_fit_or_nothing_may_stand_for_them() -> None:
    roomy = charts.scatter([place("far", 0.1, 0.9), *crowd(1)], width=860, height=480)
    assert not roomy.lettered and [m.text for m in roomy.labels] == ["far", "a-long-name-0"]
    nameless = [p.model_copy(update={"short": ""}) for p in crowd(14)]
    assert not charts.scatter(nameless, width=370, height=400).lettered
