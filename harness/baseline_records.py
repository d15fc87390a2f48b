"""The run that a gate's rules were measured against, as a decision names it."""

from __future__ import annotations

from harness.record import Record


class BaselineRun(Record):
    """Another finished run; its own manifest says the rest."""

    name: str
    created: str
    """UTC, ISO 8601."""
    config_digest: str
    """sha256 of its resolved config."""
    git_commit: str = ""
    """Of the harness that made it; empty outside a checkout."""
    outcomes_digest: str = ""
    """sha256 of its outcomes.json, as sha256sum prints it; empty where nothing was measured against it yet."""
    variant: str | None = None
    """Of its variants, the one that every judged variant is measured against; None: that of the same name."""
