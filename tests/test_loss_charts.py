"""Losses on one scale for a run, smoothed and raw."""

from __future__ import annotations

import pytest

from harness import loss_charts
from harness.loss_charts import LossChart, loss_chart, loss_overview, loss_scale, smoothed, spread
from harness.train_records import LossPoint


def points(*losses: float) -> list[LossPoint]:
    return [LossPoint(step=10 * n, loss=loss, learning_rate=0) for n, loss in enumerate(losses)]


def chart(*runs: list[LossPoint]) -> LossChart:
    return loss_chart(list(enumerate(runs)), mark=2, scale=loss_scale(runs))


def test_a_wide_range_has_a_log_axis_with_few_round_ticks() -> None:
    scale = loss_scale([points(3.0, 1.0), points(0.1)])
    assert scale.log and scale.ticks == (0.1, 0.2, 0.5, 1.0, 2.0) and 0 < scale.low < 0.1 and scale.high == 3.0


def test_a_narrow_range_begins_at_zero() -> None:
    scale = loss_scale([points(2.0, 1.0)])
    assert not scale.log and scale.low == 0 and scale.ticks == (0.0, 0.5, 1.0, 1.5, 2.0)


@pytest.mark.parametrize("run", [[], [0.0, 0.0], [1e-9, 1e9], [0.0, 5.0]])
def test_an_axis_is_found_for_any_losses(run: list[float]) -> None:
    scale = loss_scale([points(*run)])
    assert scale.low < scale.high and 0 < len(scale.ticks) <= 7 and (scale.low > 0 or not scale.log)


def test_a_point_of_a_line_is_the_mean_over_a_tenth_of_the_records() -> None:
    line = smoothed([(n, float(n)) for n in range(20)])
    assert (line[0], line[1], line[-1]) == ((0, 0.0), (1, 0.5), (19, 18.5))


def test_a_line_tells_its_values_and_where_it_ends() -> None:
    (path,) = chart(points(*(2 - n / 20 for n in range(20)))).paths
    assert path.title == "seed 0: loss 2 at step 0, 1.5 at step 100, 1.05 at step 190"
    assert path.spots[-1].title == "seed 0, step 190: loss 1.05, mean of the last 2 records 1.08"
    assert path.end == pytest.approx(1.075) and len(path.spots) == 12


def test_long_lines_keep_their_extremes() -> None:
    (path,) = chart(points(*(9.0 if n == 777 else 1.0 for n in range(5000)))).paths
    assert (7770, 9.0) in path.raw and len(path.raw) <= 200 and len(path.line) == 100
    assert path.line[-1][0] == 49990


def test_a_chart_of_nothing_has_axes() -> None:
    empty = chart()
    assert (empty.paths, empty.last) == ((), 1)


def test_all_variants_lie_in_one_chart_as_the_mean_of_their_seeds() -> None:
    one, two = chart(points(2.0, 1.0), points(4.0, 3.0)), chart(points(2.0, 1.0))
    both = loss_overview([("a", "A", one), ("b", "B", two)])
    assert both is not None and both.wide.lines[0].line == ((0, 3.0), (10, 2.0))
    assert both.wide.lines[0].title == "a: smoothed loss 2 at step 10, mean of seeds"
    assert loss_overview([("a", "A", one)]) is None


def test_letters_stand_for_names_too_long_for_the_margin() -> None:
    both = loss_overview([(name, name[0].upper(), chart(points(1.0))) for name in ("a-rather-long-name", "b")])
    assert both is not None and (both.wide.lettered, both.narrow.lettered) == (False, True)
    assert [line.name for line in both.narrow.lines] == ["A", "B"]


def test_labels_that_would_meet_are_moved_apart_in_their_order() -> None:
    assert spread([50, 10, 52, 51], least=10, room=(0, 100)) == pytest.approx([41, 10, 61, 51])
    assert spread([99, 98], least=10, room=(0, 100)) == pytest.approx([100, 90])
    assert loss_charts.spread([], least=10, room=(0, 100)) == []
