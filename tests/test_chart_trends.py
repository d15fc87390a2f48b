"""Courses over runs: one scale, values on hover, intervals, gaps, words for those who do not see them."""

from __future__ import annotations

from xml.etree import ElementTree

from harness.chart_trends import course_svg
from harness.run_comparison_records import Course, CoursePoint


def point(run: int, value: float, *, low: float | None = 0.0, high: float | None = 1.0) -> CoursePoint:
    return CoursePoint(run=run, value=value, low=low, high=high, title=f"run {run}: {value:.1%}")


def drawn(*points: CoursePoint, runs: int = 3, gaps: tuple[int, ...] = ()) -> ElementTree.Element:
    return ElementTree.fromstring(course_svg(Course(runs=runs, points=points, gaps=gaps), label="a & b"))


def classed(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [e for e in root.iter() if name in e.get("class", "").split()]


def test_points_and_intervals_have_their_values_as_titles() -> None:
    root = drawn(point(1, 0.1), point(2, 0.2, low=None, high=None), point(3, 0.3))
    titles = [title for name in ("point", "whisker") for e in classed(root, name) if (title := e.findtext("title"))]
    assert titles == ["run 1: 10.0%", "run 2: 20.0%", "run 3: 30.0%", "run 1: 10.0%", "run 3: 30.0%"]


def test_the_drawing_is_told_in_words() -> None:
    root = drawn(point(1, 0.1), point(2, 0.2), point(3, 0.3))
    assert root.get("aria-label") == "a & b" and root.get("role") == "img"
    assert root.findtext("desc") == "run 1: 10.0%; run 2: 20.0%; run 3: 30.0%"


def test_all_drawings_have_one_scale() -> None:
    low, high = (drawn(*(point(n, value) for n in (1, 2, 3))) for value in (0.01, 0.99))
    assert [e.text for e in classed(low, "tick")] == [e.text for e in classed(high, "tick")]
    assert classed(low, "line")[0].get("d") != classed(high, "line")[0].get("d")


def test_no_line_goes_across_a_run_without_a_share() -> None:
    points = [point(n, 0.5) for n in (1, 2, 4, 5)]
    assert len(classed(drawn(*points, runs=5, gaps=(3,)), "line")) == 2
    assert len(classed(drawn(*points, runs=5), "line")) == 1


def test_the_same_numbers_give_the_same_bytes() -> None:
    course = Course(runs=3, points=tuple(point(n, 1 / 3) for n in (1, 2, 3)), gaps=())
    assert course_svg(course, label="x") == course_svg(course, label="x")
