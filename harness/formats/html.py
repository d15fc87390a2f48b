"""One self-contained page: report.html."""

from __future__ import annotations

from harness.formats import Audit, File
from harness.report_view import render


def files(audit: Audit) -> tuple[File, ...]:
    """The report as HTML."""
    return (File("report.html", render(audit.view, redact=audit.redact).encode()),)
