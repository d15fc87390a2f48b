"""The plots of harmfulness over expertise: curve, trends, tables."""

from __future__ import annotations

from dataclasses import replace
from math import hypot

import pytest

from harness.report_records import ReportSources, ReportView
from harness.report_view import build_view
from tests.matched import family, with_families
from tests.report_sources import make_sources


@pytest.fixture(scope="module")
def sources() -> ReportSources:
    return make_sources(prompts=60)


@pytest.fixture(scope="module")
def view(sources: ReportSources) -> ReportView:
    return build_view(sources)


def test_a_plot_for_each_pair_of_harmfulness_and_expertise(view: ReportView) -> None:
    assert [(p.harm.name, p.expertise.name) for p in view.frontiers] == [
        ("harmful_requests", "clinic_choice"),
        ("harmful_new_frames", "clinic_choice"),
    ]


def test_plain_ift_has_a_curve_in_its_colour_and_no_dashed_line(view: ReportView) -> None:
    for plot in (view.frontiers[0].wide, view.frontiers[0].narrow):
        assert [c.mark for c in plot.curves] == [1]
        assert plot.trends == ()


def test_the_curve_goes_through_the_points_of_plain_ift(view: ReportView) -> None:
    plot = view.frontiers[0].wide
    line = [(at, share.value) for at, share in plot.curves[0].places]
    for place in (p for p in plot.places if p.variant.startswith("ift")):
        assert min(hypot(x - place.x.value, y - place.y.value) for x, y in line) < 0.005


def test_seeds_are_paired_by_number(sources: ReportSources) -> None:
    gone = [
        s.model_copy(update={"value": None})
        if (s.variant, s.task, s.seed) in {("ift-4e-4", "clinic_choice", 0), ("ift-4e-4", "harmful_requests", 1)}
        else s
        for s in sources.table.scores
    ]
    plot = build_view(replace(sources, table=sources.table.model_copy(update={"scores": tuple(gone)}))).frontiers[0]
    (place,) = (p for p in plot.wide.places if p.variant == "ift-4e-4")
    assert [dot.title.partition(":")[0] for dot in place.seeds] == ["ift-4e-4, seed 2"]


def test_without_families_dashed_lines_join_strategies(sources: ReportSources) -> None:
    bare = sources.table.model_copy(update={"families": (), "curves": (), "matched": ()})
    plot = build_view(replace(sources, table=bare)).frontiers[0]
    assert [t.family for t in plot.wide.trends] == ["ift"]
    assert plot.wide.curves == () and plot.table is None


def test_dashed_lines_join_families(sources: ReportSources) -> None:
    parted = with_families(sources, family("other", "ift-4e-4"), family("other", "ift-2e-4", "ift-1.5e-4"))
    (trend,) = build_view(parted).frontiers[0].wide.trends
    assert trend.family == "ift-2e-4, ift-1.5e-4"


def test_each_plot_has_its_table_and_each_harmfulness_task_one_of_losses(view: ReportView) -> None:
    tables = [p.table for p in view.frontiers]
    assert [t.groups[0].rows[0].comparison.variant for t in tables if t] == ["ml-lr-qkgu"] * 2
    assert [(t.harm.name, t.expertise) for t in view.loss_tables] == [
        ("harmful_requests", None),
        ("harmful_new_frames", None),
    ]
