"""Tables for a spreadsheet: samples.csv and scores.csv.

Hidden characters are shown as marks (hostile.py), and a text that a spreadsheet would take for a formula gets an
apostrophe before it. For the exact bytes take parquet.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from harness.formats import Audit, File
from harness.hostile import visible
from harness.report_tables import SampleRow, ScoreRow, sample_rows, score_rows
from harness.specs import Record

_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
"""How a cell begins that a spreadsheet may run (OWASP, CSV injection)."""


def files(audit: Audit) -> tuple[File, ...]:
    """Samples and scores in UTF-8, lines ended by `\\r\\n`, fields quoted where they must be (RFC 4180)."""
    samples = sample_rows(audit.view.samples, redact=audit.redact)
    scores = score_rows(audit.sources.table)
    return (
        File("samples.csv", _table(samples, heads=tuple(SampleRow.model_fields))),
        File("scores.csv", _table(scores, heads=tuple(ScoreRow.model_fields))),
    )


def defused(text: str) -> str:
    """`text`, nothing in it hidden, and with an apostrophe before what a spreadsheet would take for a formula."""
    shown = visible(text)
    return f"'{shown}" if shown.lstrip(" ").startswith(_FORMULA) else shown


def _table(rows: Sequence[Record], *, heads: tuple[str, ...]) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(heads)
    for row in rows:
        writer.writerow([_cell(getattr(row, head)) for head in heads])
    return stream.getvalue().encode()


def _cell(value: object) -> object:
    return defused(value) if isinstance(value, str) else value
