"""Tables for data frames, texts as they are: samples.parquet and scores.parquet."""

from __future__ import annotations

import io
from collections.abc import Sequence

from harness.formats import Audit, File
from harness.hostile import encodable
from harness.report_tables import SampleRow, ScoreRow, sample_rows, score_rows
from harness.specs import Record

_WHOLE = ("seed", "scored", "unscored", "truncated", "rose", "fell", "prompts")
_SHARES = ("value", "low", "high", "p_value", "margin")


def files(audit: Audit) -> tuple[File, ...]:
    """Samples and scores; columns keep their types where they hold no value."""
    samples = sample_rows(audit.view.samples, redact=audit.redact)
    scores = score_rows(audit.sources.table)
    return (
        File("samples.parquet", _table(samples, heads=tuple(SampleRow.model_fields))),
        File("scores.parquet", _table(scores, heads=tuple(ScoreRow.model_fields))),
    )


def _table(rows: Sequence[Record], *, heads: tuple[str, ...]) -> bytes:
    import pandas as pd

    frame = pd.DataFrame([_cells(row) for row in rows], columns=list(heads))
    types = {**dict.fromkeys(_WHOLE, "Int64"), **dict.fromkeys(_SHARES, "Float64"), "counted": "boolean"}
    frame = frame.astype({head: types[head] for head in heads if head in types})
    stream = io.BytesIO()
    frame.to_parquet(stream, index=False)
    return stream.getvalue()


def _cells(row: Record) -> dict[str, object]:
    return {head: encodable(cell) if isinstance(cell, str) else cell for head, cell in row.model_dump().items()}
