"""Writes the outputs that a command line asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness.gate_outputs import GateReport
from harness.gate_outputs.badge import badge
from harness.gate_outputs.junit import junit
from harness.gate_outputs.markdown import markdown
from harness.gate_outputs.sarif import sarif
from harness.record_files import write_text
from harness.store import world_error


@dataclass(frozen=True)
class Targets:
    """Where each output goes; None: it was not asked for."""

    junit: Path | None = None
    sarif: Path | None = None
    summary: Path | None = None
    """Markdown is appended to it, as GitHub's step summary wants it."""
    badge: Path | None = None


def write_outputs(report: GateReport, targets: Targets) -> None:
    """Write each output that has a target; folders are made. Raises WorldError naming the file that could not be."""
    forms: tuple[tuple[Path | None, Callable[[GateReport], str]], ...] = (
        (targets.junit, junit),
        (targets.sarif, sarif),
        (targets.badge, badge),
    )
    for path, form in forms:
        if path is not None:
            _put(path, form(report), append=False)
    if targets.summary is not None:
        _put(targets.summary, markdown(report), append=True)


def _put(path: Path, text: str, *, append: bool) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if append:
            with path.open("a", encoding="utf-8") as stream:
                stream.write(text)
        else:
            write_text(path, text)
    except OSError as error:
        raise world_error(error, path=path) from error
