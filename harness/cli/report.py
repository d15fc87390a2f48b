"""`harness report RUN`: render a finished run's report again, as a page or as something else."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import Redact

Runs = Annotated[
    list[Path] | None, typer.Argument(metavar="RUN", help="A folder that `harness run` wrote.", show_default=False)
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
    """Render a finished run's report again, from the store and without any model.

    Example: harness report runs/quickstart --redact --format html --format markdown
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
        raise InputError(f"report: {len(runs)} runs given; give one")
    audit = report_files.audit_of(read_run(runs[0]), redact=redact)
    files = report_files.files_of(audit, format or ["html"])
    for path in report_files.write_files(files, folder=runs[0], output=output):
        typer.echo(f"report: {path}")
