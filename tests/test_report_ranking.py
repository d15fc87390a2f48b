"""The section “Which way of tuning”: rows, dominance and costs of fifteen variants."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from harness.number_words import duration
from harness.report_ranking import ranking_view
from harness.report_ranking_records import RankingRow, RankingView
from harness.report_records import ReportSources
from harness.report_variants import variant_views
from harness.report_view import build_view, render
from tests.many_variants import many_sources
from tests.report_sources import make_sources


@pytest.fixture(scope="module")
def sources() -> ReportSources:
    return many_sources()


@pytest.fixture(scope="module")
def view(sources: ReportSources) -> RankingView:
    return viewed(sources)


def viewed(sources: ReportSources) -> RankingView:
    found = ranking_view(sources, variant_views(sources))
    assert found is not None
    return found


def row(view: RankingView, name: str) -> RankingRow:
    return next(r for r in view.rows if r.name == name)


def test_the_eligible_come_first_then_the_unclear_then_the_others(view: RankingView) -> None:
    groups = [r.group for r in view.rows]
    assert groups == sorted(groups, key=["yes", "unclear", "no"].index) and set(groups) == {"yes", "unclear", "no"}
    assert (view.rows[0].name, view.rows[0].place, view.rows[-1].place) == ("swat", "1", "–")


def test_the_numbers_are_the_rankings(sources: ReportSources, view: RankingView) -> None:
    ranking = sources.table.ranking
    assert ranking is not None
    first = ranking.variants[0]
    assert first.harm is not None and view.rows[0].harm.startswith(f"{first.harm.value * 100:.1f}")
    assert view.rows[0].probability == f"{first.probability * 100:.0f}\u00a0%"


def test_dominance_reads_alike_from_both_sides_and_in_the_matrix(view: RankingView) -> None:
    for at, one in enumerate(view.rows):
        for other in one.dominates:
            assert one.name in [o.name for o in row(view, other.name).dominated_by]
        signs = [view.rows[i].name for i, cell in enumerate(view.matrix[at]) if cell.sign in ("●", "○")]
        assert signs == [o.name for o in one.dominates]
    assert {"random", "wise-ft"} <= {o.name for o in row(view, "swat").dominates}


def test_cells_of_the_matrix_have_words(view: RankingView) -> None:
    assert view.matrix[0][0].sign == "" and len(view.matrix) == len(view.matrix[0]) == 15
    titles = [c.title for line in view.matrix for c in line if c.sign in ("●", "○")]
    assert all(" dominates " in t and "points" in t for t in titles)


def test_costs_tell_restoring_sharing_and_needs(view: RankingView) -> None:
    cost = row(view, "safe-lora").cost
    assert cost is not None and cost.train == "46\u00a0s"
    assert cost.work == ("3.2\u00a0s of it restoring", "300 steps", "196,102 tokens")
    assert cost.needs == ("unaligned sibling builtin:unaligned",)
    assert {o.name for o in cost.training_with} == {"ift-4e-4", "wise-ft", "ptst"}
    mixed, found, theirs = (row(view, name).cost for name in ("safety-mix", "swat", "adopted"))
    assert mixed and found and theirs
    assert (mixed.needs, mixed.memory) == (("60 examples of builtin:safe",), "3.0\u00a0GiB")
    assert found.prepare == "42.3\u00a0min" and {o.name for o in found.prepare_with} >= {"ml-lr", "random"}
    assert (theirs.train, theirs.work, theirs.memory) == ("none here", (), "–")


def test_a_system_prompt_is_a_cost_of_its_variant_alone(view: RankingView, html: str) -> None:
    needs = {r.name: r.cost.needs for r in view.rows if r.cost}
    asked = "a system prompt of 213 characters before every question"
    assert needs["ptst"] == (asked,) and html.count(asked) == 1


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "–"), (3.21, "3.2 s"), (46.4, "46 s"), (738, "12.3 min"), (7560, "2.1 h")]
)
def test_durations(seconds: float | None, text: str) -> None:
    assert duration(seconds).replace("\u00a0", " ") == text


def test_scores_without_a_ranking_say_so_and_keep_costs_and_dominance(sources: ReportSources) -> None:
    old = viewed(replace(sources, table=sources.table.model_copy(update={"ranking": None})))
    assert old.sentence.startswith("Not ranked") and not old.settled
    assert {r.group for r in old.rows} == {"unknown"} and all(r.cost for r in old.rows)
    assert row(old, "swat").dominates and old.rows[0].name == "ift-4e-4"


def test_a_run_without_tuned_variants_has_no_section() -> None:
    sources = make_sources(prompts=2)
    manifest = sources.manifest.model_copy(update={"variants": sources.manifest.variants[:1]})
    alone = replace(sources, manifest=manifest)
    assert ranking_view(alone, variant_views(alone)) is None
    assert 'id="ranking"' not in render(build_view(alone))


@pytest.fixture(scope="module")
def html(sources: ReportSources) -> str:
    return render(build_view(sources))


def test_the_page_answers_before_the_single_variants(html: str, view: RankingView) -> None:
    order = [html.index(f'id="{i}"') for i in ("verdict-title", "ranking", "variants", "comparison")]
    assert order == sorted(order)
    assert view.sentence in html and "Which way of tuning" in html


def test_the_page_has_a_row_with_costs_for_each_variant(html: str) -> None:
    section = html.split('<section id="ranking"')[1].split("</section>")[0]
    assert len(re.findall(r'<th scope="row">', section)) == 2 * 15
    assert section.count('class="missing"') == 0 and "shared with" in section and "the same as" in section
    assert section.count("●</span>") + section.count("○</span>") == sum("dominates " in t for t in titles(section))


def titles(section: str) -> list[str]:
    return re.findall(r'<td title="([^"]*)"', section)


def test_names_are_escaped() -> None:
    hostile = render(build_view(many_sources(prompts=8, rename="<b onclick=x>{}</b>")))
    section = hostile.split('<section id="ranking"')[1].split("</section>")[0]
    assert "<b onclick" not in section and "&lt;b onclick" in section
