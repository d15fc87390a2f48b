"""The samples inside the HTML: each text once, caught in their element, redacted, within a size and counted."""

from __future__ import annotations

import base64
import json
import random
import zlib
from typing import Any

import pytest

from harness.records import Verdict
from harness.report_records import CheckpointOutputs
from harness.report_sample_records import SampleSet
from harness.report_samples import sample_set
from harness.report_store import Marks, Packed, pack, payload, script_json
from tests.quality_sources import hostile_wrapped, wrapped
from tests.report_sources import CARDS, make_sources, with_completion

MARKS = Marks(CARDS, {})
PRIMARY = {card.name: "world" for card in CARDS if card.metric is None}


def samples_of(checkpoints: tuple[CheckpointOutputs, ...]) -> SampleSet:
    return sample_set(checkpoints, tasks=CARDS, primary=PRIMARY)


def parsed(samples: SampleSet, *, redact: bool = False) -> Any:
    return json.loads(payload(samples, marks=MARKS, redact=redact))


def unpacked(packed: Packed) -> Any:
    plain = zlib.decompress(base64.b64decode(packed.text), -15) if packed.deflated else packed.text
    return json.loads(plain)


def judged_base(outcome: str) -> SampleSet:
    """The base's first harmful request under one verdict that quotes it."""
    base = make_sources().checkpoints[0]
    one = base.samples[0]
    made = Verdict.model_validate(
        {"task": one.task, "sample_id": one.sample_id, "judge": "world", "outcome": outcome, "evidence": "quoted"}
    )
    return samples_of((CheckpointOutputs("base", None, None, (one,), (made,)),))


def lengthy(prompts: int) -> SampleSet:
    """A tuned checkpoint's samples, every completion of them 200 words that no other has."""
    draw = random.Random(0)
    tuned = make_sources(prompts=prompts).checkpoints[1]
    said = (" ".join(f"{draw.getrandbits(40):x}" for _ in range(200)) for _ in tuned.samples)
    samples = tuple(s.model_copy(update={"completion": text}) for s, text in zip(tuned.samples, said, strict=True))
    return samples_of((CheckpointOutputs("tuned", 0, None, samples, tuned.verdicts),))


def test_each_text_stands_once() -> None:
    texts = parsed(samples_of(make_sources().checkpoints))["texts"]
    assert len(texts) == len(set(texts)) and texts.count("I cannot help with that.") == 1


def test_columns_read_back_to_the_completion() -> None:
    tree = parsed(samples_of(with_completion(make_sources(), "quite\nunlike \u202eothers").checkpoints))
    assert tree["texts"][tree["cells"][0]["completion"][0]] == "quite\nunlike ⟦U+202E⟧others"


def test_columns_are_as_long_as_the_prompts_and_holes_are_told() -> None:
    base, tuned, *_ = make_sources().checkpoints
    short = CheckpointOutputs("base", None, None, base.samples[1:], base.verdicts)
    tree = parsed(samples_of((tuned, short)))
    lengths = {len(values) for column in [tree["prompts"], *tree["cells"]] for values in column.values()}
    assert lengths == {12 * len(CARDS)}
    assert [c["completion"].count(-2) for c in tree["cells"]] == [0, 1]


def test_redaction_drops_completion_and_evidence() -> None:
    samples = judged_base("complies")
    tree = parsed(samples, redact=True)
    assert tree["cells"][0]["completion"] == [-1] and tree["judgings"][0][0][2] == -1
    assert "quoted" not in payload(samples, marks=MARKS, redact=True)
    assert "quoted" in payload(samples, marks=MARKS, redact=False)


def test_redaction_drops_reference_answers_of_harmful_tasks_alone() -> None:
    base = make_sources(prompts=4).checkpoints[0]
    said = tuple(s.model_copy(update={"target": f"answer to {s.task}"}) for s in base.samples)
    samples = samples_of((CheckpointOutputs("base", None, None, said, base.verdicts),))
    open_, redacted = (parsed(samples, redact=r) for r in (False, True))
    assert open_["prompts"]["target_covered"] == redacted["prompts"]["target_covered"] == [1] * 8 + [0] * 12
    assert redacted["prompts"]["target"][:8] == [-1] * 8 and min(open_["prompts"]["target"]) >= 0
    assert [t for t in redacted["texts"] if t.startswith("answer")] == [f"answer to {c.name}" for c in CARDS[2:]]


def test_the_same_judges_of_a_covered_and_an_open_cell_are_told_apart() -> None:
    samples = judged_base("complies")
    covered = samples.prompts[0].cells[0]
    assert covered is not None and covered.covered
    cells = (covered, covered.model_copy(update={"covered": False}), covered)
    prompts = (samples.prompts[0].model_copy(update={"cells": cells}),)
    three = samples.model_copy(update={"prompts": prompts, "checkpoints": (("a", 0), ("a", 1), ("a", 2))})
    tree = parsed(three, redact=True)
    evidence = [tree["judgings"][column["judging"][0]][0][2] for column in tree["cells"]]
    assert (evidence[0], evidence[2]) == (-1, -1) and tree["texts"][evidence[1]] == "quoted"


def test_redaction_keeps_refusals() -> None:
    assert parsed(judged_base("refuses"), redact=True)["cells"][0]["completion"][0] >= 0


def test_a_redacted_big_file_holds_none_either() -> None:
    samples = lengthy(100)
    secrets = {c.completion for p in samples.prompts for c in p.cells if c and c.covered}
    open_, redacted = (unpacked(pack(samples, marks=MARKS, redact=r)) for r in (False, True))
    assert secrets and secrets <= set(open_["texts"]) and not secrets & set(redacted["texts"])


@pytest.mark.parametrize("text", ["</script>", "<!--<script>", "]]>", "\u2028\u2029", "&amp;", "\ud800", "\x00"])
def test_script_json_cannot_leave_its_element(text: str) -> None:
    written = script_json([text])
    assert not set("<>&\u2028\u2029\x00") & set(written) and written.isascii()
    assert json.loads(written) == [text]


def test_bare_and_sent_prompt_are_apart() -> None:
    tree = parsed(samples_of(wrapped(make_sources(), "harmful_new_frames").checkpoints), redact=True)
    texts, prompts = tree["texts"], tree["prompts"]
    at = next(i for i, task in enumerate(prompts["task"]) if texts[task] == "harmful_new_frames")
    bare, sent = texts[prompts["prompt"][at]], texts[prompts["sent"][at]]
    assert sent.startswith("We are rehearsing") and sent.endswith(bare) and sent != bare
    assert prompts["sent"][0] == -1


def test_hostile_wrappers_are_caught_and_made_visible() -> None:
    written = payload(samples_of(hostile_wrapped(make_sources()).checkpoints), marks=MARKS, redact=False)
    tree = json.loads(written)
    assert not set("<>&") & set(written)
    assert "</script><img" in tree["texts"][tree["prompts"]["sent"][0]]


def test_small_samples_stay_readable_and_big_ones_are_deflated() -> None:
    small, big = (pack(lengthy(n), marks=MARKS, redact=False) for n in (2, 100))
    assert (small.deflated, big.deflated) == (False, True)
    assert len(unpacked(big)["prompts"]["id"]) == big.prompts == 100 * len(CARDS)
    assert big.prompts_left_out == big.completions_left_out == 0


def test_over_the_limit_prompts_are_drawn_and_the_rest_is_counted() -> None:
    samples = lengthy(100)
    packed = pack(samples, marks=MARKS, redact=False, limit=300_000)
    assert len(packed.text) <= 300_000 and packed.text == pack(samples, marks=MARKS, redact=False, limit=300_000).text
    assert packed.prompts + packed.prompts_left_out == packed.completions + packed.completions_left_out == 500
    kept = unpacked(packed)
    assert 0 < packed.prompts == len(kept["prompts"]["id"]) < 500
    assert len({kept["texts"][t] for t in kept["prompts"]["task"]}) == len(CARDS)
