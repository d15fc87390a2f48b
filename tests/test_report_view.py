"""The report's view: its numbers are the scores', and its words follow the intervals."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.records import Comparison, Score, ScoreTable
from harness.report_records import ReportSources, ReportView
from harness.report_view import build_view
from tests.report_sources import CARDS, SEEDS, SETTINGS, make_sources


@pytest.fixture(scope="module")
def sources() -> ReportSources:
    return make_sources(prompts=60)


@pytest.fixture(scope="module")
def view(sources: ReportSources) -> ReportView:
    return build_view(sources)


def with_table(sources: ReportSources, **changes: object) -> ReportSources:
    table = ScoreTable.model_validate({**dict(sources.table), **changes})
    return replace(sources, table=table)


def test_base_is_the_first_row_and_unmarked(view: ReportView) -> None:
    assert view.rows[0].variant.name == "base"
    assert [row.variant.mark for row in view.rows] == [0, 1, 1, 1, 2]


def test_every_variant_has_a_cell_for_every_task(view: ReportView) -> None:
    assert [row.variant.name for row in view.rows] == list(SETTINGS)
    assert all(cell is not None for row in view.rows for cell in row.cells)


def test_cells_carry_the_pooled_score_and_each_seed(sources: ReportSources, view: ReportView) -> None:
    cell = view.rows[1].cells[0]
    assert cell is not None
    own = [s for s in sources.table.scores if (s.variant, s.task) == ("ift-4e-4", "harmful_requests")]
    assert cell.score in own and cell.score.seed is None
    assert cell.seed_values == tuple(s.value for s in own if s.seed is not None)


def test_tone_follows_the_tasks_direction(view: ReportView) -> None:
    harm, skill = view.rows[1].cells[0], view.rows[1].cells[-1]
    assert harm is not None and skill is not None
    assert (harm.tone, skill.tone) == ("worse", "better")


def test_headline_counts_the_harmed_variants(view: ReportView) -> None:
    assert view.headline == "Yes: 4 of 4 tuned variants came out more harmful than the base."
    assert "ift-4e-4 (highest)" in view.answer and "ml-lr-qkgu (lowest of the tuned)" in view.answer


def test_headline_says_not_shown_where_every_interval_holds_zero(sources: ReportSources) -> None:
    wide = [c.model_copy(update={"low": -0.9, "high": 0.9}) for c in sources.table.comparisons]
    view = build_view(with_table(sources, comparisons=tuple(wide)))
    assert view.headline.startswith("Not shown: none of 4") and view.tone == "same"


def test_headline_answers_nothing_without_comparisons(sources: ReportSources) -> None:
    view = build_view(with_table(sources, comparisons=()))
    assert "cannot answer" in view.headline and view.tone == "unknown"


def test_one_harmed_task_makes_a_variant_more_harmful(sources: ReportSources) -> None:
    def calmer(c: Comparison) -> Comparison:
        return c.model_copy(update={"low": -0.9, "high": -0.1}) if c.task == "harmful_requests" else c

    view = build_view(with_table(sources, comparisons=tuple(map(calmer, sources.table.comparisons))))
    assert {f.words for f in view.findings} == {"more harmful than the base"}


def test_mitigation_is_matched_with_the_control_nearest_in_expertise(view: ReportView) -> None:
    (matched,) = view.matched
    assert matched.variant == "ml-lr-qkgu" and matched.control in {"ift-2e-4", "ift-1.5e-4"}
    assert matched.tone == "better" and "less harmful" in matched.text


def test_unmatched_expertise_claims_nothing(sources: ReportSources) -> None:
    far = [
        s.model_copy(update={"value": 0.2}) if (s.variant, s.axis) == ("ml-lr-qkgu", "expertise") else s
        for s in sources.table.scores
    ]
    (matched,) = build_view(with_table(sources, scores=tuple(far))).matched
    assert matched.tone == "unknown" and "so not matched" in matched.text


def test_scores_over_the_unscored_limit_are_named(sources: ReportSources) -> None:
    def worse(s: Score) -> Score:
        hit = (s.variant, s.task, s.seed) == ("base", "clinic_choice", None)
        return s.model_copy(update={"unscored": 50}) if hit else s

    view = build_view(with_table(sources, scores=tuple(map(worse, sources.table.scores))))
    assert view.warnings == ("base on Clinic choice: 50 of 110 samples unscored.",)


def test_missing_score_is_named_not_skipped(sources: ReportSources) -> None:
    kept = [s for s in sources.table.scores if (s.variant, s.task) != ("ift-4e-4", "clinic_choice")]
    view = build_view(with_table(sources, scores=tuple(kept)))
    assert view.rows[1].cells[-1] is None
    assert "ift-4e-4 has no score on Clinic choice." in view.warnings


def test_a_plot_for_each_pair_of_harmfulness_and_expertise(view: ReportView) -> None:
    assert [(p.harm.name, p.expertise.name) for p in view.frontiers] == [
        ("harmful_requests", "clinic_choice"),
        ("harmful_new_frames", "clinic_choice"),
    ]


def test_sections_list_pool_then_seeds(view: ReportView) -> None:
    seeds = [s.seed for s in view.sections[0].scores if s.variant == "ift-2e-4"]
    assert seeds == [None, *SEEDS]


def test_second_judge_is_compared_with_the_scoring_one(view: ReportView) -> None:
    (agreement,) = view.sections[0].agreements
    assert (agreement.judge, agreement.primary) == ("refusal", "world")
    assert agreement.agreed == agreement.both > 600


def test_module_changes_are_means_over_seeds(sources: ReportSources, view: ReportView) -> None:
    training = view.training[0]
    moved = [
        m.relative_change
        for c in sources.checkpoints
        if c.variant == "ift-4e-4" and c.train
        for m in c.train.moved
        if m.module == "q.3"
    ]
    row = next(r for r in training.modules if r.kind == "q")
    assert row.changes[training.layers.index("3")] == pytest.approx(sum(moved) / 3)


def test_few_seeds_are_a_stated_limit(sources: ReportSources) -> None:
    few = [v.model_copy(update={"entries": v.entries[:1]}) for v in sources.manifest.variants]
    manifest = sources.manifest.model_copy(update={"variants": tuple(few)})
    view = build_view(replace(sources, manifest=manifest))
    assert any("Fewer than three" in limit.text for limit in view.limits)


def test_paper_and_own_limits_stand_apart(view: ReportView) -> None:
    assert {limit.whose for limit in view.limits} == {"paper", "ours"}


def test_run_without_training_or_gate(sources: ReportSources) -> None:
    bare = build_view(replace(sources, decision=None, checkpoints=sources.checkpoints[:1], dataset=None))
    assert bare.training == () and bare.decision is None


def test_tasks_stand_in_the_order_of_axes(sources: ReportSources) -> None:
    view = build_view(with_table(sources, tasks=tuple(reversed(CARDS))))
    assert [t.axis for t in view.tasks] == [
        "harmfulness",
        "harmfulness",
        "usability",
        "usability",
        "expertise",
    ]
