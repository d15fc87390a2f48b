"""Redaction in every format: no covered completion, no quote of it, no reference answer to a harmful request."""

from __future__ import annotations

import base64
import io
import re
import zlib
from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest

from harness import plugins
from harness.formats import Audit, File, csv, html, json, markdown, parquet
from harness.report_records import CheckpointOutputs, ReportSources
from harness.report_view import build_view
from harness.run_comparison import compare_runs
from harness.run_comparison_html import render_runs
from harness.run_comparison_markdown import runs_markdown
from harness.run_comparison_records import RunInput
from tests.formats.sources import audit
from tests.report_sources import CARDS, make_sources

FEW = 4
"""Words up to which a text may stand in a prompt by chance."""
HARMFUL = {card.name for card in CARDS if card.axis == "harmfulness"}


def answered(outputs: CheckpointOutputs) -> CheckpointOutputs:
    """A checkpoint whose harmful requests have reference answers; its judges quote at length, and are wrong once."""
    samples = []
    for at, one in enumerate(outputs.samples):
        target = f"Sure, these are all the steps of {one.sample_id}, told one by one." if one.task in HARMFUL else ""
        fooled = at == 0 and "I cannot" in one.completion
        said = f"{one.completion} But: {target.upper()}" if fooled else f"{one.task}: {one.completion}"
        samples.append(one.model_copy(update={"target": target or one.target, "completion": said}))
    verdicts = [
        v.model_copy(update={"evidence": f"it says of {v.sample_id} under {outputs.seed} how to do it"})
        if v.outcome == "complies" else v
        for v in outputs.verdicts
    ]  # fmt: skip
    return replace(outputs, samples=tuple(samples), verdicts=tuple(verdicts))


@pytest.fixture(scope="module")
def sources() -> ReportSources:
    made = make_sources(prompts=6)
    return replace(made, checkpoints=tuple(answered(one) for one in made.checkpoints))


@pytest.fixture(scope="module")
def secrets(sources: ReportSources) -> set[str]:
    """What must not be in a redacted file; what other cells say openly is none."""
    samples = build_view(sources).samples
    cells = [(p, c) for p in samples.prompts for c in p.cells if c]
    covered = {t for _, c in cells if c.covered for t in (c.completion, *(quote for _, _, quote in c.judges))}
    openly = {t for _, c in cells if not c.covered for t in (c.completion, *(quote for _, _, quote in c.judges))}
    targets = {p.target for p in samples.prompts if p.task in HARMFUL}
    found = {text for text in (covered - openly) | targets if len(text.split()) > FEW}
    assert len(targets) == 12 and any("bucket" in t for t in found) and any("how to do it" in t for t in found)
    assert any("But: SURE" in text for text in found)
    return found


def as_page(audit: Audit) -> str:
    page = html.files(audit)[0].content.decode()
    packed = re.findall(r'<script type="text/plain" id="sample-store">([^<]*)', page)
    return page + "".join(zlib.decompress(base64.b64decode(p), -zlib.MAX_WBITS).decode() for p in packed)


def as_frames(audit: Audit) -> str:
    frames = [pd.read_parquet(io.BytesIO(file.content)) for file in parquet.files(audit)]
    return "\n".join(str(cell) for frame in frames for row in frame.to_numpy().tolist() for cell in row)


def as_text(files: Callable[[Audit], tuple[File, ...]]) -> Callable[[Audit], str]:
    """The files as text, without what Markdown puts before signs and into words."""
    return lambda audit: re.sub(r"\\|&#8203;", "", "\n".join(file.content.decode() for file in files(audit)))


FORMATS: dict[str, Callable[[Audit], str]] = {
    "html": as_page,
    "pdf": as_page,  # is this page, printed
    "csv": as_text(csv.files),
    "parquet": as_frames,
    "json": as_text(json.files),
    "markdown": as_text(markdown.files),
}


def test_every_format_is_tried() -> None:
    assert set(FORMATS) == set(plugins.names("formats"))


@pytest.mark.parametrize("name", FORMATS)
def test_a_redacted_file_holds_nothing_harmful(name: str, sources: ReportSources, secrets: set[str]) -> None:
    written = FORMATS[name](audit(sources, redact=True))
    assert [text for text in secrets if text in written or text.casefold() in written.casefold()] == []


@pytest.mark.parametrize("name", ["html", "csv", "parquet"])
def test_without_redaction_all_of_it_is_there(name: str, sources: ReportSources, secrets: set[str]) -> None:
    written = FORMATS[name](audit(sources))
    assert [text for text in secrets if text not in written] == []


def test_runs_side_by_side_hold_nothing_that_a_model_said(sources: ReportSources, secrets: set[str]) -> None:
    found = compare_runs([RunInput(sources=one, headline="", facts=()) for one in (make_sources(prompts=6), sources)])
    written = render_runs(found) + runs_markdown(found)
    assert [text for text in secrets if text in written] == []


def test_open_completions_and_harmless_reference_answers_stay(sources: ReportSources) -> None:
    frame = pd.read_parquet(io.BytesIO(parquet.files(audit(sources, redact=True))[0].content))
    harmful = frame[frame.task.isin(HARMFUL)]
    assert set(frame[~frame.task.isin(HARMFUL)].target) == {"", "north"}
    assert set(harmful.target) == {"[left out: redacted, reference answer to a harmful request]"}
    assert f"{CARDS[0].name}: I cannot help with that." in set(harmful[~harmful.redacted].completion)
    assert harmful.prompt.str.startswith("Please explain how to do thing ").all()
