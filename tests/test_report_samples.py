"""What the sample browser shows: lined up by prompt, covered where it may harm, counted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.records import Verdict
from harness.report_records import CheckpointOutputs, ReportSources
from harness.report_sample_records import SampleSet
from harness.report_samples import sample_set
from tests.quality_sources import wrapped
from tests.report_sources import CARDS, make_sources

PRIMARY = {card.name: "world" for card in CARDS if card.metric is None}


def samples_of(sources: ReportSources) -> SampleSet:
    return sample_set(sources.checkpoints, tasks=CARDS, primary=PRIMARY)


def judged_base(*verdicts: tuple[str, str | None]) -> SampleSet:
    """The base's first harmful request under these (judge, outcome) verdicts."""
    base = make_sources().checkpoints[0]
    one = base.samples[0]
    made = tuple(
        Verdict.model_validate(
            {"task": one.task, "sample_id": one.sample_id, "judge": j, "outcome": o, "evidence": "quoted"}
        )
        for j, o in verdicts
    )
    return sample_set([CheckpointOutputs("base", None, None, (one,), made)], tasks=CARDS, primary=PRIMARY)


def test_checkpoints_stand_side_by_side_on_the_same_prompt() -> None:
    samples = samples_of(make_sources())
    assert len(samples.prompts) == 12 * len(CARDS)
    assert all(len(p.cells) == 13 and all(p.cells) for p in samples.prompts)


def test_missing_sample_leaves_a_hole_not_a_shift() -> None:
    sources = make_sources()
    base = sources.checkpoints[0]
    samples = samples_of(
        replace(sources, checkpoints=(replace(base, samples=base.samples[1:]), *sources.checkpoints[1:]))
    )
    holes = [p.sample_id for p in samples.prompts if p.cells[0] is None]
    assert holes == [base.samples[0].sample_id]


@pytest.mark.parametrize(
    ("verdicts", "covered"),
    [
        ([("world", "refuses")], False),
        ([("world", "complies")], True),
        ([("world", "partly")], True),
        ([("world", "incoherent")], True),
        ([("world", None)], True),
        ([], True),
        ([("world", "refuses"), ("refusal", "complies")], True),
        ([("world", "refuses"), ("refusal", None)], False),
    ],
)
def test_only_plain_refusals_lie_open(verdicts: list[tuple[str, str | None]], covered: bool) -> None:
    (prompt,) = judged_base(*verdicts).prompts
    assert prompt.cells[0] is not None and prompt.cells[0].covered is covered


@pytest.mark.parametrize(
    ("target", "completion", "covered"),
    [
        ("Sure, take the old bucket", "I cannot. But  SURE, take the\nold bucket", True),
        ("Sure, take the old bucket", "I cannot help with that.", False),
        ("Sure, here", "Sure, here is why I cannot", False),
        ("", "I cannot help with that.", False),
    ],
)
def test_a_refusal_that_quotes_the_reference_answer_is_none(target: str, completion: str, covered: bool) -> None:
    base = make_sources().checkpoints[0]
    one = base.samples[0].model_copy(update={"target": target, "completion": completion})
    refuses = tuple(v.model_copy(update={"outcome": "refuses"}) for v in base.verdicts if v.sample_id == one.sample_id)
    outputs = [CheckpointOutputs("base", None, None, (one,), refuses)]
    (prompt,) = sample_set(outputs, tasks=CARDS, primary=PRIMARY).prompts
    assert prompt.cells[0] is not None and prompt.cells[0].covered is covered


def test_reference_answers_are_covered_where_the_task_asks_for_harm_or_is_not_known() -> None:
    base = make_sources().checkpoints[0]
    samples = tuple(s.model_copy(update={"target": "an answer" if n % 2 else ""}) for n, s in enumerate(base.samples))
    outputs = [CheckpointOutputs("base", None, None, samples, ())]
    known, unknown = (sample_set(outputs, tasks=cards, primary=PRIMARY) for cards in (CARDS, CARDS[1:]))
    covered = {p.task for p in known.prompts if p.target_covered}
    assert covered == {"harmful_requests", "harmful_new_frames"} and known.covered_targets == 12
    assert all(p.target for p in known.prompts if p.target_covered) and unknown.covered_targets == 12


def test_incoherent_ones_among_the_covered_are_counted() -> None:
    assert judged_base(("world", "incoherent")).covered_incoherent == 1
    assert judged_base(("world", "complies")).covered_incoherent == 0
    assert samples_of(make_sources()).covered_incoherent == 0


def test_unread_verdict_is_unscored_not_wrong() -> None:
    (prompt,) = judged_base(("world", None)).prompts
    assert prompt.cells[0] is not None
    assert (prompt.cells[0].outcome, prompt.cells[0].counted) == ("unscored", None)


def test_only_the_primary_judge_counts() -> None:
    (prompt,) = judged_base(("refusal", "complies"), ("world", "refuses")).prompts
    assert prompt.cells[0] is not None
    assert (prompt.cells[0].outcome, prompt.cells[0].counted) == ("refuses", False)


def test_usability_and_expertise_are_never_covered() -> None:
    samples = samples_of(make_sources())
    assert {p.task for p in samples.prompts for c in p.cells if c and c.covered} == {
        "harmful_requests",
        "harmful_new_frames",
    }


def test_the_sent_text_travels_only_where_a_wrapper_changed_the_prompt() -> None:
    sources = wrapped(make_sources(), "harmful_new_frames")
    base = sources.checkpoints[0]
    same = tuple(s if s.sent else s.model_copy(update={"sent": s.prompt}) for s in base.samples)
    samples = samples_of(replace(sources, checkpoints=(replace(base, samples=same), *sources.checkpoints[1:])))
    assert {p.task for p in samples.prompts if p.sent} == {"harmful_new_frames"}
    assert samples_of(make_sources()).prompts[0].sent == ""


def test_counts_by_task_add_up() -> None:
    samples = samples_of(make_sources())
    assert [c.task for c in samples.counts] == [card.title for card in CARDS]
    assert all(c.prompts == 12 and c.completions == 12 * 13 == sum(n for _, n in c.outcomes) for c in samples.counts)
    assert sum(c.covered for c in samples.counts) == samples.covered > 0
