"""The analysis's measures as heat maps: every number is the record's, every mark the search's."""

from __future__ import annotations

import pytest

from harness.analysis_records import Robustness
from harness.report_measures import (
    GAIN,
    MARGIN,
    MARGIN_CONTEXT,
    REFUSAL,
    REFUSAL_CONTEXT,
    decimals,
    everything,
    figure,
    heat_map,
    measures_of,
    proxy_measure,
    readings,
)
from harness.report_robustness_records import HeatCell, HeatMap
from tests.robustness_sources import FUSED, Shape, robustness


@pytest.fixture(scope="module")
def full() -> Robustness:
    return robustness(Shape())


@pytest.fixture(scope="module")
def bare() -> Robustness:
    return robustness(Shape(types=FUSED, layers=32, seeds=(4,), options=False, outside=False, context=False))


def cell(heat: HeatMap, kind: str, layer: int) -> HeatCell:
    found = next(row for row in heat.rows if row.kind == kind).cells[layer]
    assert found is not None
    return found


def test_a_cell_holds_the_mean_over_the_seeds_in_per_cent(full: Robustness) -> None:
    row = next(r for r in full.modules if r.module == "v.0")
    assert cell(heat_map(full, MARGIN), "v", 0).text == f"{row.mean.harmful * 100:.1f}"


def test_in_context_is_the_whole_minus_the_whole_without(full: Robustness) -> None:
    row = next(r for r in full.modules if r.module == "o.2")
    wanted = [(w.harmful - r.harmful) * 100 for w, r in zip(full.whole.by_seed, row.without_by_seed, strict=True)]
    assert readings(full, row, MARGIN_CONTEXT) == pytest.approx(wanted)


def test_the_title_tells_spread_seeds_and_all_measures(full: Robustness) -> None:
    title = cell(heat_map(full, MARGIN, chosen=["v.0"], full=True), "v", 0).title
    assert title.startswith("v.0 (chosen): 17.8 ± ") and title.count(",") > 4
    for words in ("by seed", "fitted anew", "control feature", "refusals lose", "gain", "refuses", "output changes"):
        assert words in title


def test_what_was_not_measured_is_not_told(bare: Robustness) -> None:
    told = everything(bare.modules[0])
    assert not any(words in told for words in ("fitted anew", "control", "refuses"))
    assert "±" not in cell(heat_map(bare, MARGIN), "qkv", 3).title


def test_only_what_was_measured_has_a_map(full: Robustness, bare: Robustness) -> None:
    assert [m.key for m in measures_of(bare)] == ["margin", "refusal", "gain", "benign", "size"]
    assert len(measures_of(full)) == 10


def test_the_proxy_is_in_context_where_that_was_measured(full: Robustness, bare: Robustness) -> None:
    assert proxy_measure(full, "margin", context=True) is MARGIN_CONTEXT
    assert proxy_measure(full, "refusal", context=True) is REFUSAL_CONTEXT
    assert proxy_measure(full, "refusal", context=False) is REFUSAL
    assert proxy_measure(bare, "margin", context=True) is MARGIN


def test_chosen_modules_are_marked_and_no_others(full: Robustness) -> None:
    heat = heat_map(full, MARGIN, chosen=["q.1", "down.5"])
    marked = {c.module for row in heat.rows for c in row.cells if c is not None and c.chosen}
    assert marked == {"q.1", "down.5"} and heat.marked
    assert not heat_map(full, MARGIN).marked


def test_the_darkest_cell_is_the_greatest_and_below_zero_is_light(full: Robustness) -> None:
    below = full.modules[0].mean.model_copy(update={"harmful": -0.5})
    first = full.modules[0].model_copy(update={"mean": below, "by_seed": (below,) * 3})
    heat = heat_map(full.model_copy(update={"modules": (first, *full.modules[1:])}), MARGIN)
    dark = {c.module for row in heat.rows for c in row.cells if c is not None and c.shade == 9}
    assert dark == {"v.0"} and heat.high == cell(heat, "v", 0).text
    assert (cell(heat, "q", 0).shade, cell(heat, "q", 0).text) == (0, "−50.0")


def test_generated_refusals_are_dark_where_they_fall(full: Robustness) -> None:
    refuses = next(m for m in measures_of(full) if m.key == "refuses")
    heat = heat_map(full, refuses)
    assert heat.low == "≥ 98.0"
    assert cell(heat, "v", 0).shade == 9 and cell(heat, "k", 5).shade == 0


def test_a_second_reading_stands_below_the_first(full: Robustness) -> None:
    retrained = next(m for m in measures_of(full) if m.key == "retrained")
    shown = cell(heat_map(full, retrained), "v", 0)
    assert float(shown.beside) == pytest.approx(5 * float(shown.text), abs=0.05)


def test_fused_types_have_rows_and_missing_modules_gaps(bare: Robustness) -> None:
    lacking = bare.model_copy(update={"modules": tuple(r for r in bare.modules if r.module != "qkv.7")})
    heat = heat_map(lacking, MARGIN)
    assert [row.kind for row in heat.rows] == ["qkv", "o", "gate_up", "down"]
    assert len(heat.layers) == 32 and heat.rows[0].cells[7] is None


def test_embeddings_and_the_whole_stand_beside(full: Robustness) -> None:
    names = [c.module for c in heat_map(full, GAIN).beside]
    assert names == ["embed", "norm", "head", "all at once"]
    assert [c.module for c in heat_map(full, MARGIN_CONTEXT).beside] == names


def test_outside_the_layers_a_reading_alone_stands_for_one_in_context(full: Robustness) -> None:
    outside = tuple(r.model_copy(update={"without": None, "without_by_seed": ()}) for r in full.outside)
    heat = heat_map(full.model_copy(update={"outside": outside}), MARGIN_CONTEXT)
    assert [c.module for c in heat.beside] == ["embed alone", "norm alone", "head alone", "all at once"]


def test_an_embedding_that_was_chosen_is_marked(full: Robustness) -> None:
    assert [c.chosen for c in heat_map(full, MARGIN, chosen=["embed"]).beside] == [True, False, False, False]


@pytest.mark.parametrize(
    ("value", "places", "text"), [(-0.04, 1, "0.0"), (-1.25, 1, "−1.2"), (12.34, 1, "12.3"), (0.0, 2, "0.00")]
)
def test_figure(value: float, places: int, text: str) -> None:
    assert figure(value, places) == text


@pytest.mark.parametrize(("largest", "places"), [(153.0, 1), (33.5, 1), (2.05, 2), (0.374, 3), (1e-9, 6), (0.0, 2)])
def test_decimals(largest: float, places: int) -> None:
    assert decimals(largest) == places
