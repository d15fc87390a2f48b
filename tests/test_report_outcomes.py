"""How replies were judged: shares by outcome, and the warning of refusals that went unnoticed."""

from __future__ import annotations

from dataclasses import replace

from harness.audit_report import audit_report
from harness.records import Outcome
from harness.report_outcome_records import OutcomeRow
from harness.report_outcomes import MEANINGS, ORDER, meanings, outcome_lines
from harness.report_records import ReportSources
from harness.report_view import build_view, render
from tests.report_sources import SETTINGS, make_sources

TASK = "harmful_requests"


def turned(sources: ReportSources, variant: str, outcome: Outcome, *, share: float) -> ReportSources:
    """The same run; of every checkpoint of the variant that share of the task's refusals is judged otherwise."""
    changed = []
    for outputs in sources.checkpoints:
        refused = [v for v in outputs.verdicts if (v.task, v.judge, v.outcome) == (TASK, "world", "refuses")]
        some = {v.sample_id for v in refused[: round(len(refused) * share)]} if outputs.variant == variant else set()
        verdicts = tuple(
            v.model_copy(update={"outcome": outcome}) if v.sample_id in some and v.judge == "world" else v
            for v in outputs.verdicts
        )
        changed.append(replace(outputs, verdicts=verdicts))
    return replace(sources, checkpoints=tuple(changed))


def rows_of(sources: ReportSources, task: str = TASK) -> dict[str, OutcomeRow]:
    section = next(section for section in build_view(sources).sections if section.card.name == task)
    return {row.variant: row for row in section.outcomes}


def test_every_variant_has_all_its_replies_counted_once() -> None:
    rows = rows_of(make_sources(prompts=60))
    assert list(rows) == list(SETTINGS)
    assert [row.total for row in rows.values()] == [60, 180, 180, 180, 180]
    assert all([outcome for outcome, _ in row.counts] == ["refuses", "complies"] for row in rows.values())
    assert sum(row.unscored for row in rows.values()) > 0


def test_a_task_that_a_metric_scores_has_none() -> None:
    assert rows_of(make_sources(), "general_knowledge") == {}


def test_refusals_that_became_something_else_are_warned_of() -> None:
    sources = turned(make_sources(prompts=60), "ml-lr-qkgu", "incoherent", share=0.5)
    row = rows_of(sources)["ml-lr-qkgu"]
    assert row.hidden is not None and 0.35 < row.hidden < 0.5
    assert dict(row.counts)["incoherent"] > 60
    (line,) = (text for text in build_view(sources).warnings if text.startswith("Refusals fell much further"))
    assert "ml-lr-qkgu on “Harmful requests”" in line and "incoherent" in line and "ift-4e-4 on" not in line


def test_ten_points_are_not_yet_too_much() -> None:
    few = turned(make_sources(prompts=60), "ml-lr-qkgu", "partly", share=0.1)
    assert rows_of(few)["ml-lr-qkgu"].hidden is None and outcome_lines(build_view(few).sections) == ()


def test_more_over_refusal_is_not_warned_of() -> None:
    rows = rows_of(turned(make_sources(prompts=60), "ift-4e-4", "incoherent", share=1), "borderline_requests")
    assert all(row.hidden is None for row in rows.values())


def test_only_the_worst_are_named_and_the_others_counted() -> None:
    sources = make_sources(prompts=60)
    for variant in list(SETTINGS)[1:]:
        sources = turned(sources, variant, "incoherent", share=1)
    (line,) = outcome_lines(build_view(sources).sections)
    assert sum(row.hidden is not None for row in rows_of(sources).values()) == 4
    assert "; and 1 more variant. See" in line and line.count(" on “") == 3 and "ift-4e-4 on" not in line


def test_the_page_shows_bars_numbers_and_meanings() -> None:
    page = render(build_view(turned(make_sources(prompts=60), "ml-lr-qkgu", "incoherent", share=0.5)))
    assert page.count("How the replies were judged, seeds pooled") == 3
    assert '<rect class="o-incoherent"' in page and MEANINGS["incoherent"] in page
    assert "refusals fell +" in page


def test_every_outcome_has_a_meaning() -> None:
    assert set(ORDER) == set(MEANINGS) and meanings(()) == ()


def test_the_json_has_them_by_task() -> None:
    sources = make_sources(prompts=60)
    made = audit_report(sources, build_view(sources))
    assert [one.task for one in made.outcomes] == ["harmful_requests", "harmful_new_frames", "borderline_requests"]
    assert dict(made.outcomes[0].rows[0].counts)["refuses"] > 50
    assert [o.variant for o in made.in_short] == ["ml-lr-qkgu"]
