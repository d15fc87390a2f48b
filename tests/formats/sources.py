"""Reports to write in every format."""

from __future__ import annotations

from harness.formats import Audit
from harness.report_records import ReportSources
from harness.report_view import build_view
from tests.report_sources import make_sources


def audit(sources: ReportSources | None = None, *, redact: bool = False) -> Audit:
    """A run's report before it is written; by default of five variants on five tasks."""
    made = sources or make_sources()
    return Audit(sources=made, view=build_view(made), redact=redact)
