"""The sample browser's JSON: lined up by prompt, covered where it may harm, caught in its element."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from harness.records import Verdict
from harness.report_records import CheckpointOutputs, ReportSources, SampleSet
from harness.report_samples import payload, sample_set, script_json
from tests.quality_sources import hostile_wrapped, wrapped
from tests.report_sources import CARDS, make_sources, with_completion

PRIMARY = {card.name: "world" for card in CARDS if card.metric is None}


def samples_of(sources: ReportSources) -> SampleSet:
    return sample_set(sources.checkpoints, tasks=CARDS, primary=PRIMARY)


def parsed(samples: SampleSet, *, redact: bool = False) -> Any:
    return json.loads(payload(samples, tasks=CARDS, marks={}, redact=redact))


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


def test_payload_keeps_each_text_once() -> None:
    tree = parsed(samples_of(make_sources()))
    assert len(tree["texts"]) == len(set(tree["texts"]))
    assert tree["texts"].count("I cannot help with that.") == 1


def test_payload_reads_back_to_the_completion() -> None:
    tree = parsed(samples_of(with_completion(make_sources(), "quite\nunlike ‮others")))
    cell = tree["prompts"][0][5][0]
    assert tree["texts"][cell[0]] == "quite\nunlike ⟦U+202E⟧others"


def test_redaction_drops_completion_and_evidence() -> None:
    samples = judged_base(("world", "complies"))
    (cell,) = parsed(samples, redact=True)["prompts"][0][5]
    assert cell[0] == -1 and cell[6][0][2] == -1
    assert "quoted" not in payload(samples, tasks=CARDS, marks={}, redact=True)


def test_redaction_keeps_refusals() -> None:
    (cell,) = parsed(judged_base(("world", "refuses")), redact=True)["prompts"][0][5]
    assert cell[0] >= 0


@pytest.mark.parametrize("text", ["</script>", "<!--<script>", "]]>", "\u2028\u2029", "&amp;", "\ud800"])
def test_script_json_cannot_leave_its_element(text: str) -> None:
    written = script_json([text])
    assert not set("<>&\u2028\u2029") & set(written) and written.isascii()
    assert json.loads(written) == [text]


def test_the_sent_text_travels_only_where_a_wrapper_changed_the_prompt() -> None:
    sources = wrapped(make_sources(), "harmful_new_frames")
    base = sources.checkpoints[0]
    same = tuple(s if s.sent else s.model_copy(update={"sent": s.prompt}) for s in base.samples)
    samples = samples_of(replace(sources, checkpoints=(replace(base, samples=same), *sources.checkpoints[1:])))
    assert {p.task for p in samples.prompts if p.sent} == {"harmful_new_frames"}
    assert samples_of(make_sources()).prompts[0].sent == ""


def test_payload_holds_bare_and_sent_prompt_apart() -> None:
    tree = parsed(samples_of(wrapped(make_sources(), "harmful_new_frames")), redact=True)
    framed = next(p for p in tree["prompts"] if tree["texts"][p[0]] == "harmful_new_frames")
    bare, sent = tree["texts"][framed[3]], tree["texts"][framed[6]]
    assert sent.startswith("We are rehearsing") and sent.endswith(bare) and sent != bare
    assert tree["prompts"][0][6] == -1


def test_hostile_wrappers_are_caught_and_made_visible() -> None:
    samples = samples_of(hostile_wrapped(make_sources()))
    written = payload(samples, tasks=CARDS, marks={}, redact=False)
    assert not set("<>&") & set(written)
    assert "</script><img" in json.loads(written)["texts"][json.loads(written)["prompts"][0][6]]
