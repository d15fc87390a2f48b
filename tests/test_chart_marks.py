"""Colours and shapes of marks, and room for labels."""

from __future__ import annotations

from harness import chart_marks
from harness.chart_marks import free_spot


def test_marks_of_one_colour_have_shapes_of_their_own() -> None:
    looks = {(chart_marks.hue(m), chart_marks.shape(m)) for m in (*range(2, 8), *range(9, 33))}
    assert len(looks) == 30
    assert [chart_marks.hue(m) for m in (0, 1, 8)] == [0, 1, 8]


def test_a_label_gives_way_and_tells_what_it_costs() -> None:
    free = free_spot("abc", 100, 100, taken=[], room=(400, 400))
    moved = free_spot("abc", 100, 100, taken=[free.box], room=(400, 400))
    walled = free_spot("abc", 100, 100, taken=[(0, 0, 400, 400)], room=(400, 400))
    assert free.cost == 0 and moved.box != free.box and moved.cost < 1 < walled.cost
