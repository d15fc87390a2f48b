"""Small decisions of the page: no orphan in a grid, names whole, both times of a run."""

from __future__ import annotations

import pytest

from harness.records import StageEntry
from harness.report_layout import columns, made_words, short
from tests.report_sources import make_sources

MANIFEST = make_sources(prompts=2).manifest


def entry(seconds: float, *, reused: bool) -> StageEntry:
    return StageEntry(label="x", stage="train", key="k", digest="d", seconds=seconds, reused=reused)


@pytest.mark.parametrize(("tiles", "wide"), [(1, 2), (3, 3), (4, 4), (5, 3), (6, 3), (8, 4), (9, 3), (11, 4), (15, 3)])
def test_the_last_row_has_the_fewest_empty_places(tiles: int, wide: int) -> None:
    assert columns(tiles) == wide


def test_five_to_twelve_tiles_leave_no_orphan() -> None:
    assert all(n % columns(n) != 1 for n in range(5, 13))


def test_short_names_stay_whole_and_long_ones_may_break() -> None:
    assert (short("ift-2e-4"), short("a-name-of-20-letters")) == ("short", "")


def test_time_of_the_run_and_of_its_stages() -> None:
    stages = (entry(10.0, reused=False), entry(6440.0, reused=True))
    run = MANIFEST.model_copy(update={"seconds": 10.2, "stages": stages})
    assert made_words(run).replace("\u00a0", " ") == "in 10 s; its stages took 1.8 h, 1 of 2 made before"
    fresh = run.model_copy(update={"stages": stages[:1]})
    assert made_words(fresh).replace("\u00a0", " ") == "in 10 s; its stages took 10 s, all made in this run"
