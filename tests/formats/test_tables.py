"""CSV and Parquet: a row a sample, all scores; formulas defused; redaction said."""

from __future__ import annotations

import csv
import io

import pandas as pd
import pytest

from harness.formats import csv as csv_format
from harness.formats import parquet
from harness.report_tables import LEFT_OUT
from tests.formats.sources import audit
from tests.report_sources import make_sources, with_harmful


def tables(*, redact: bool = False) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    made = csv_format.files(audit(with_harmful(make_sources(), "harmful-marker"), redact=redact))
    assert [file.name for file in made] == ["samples.csv", "scores.csv"]
    samples, scores = (list(csv.DictReader(io.StringIO(f.content.decode(), newline=""))) for f in made)
    return samples, scores


def test_every_sample_and_score_is_a_row() -> None:
    sources = make_sources()
    samples, scores = tables()
    assert len(samples) == sum(len(c.samples) for c in sources.checkpoints)
    assert len(scores) == len(sources.table.scores) + len(sources.table.comparisons)
    assert samples[0]["variant"] == "base" and samples[0]["seed"] == ""
    assert samples[0]["verdicts"].startswith("world: refuses")


def test_redaction_leaves_harmful_completions_out_and_says_so() -> None:
    plain, redacted = tables()[0], tables(redact=True)[0]
    harmful = [at for at, row in enumerate(plain) if row["completion"] == "harmful-marker"]
    assert harmful and "harmful-marker" not in str(redacted)
    assert {redacted[at]["completion"] for at in harmful} == {LEFT_OUT}
    assert {row["redacted"] for row in redacted if row["completion"] != LEFT_OUT} == {"False"}


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\n=1", "  =1", "＝1"])
def test_formulas_get_an_apostrophe(text: str) -> None:
    assert csv_format.defused(text) == f"'{text}"


@pytest.mark.parametrize("text", ["a=1", "1-1", "", "'=1"])
def test_other_texts_stay(text: str) -> None:
    assert csv_format.defused(text) == text


def test_negative_numbers_stay_numbers() -> None:
    assert any(row["value"].startswith("-") and float(row["value"]) < 0 for row in tables()[1])


def test_parquet_keeps_types_and_texts() -> None:
    samples, scores = (pd.read_parquet(io.BytesIO(f.content)) for f in parquet.files(audit()))
    assert str(samples["seed"].dtype) == "Int64" and str(scores["p_value"].dtype) == "Float64"
    expected = [s.prompt for c in make_sources().checkpoints for s in c.samples]
    assert samples["prompt"].tolist() == expected
