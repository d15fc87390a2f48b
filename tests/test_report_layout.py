"""Small decisions of the page: no orphan in a grid, names whole."""

from __future__ import annotations

import pytest

from harness.report_layout import columns, short


@pytest.mark.parametrize(("tiles", "wide"), [(1, 2), (3, 3), (4, 4), (5, 3), (6, 3), (8, 4), (9, 3), (11, 4), (15, 3)])
def test_the_last_row_has_the_fewest_empty_places(tiles: int, wide: int) -> None:
    assert columns(tiles) == wide


def test_five_to_twelve_tiles_leave_no_orphan() -> None:
    assert all(n % columns(n) != 1 for n in range(5, 13))


def test_short_names_stay_whole_and_long_ones_may_break() -> None:
    assert (short("ift-2e-4"), short("a-name-of-20-letters")) == ("short", "")
