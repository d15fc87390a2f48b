"""One document with a published schema: report.json (`harness report --schema` prints the schema)."""

from __future__ import annotations

import json

from harness.audit_report import audit_report
from harness.formats import Audit, File


def files(audit: Audit) -> tuple[File, ...]:
    """An AuditReport (audit_report.py); every character outside ASCII is escaped, so that none hides or reorders."""
    tree = audit_report(audit.sources, audit.view).model_dump()
    return (File("report.json", (json.dumps(tree, indent=1, ensure_ascii=True) + "\n").encode()),)
