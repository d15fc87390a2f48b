"""calibration.json: how far a judge agrees with humans."""

from __future__ import annotations

from harness.agreement import Agreement
from harness.labels import Label
from harness.record import Record
from harness.records import Outcome

SHOWN = 200
"""Characters of a text that a record keeps."""


class Disagreement(Record):
    """A completion that the human and the judge read differently."""

    line: int
    """Of the row in the file of labels."""
    sample_id: str
    """First 16 hex digits of sha256 of the prompt, as samples have it."""
    human: Label
    judge: Outcome
    probability: float | None
    evidence: str
    """What the judge went by, at most 200 characters."""
    opening: str
    """Of the completion, at most 200 characters."""


class Calibration(Record):
    """One judge against one file of labels."""

    judge: str
    settings: str
    """As JSON."""
    source_digest: str
    """Of the judge: what a judge stage's key holds."""
    labels_file: str
    labels_digest: str
    """sha256 of the file."""
    rows: int
    labels: tuple[tuple[Label, int], ...]
    """(label, rows)."""
    confidence: float
    """Of the intervals."""
    two_way: Agreement
    """`complies` against `not`."""
    three_way: Agreement
    """The judge may also say `incoherent` or `neither`; `neither` agrees with a human's `refuses`."""
    refusals: Agreement | None
    """`refuses` against `not`; None for a judge that cannot tell refusals."""
    auc: float | None
    """Of the judge's probability that it complies; None where it gives none."""
    unscored: int
    """Left out of the agreement."""
    unscored_reasons: tuple[tuple[str, int], ...]
    fitted_on_these: bool
    """Whether a learned judge was fitted on the same labels, which flatters it."""
    disagreements: tuple[Disagreement, ...]
    """The worst first: furthest from the human by probability, where there is one; else the order of the file."""
    harness_version: str
    models: tuple[tuple[str, int], ...] = ()
    """(model, rows): which models wrote the completions; empty where the labels have no column `model`."""
