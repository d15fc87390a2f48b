"""Labels beside their marks, with lines where they had to move."""

from __future__ import annotations

from harness.chart_labels import gap, label_spots, overlap

ROOM = 0.0, 0.0, 400.0, 400.0


def test_a_lone_label_lies_beside_its_mark_without_a_line() -> None:
    (spot,) = label_spots([(100, 100)], ["abc"], room=ROOM)
    assert spot is not None and spot.clean and spot.line is None and 9 < gap(spot.box, (100, 100)) <= 16


def test_a_label_among_marks_moves_off_and_has_a_line() -> None:
    ring = [(100 + 22 * x, 100 + 22 * y) for x in (-1, 0, 1) for y in (-1, 0, 1) if (x, y) != (0, 0)]
    spots = label_spots([(100, 100), *ring], ["abc", *[""] * 8], room=ROOM)
    spot = spots[0]
    assert spot is not None and spot.clean and spot.line is not None and spot.line[0] == (100, 100)
    assert not any(overlap(spot.box, (x - 9, y - 9, x + 9, y + 9)) for x, y in ring) and spots[1:] == (None,) * 8


def test_two_marks_at_one_place_both_have_lines() -> None:
    spots = label_spots([(100, 100), (100, 100)], ["a", "b"], room=ROOM)
    assert all(s is not None and s.line for s in spots)


def test_no_room_is_told() -> None:
    (spot,) = label_spots([(10, 10)], ["a-name-longer-than-the-drawing"], room=(0, 0, 60, 60))
    assert spot is not None and not spot.clean
