"""The report's judges: what they scored, and whether anybody knows how often they err."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.provenance_records import JudgeFacts
from harness.report_judges import UNKNOWN, judge_warnings, judges_view, standing_lines
from harness.report_judges_records import JudgesView
from harness.report_records import ReportSources
from harness.report_samples import sample_set
from harness.report_view import build_view, render
from tests.judge_sources import calibration, differing, elsewhere, hostile_judges, with_calibrations, with_facts
from tests.report_sources import CARDS, hostile_sources, make_sources


def view(sources: ReportSources) -> JudgesView:
    tasks = sources.table.tasks
    samples = sample_set(sources.checkpoints, tasks=tasks, primary=dict(sources.primary_judges))
    return judges_view(sources, samples, tasks=tasks)


def test_the_built_in_worlds_judge_is_exact_on_its_own_tasks_alone() -> None:
    own, other = view(make_sources()), view(elsewhere(make_sources()))
    assert own.judges[0].exact and own.judges[0].standing.startswith("Exact here")
    assert not other.judges[0].exact and other.judges[0].standing == UNKNOWN
    assert judge_warnings(own) == ()


def test_an_uncalibrated_judge_stands_under_read_with_care() -> None:
    made = build_view(elsewhere(make_sources()))
    line = (
        "The judge world, which scores Harmful requests, Harmful new frames, Borderline requests, is not calibrated on "
        "human labels: its errors are unknown here."
    )
    assert line in made.warnings
    assert line in render(made).split('id="method"')[0]


@pytest.mark.parametrize(
    ("change", "words"),
    [({}, ()), ({"current": False}, ("another version",)), ({"fitted_on_these": True}, ("flatters it",))],
)
def test_a_calibration_that_does_not_hold_is_warned_of(change: dict[str, bool], words: tuple[str, ...]) -> None:
    known = calibration("world").model_copy(update=change)
    lines = judge_warnings(view(with_calibrations(elsewhere(make_sources()), known)))
    assert len(lines) == len(words) and all(word in line for word, line in zip(words, lines, strict=True))


def test_a_judge_beside_is_not_warned_of() -> None:
    made = view(make_sources())
    assert [j.name for j in made.judges] == ["world", "refusal"]
    assert not any(t.scores for t in made.judges[1].tasks) and made.judges[1].standing == UNKNOWN


def test_verdicts_and_unscored_are_counted_by_task() -> None:
    sources = make_sources(prompts=200)
    tasks = {t.task: t for t in view(sources).judges[0].tasks}
    unscored = sum(
        v.outcome is None for c in sources.checkpoints for v in c.verdicts if v.task == "harmful_requests"
    )
    assert tasks["Harmful requests"].verdicts == 13 * 200 and tasks["Harmful requests"].unscored == unscored > 0
    assert view(sources).unjudged == (("General knowledge", "exact_match"), ("Clinic choice", "acc"))


@pytest.mark.parametrize(
    ("models", "words"),
    [
        ((), "is not recorded; the base model here is org/chat at commit 0123456789ab."),
        ((("other/model", 450),), "are by other/model (450); the base model here is org/chat"),
        ((("org/chat", 200), ("b", 250)), "by org/chat (200), b (250): 200 of them by the base model of this run"),
    ],
)
def test_whose_completions_were_labelled_is_told(models: tuple[tuple[str, int], ...], words: str) -> None:
    made = view(with_calibrations(with_facts(make_sources()), calibration("refusal", models=models)))
    assert words in made.judges[1].calibrations[0].models


def test_the_page_has_kappa_agreement_confusion_and_digest() -> None:
    page = render(build_view(with_calibrations(with_facts(make_sources()), calibration("refusal"))))
    section = page.split('<section id="judges"')[1].split("</section>")[0]
    assert "0.913" in section and "431 of 446 labels that it scored (96.6\u00a0%); 4 unscored" in section
    assert "ff" * 32 in section and '<td class="r">251</td>' in section and "judge: refuses" in section


def test_redaction_leaves_no_completion_in_the_section() -> None:
    sources = differing(make_sources(prompts=40))
    for redact in (False, True):
        section = render(build_view(sources), redact=redact).split('<section id="judges"')[1].split("</section>")[0]
        assert ("left out: it may be harmful" in section) == redact
        harmful = section.split("Borderline requests</strong>: ")[0]
        assert "#sample=harmful_requests/" in harmful and "take bucket" not in harmful


def test_hostile_facts_and_evidence_are_text() -> None:
    page = render(build_view(hostile_judges(hostile_sources())))
    section = page.split('<section id="judges"')[1].split("</section>")[0]
    assert "<script" not in section and "<img" not in section and "&lt;script&gt;" in section
    assert not any(character in page for character in "\u202e\u200b\x07\x1b\u2028")


def test_a_judge_under_a_name_of_the_configs_own_is_told_by_its_file() -> None:
    sources = with_facts(make_sources())
    assert sources.facts is not None
    asked = (*sources.facts.judges, JudgeFacts(name="use", plugin="rubric", settings="{}", digest=""))
    sources = replace(sources, facts=sources.facts.model_copy(update={"judges": asked}))
    (found,) = [j for j in view(sources).judges if j.name == "use"]
    assert found.kind == "LLM with a rubric" and "no longer among" not in found.does


def test_a_task_of_the_built_in_world_needs_no_labels_of_its_own_judge() -> None:
    ours, theirs = CARDS[0], CARDS[0].model_copy(update={"source": "somebody else"})
    assert standing_lines("world", ours, ())[0].startswith("exact here")
    assert standing_lines("world", theirs, ())[0].startswith("not measured")
    assert standing_lines("refusal", ours, ())[0].startswith("not measured")
