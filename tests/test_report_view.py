"""The report's view: its numbers are the scores', and its words follow the intervals."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.records import Comparison, Score, ScoreTable
from harness.report_records import ReportSources, ReportView
from harness.report_view import build_view, render
from tests.report_sources import CARDS, SEEDS, SETTINGS, make_sources
from tests.robustness_sources import analysis, with_analyses


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
    assert [row.variant.mark for row in view.rows] == [0, 1, 10, 19, 2]


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


def test_a_mitigation_is_matched_at_like_expertise_and_loss(view: ReportView) -> None:
    assert [(m.variant, m.label) for m in view.matched] == [
        ("ml-lr-qkgu", "At like expertise"),
        ("ml-lr-qkgu", "At like training loss"),
    ]
    assert "between ift-1.5e-4 and ift-2e-4" in view.matched[0].text


def test_a_mitigation_without_its_control_is_said_to_be_unmatched(sources: ReportSources) -> None:
    (found,) = build_view(with_table(sources, matched=())).matched
    assert found.tone == "unknown" and found.text.startswith("Not compared")


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


def test_a_variants_robust_modules_are_marked_with_their_seeds(sources: ReportSources) -> None:
    def robust(at: int) -> tuple[str, ...]:
        return ("q.0", "embed") if at else ("q.0",)

    tuned = [c for c in sources.checkpoints if c.variant == "ml-lr-qkgu"]
    changed = [
        replace(c, train=c.train.model_copy(update={"robust": robust(at)})) for at, c in enumerate(tuned) if c.train
    ]
    (training,) = build_view(replace(sources, checkpoints=tuple(changed))).training
    rows = {row.kind: row.robust for row in training.modules}
    assert rows["q"] == ("✓", "", "", "", "", "", "") and rows["embed"][-1] == "2/3"
    assert training.marked


def test_an_analysis_is_shown_with_its_variants_and_its_own_limits(sources: ReportSources) -> None:
    view = build_view(with_analyses(sources, analysis()))
    (used,) = view.robustness[0].searches[0].variants
    assert (used.name, used.mark, used.words) == ("ml-lr-qkgu", 2, "the found set")
    paper = [limit.text for limit in view.limits if limit.whose == "paper"]
    assert any("Q and K" in text for text in paper) and len(view.limits) == len(build_view(sources).limits) + 5


def test_checkpoints_tuned_elsewhere_have_changes_and_no_losses(sources: ReportSources) -> None:
    foreign = [
        replace(c, train=c.train.model_copy(update={"steps": 0, "final_loss": None, "losses": (), "groups": ()}))
        if c.train and c.variant == "ml-lr-qkgu"
        else c
        for c in sources.checkpoints
    ]
    view = build_view(replace(sources, checkpoints=tuple(foreign)))
    charts = {t.variant.name: t.chart for t in view.training}
    assert charts.pop("ml-lr-qkgu") is None and None not in charts.values()
    assert next(t for t in view.training if t.variant.name == "ml-lr-qkgu").modules
    assert "ml-lr-qkgu" not in {found.variant for found in view.matched}
    assert any(line.startswith("ml-lr-qkgu: tuned elsewhere") for line in view.warnings)
    assert "Tuned elsewhere, and only asked here" in render(view)


def test_a_run_that_trained_nothing_says_so(sources: ReportSources) -> None:
    foreign = [
        replace(c, train=c.train and c.train.model_copy(update={"steps": 0, "final_loss": None, "losses": ()}))
        for c in sources.checkpoints
    ]
    view = build_view(replace(sources, checkpoints=tuple(foreign)))
    assert any("Nothing was trained in this run" in limit.text for limit in view.limits)
    assert not any("was trained with" in limit.text for limit in view.limits)
