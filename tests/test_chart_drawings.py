"""The drawings of a page: every mark where its numbers say, in its class, with its words."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from harness import charts, resources
from harness.chart_drawings import scatter_svg, step_svg
from harness.chart_records import Curve, Interval, Place, Scatter, SeedDot, Trial
from tests.report_sources import HOSTILE


def around(value: float) -> Interval:
    return Interval(value=value, low=value - 0.05, high=value + 0.05)


def place(name: str, x: float, y: float, *, mark: int = 1) -> Place:
    return Place(
        variant=name, strategy=name, mark=mark, x=around(x), y=around(y), title=f"{name}: words",
        seeds=(SeedDot(x=x + 0.01, y=y, title=f"{name}, seed 0"), SeedDot(x=x, y=y + 0.01, title=f"{name}, seed 1")),
    )  # fmt: skip


def plot_of(*places: Place, curves: tuple[Curve, ...] = ()) -> Scatter:
    return charts.scatter(places, width=860, height=480, curves=curves)


def drawn(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def scatter(*places: Place, curves: tuple[Curve, ...] = ()) -> ElementTree.Element:
    return drawn(scatter_svg(plot_of(*places, curves=curves), classes="wide", label="plot", description="in words"))


def of_class(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [node for node in root.iter() if name in node.get("class", "").split()]


def spot(node: ElementTree.Element) -> tuple[float, float]:
    x, y = re.findall(r"-?[\d.]+", node.get("transform", ""))[:2]
    return float(x), float(y)


def test_better_lies_down_and_right() -> None:
    worse, better = map(spot, of_class(scatter(place("worse", 0.2, 0.8), place("better", 0.9, 0.1)), "point"))
    assert better[0] > worse[0] and better[1] > worse[1]


def test_every_variant_has_point_intervals_seeds_and_name_in_its_class() -> None:
    root = scatter(place("a", 0.2, 0.8, mark=1), place("b", 0.9, 0.1, mark=3))
    for name, count in (("point", 1), ("whisker", 2), ("seed", 2), ("label", 1)):
        marks = [node.get("class", "") for node in of_class(root, name)]
        assert sorted(marks) == sorted([f"{name} m1", f"{name} m3"] * count)
    assert [node.text for node in of_class(root, "label")] == ["a", "b"]


def test_points_of_one_colour_differ_in_shape() -> None:
    points = of_class(scatter(place("a", 0.2, 0.8, mark=2), place("b", 0.9, 0.1, mark=11)), "point")
    assert [node.get("class") for node in points] == ["point m2"] * 2
    assert points[0].get("d") != points[1].get("d")


def test_hovering_tells_values_and_seeds() -> None:
    root = scatter(place("a", 0.2, 0.8))
    words = {name: {node.findtext("title") for node in of_class(root, name)} for name in ("point", "label", "seed")}
    assert words == {"point": {"a: words"}, "label": {"a: words"}, "seed": {"a, seed 0", "a, seed 1"}}
    assert [node.findtext("title") for node in of_class(root, "whisker")] == ["a: words"] * 2
    assert root.findtext("desc") == "in words" and root.get("aria-label") == "plot"


def test_labels_lie_where_room_was_found_for_them() -> None:
    plot = plot_of(place("a", 0.2, 0.8), place("b", 0.22, 0.8))
    root = drawn(scatter_svg(plot, classes="", label="", description=""))
    spots = [spot(node) for node in of_class(root, "label")]
    assert spots == [pytest.approx((m.x - charts.LEFT, m.y - charts.TOP), abs=0.01) for m in plot.labels]
    (line,) = (m.line for m in plot.labels if m.line) if any(m.line for m in plot.labels) else (None,)
    for mark, point in zip(plot.labels, of_class(root, "point"), strict=True):
        assert abs(spot(point)[0] + charts.LEFT - mark.x) < 60 and line is None  # on one scale


def test_a_curve_has_a_band_and_a_family_without_one_a_dashed_trend() -> None:
    curve = Curve(family="a", mark=1, places=((0.2, around(0.3)), (0.6, around(0.5))))
    two = place("b", 0.5, 0.5, mark=2), place("b", 0.7, 0.6, mark=2).model_copy(update={"variant": "b2"})
    root = scatter(place("a", 0.2, 0.3), *two, curves=(curve,))
    found = {name: [node.get("class") for node in of_class(root, name)] for name in ("band", "curve", "trend")}
    assert found == {"band": ["band m1"], "curve": ["curve m1"], "trend": ["trend m2"]}


def steps(*drifts: float, whole: float = 2.0) -> ElementTree.Element:
    trials = [
        Trial(number=n, drift=d, action=("grow", "repair")[n % 2], within=d < 1, kept=n == 1, title=f"step {n}")
        for n, d in enumerate(drifts, start=1)
    ]
    chart = charts.step_chart(trials, budget=1.0, whole=whole, unit="nats", size=(860, 250))
    return drawn(step_svg(chart, classes="wide", label="drift", description="in words"))


def test_steps_run_to_the_right_and_over_budget_lies_above_the_line() -> None:
    root = steps(0.2, 1.8, 0.9)
    spots = [spot(node) for node in of_class(root, "trial")]
    (budget,) = of_class(root, "budget")
    assert spots == sorted(spots) and [y < spot(budget)[1] for _, y in spots] == [False, True, False]
    assert [node.get("class") for node in of_class(root, "trial")] == ["trial kept", "trial out", "trial"]


def test_a_whole_has_a_line_where_it_is_near() -> None:
    assert len(of_class(steps(0.2, 1.1), "bound")) == 2
    assert len(of_class(steps(0.2, 1.1, whole=40), "bound")) == 1


def test_drifts_below_zero_have_a_true_minus() -> None:
    root = steps(-0.3, 0.2)
    ticks = [node.text or "" for node in of_class(root, "tick")]
    assert any(text.startswith("−") for text in ticks) and not any(text.startswith("-") for text in ticks)


def test_hostile_names_are_text() -> None:
    for name in HOSTILE:
        svg = scatter_svg(plot_of(place(name, 0.4, 0.4)), classes="", label=name, description=name)
        assert {node.tag for node in drawn(svg).iter()} <= {"svg", "desc", "g", "path", "line", "text", "title"}
        assert not re.search("[\x00-\x08\x1b\u200b\u2028\u202e]", svg)


def crowded() -> ElementTree.Element:
    places = [place(f"v{n}", 0.8 + n / 300, 0.06 + n % 4 / 300) for n in range(14)]
    plot = plot_of(place("far", 0.1, 0.9), *places)
    assert plot.zoom is not None
    return drawn(scatter_svg(plot, classes="", label="", description=""))


def test_what_is_enlarged_has_a_frame_and_its_axes_say_so() -> None:
    root = crowded()
    assert len(of_class(root, "frame")) == 1 and "enlarged below" in {node.text for node in of_class(root, "tick")}
    places = [place(f"v{n}", 0.8 + n / 300, 0.06 + n % 4 / 300) for n in range(14)]
    zoom = plot_of(place("far", 0.1, 0.9), *places).zoom
    assert zoom is not None
    inner = drawn(scatter_svg(zoom, classes="", label="", description=""))
    assert all((node.text or "").endswith("(enlarged)") for node in of_class(inner, "axis"))
    lines = [m for m in zoom.labels if m.line]
    assert len(of_class(inner, "leader")) == len(lines)


def test_steps_have_an_axis_with_its_unit() -> None:
    assert "drift, nats" in {node.text for node in of_class(steps(0.2, 1.1), "axis")}


def test_every_class_is_styled() -> None:
    style = (resources.folder("reports") / "report.css").read_text(encoding="utf-8")
    curve = Curve(family="a", mark=1, places=((0.2, around(0.3)), (0.6, around(0.5))))
    roots = [scatter(place("a", 0.2, 0.3), curves=(curve,)), crowded(), steps(0.2, 1.8)]
    classes = {name for root in roots for node in root.iter() for name in node.get("class", "").split()}
    assert {name for name in classes if not re.search(rf"\.{name}\b", style)} == set()


def test_the_same_numbers_give_the_same_bytes() -> None:
    plots = [scatter_svg(plot_of(place("a", 1 / 3, 2 / 3)), classes="", label="", description="") for _ in range(2)]
    assert plots[0] == plots[1]
