"""Colours and shapes of marks."""

from __future__ import annotations

from harness import chart_marks


def test_no_two_marks_look_alike_up_to_eight_of_a_colour() -> None:
    marks = [chart_marks.mark_of(colour, number) for colour in range(9) for number in range(8)]
    assert len({(chart_marks.hue(m), chart_marks.outline(m)) for m in marks}) == len(set(marks)) == 72
    assert [chart_marks.hue(chart_marks.mark_of(colour, 3)) for colour in range(9)] == list(range(9))
