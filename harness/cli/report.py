"""`harness report RUN`: render a finished run's report again, as a page or as something else."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import Redact

Runs = Annotated[
    list[Path] | None,
    typer.Argument(metavar="RUN", help="A folder that `harness run` wrote; several are compared.", show_default=False),
]


def report(
    runs: Runs = None,
    *,
    format: Annotated[
        list[str] | None,
        typer.Option("--format", help="html (the default), markdown, csv, parquet, json or pdf. Repeatable."),
    ] = None,
    redact: Redact = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", help="The file to write; a folder where there are several. Default: the run's."),
    ] = None,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of --format json and end.")] = False,
) -> None:
    """Render a finished run's report again, or lay several runs side by side; no model is loaded.

    Example: harness report runs/quickstart --redact --format html --format markdown

    Several runs are laid side by side, with what changed in them and differences from the first: comparison.html (or
    comparison.md) beside the last one's report. It holds no completions.
    """
    from harness import report_files
    from harness.errors import InputError
    from harness.run import read_run

    if schema:
        from harness.audit_report import schema_text

        typer.echo(schema_text(), nl=False)
        return
    if not runs:
        raise InputError("report: no run given; give a folder that `harness run` wrote, e.g. runs/quickstart")
    if len(runs) > 1:
        found = report_files.comparison_of([read_run(run) for run in runs])
        files = report_files.comparison_files(found, format or ["html"])
    else:
        audit = report_files.audit_of(read_run(runs[0]), redact=redact)
        files = report_files.files_of(audit, format or ["html"])
    for path in report_files.write_files(files, folder=runs[-1], output=output):
        typer.echo(f"report: {path}")
