"""What a report is written as: a file each, found by its name; adding one is adding a file.

Every file defines `files(audit: Audit) -> tuple[File, ...]`, a pure function (pdf.py starts a browser). The first line
of its docstring says what it writes.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.report_records import ReportSources, ReportView


@dataclass(frozen=True)
class Audit:
    """A finished run's report, before it is written."""

    sources: ReportSources
    view: ReportView
    redact: bool
    """Leave out completions of harmfulness tasks that are not plain refusals, what judges quoted of them, and the
    reference answers of these tasks."""


@dataclass(frozen=True)
class File:
    """A file to write."""

    name: str
    """Without folder, e.g. `report.md`."""
    content: bytes
