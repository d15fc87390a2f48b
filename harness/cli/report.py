"""`harness report RUN`: render a finished run's report again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import Redact, RunFolder


def report(
    run: RunFolder,
    *,
    redact: Redact = False,
    output: Annotated[Path | None, typer.Option("--output", help="Where to write; default RUN/report.html.")] = None,
) -> None:
    """Render a finished run's HTML report again, from the store and without any model.

    Example: harness report runs/quickstart --redact --output audit.html
    """
    from rich.console import Console

    from harness import outputs
    from harness.run import read_run

    finished = read_run(run)
    path = outputs.write_report(finished, outputs.view_of(finished), redact=redact, path=output)
    Console().print(f"report: {path}", highlight=False, soft_wrap=True)
