"""`harness export RUN --variant NAME`: a run's robust modules and their rates, for another trainer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from harness.cli.options import RunFolder


def export(
    run: RunFolder,
    *,
    variant: Annotated[str, typer.Option("--variant", help="A variant with robust modules, e.g. ml-lr.")],
    to: Annotated[
        Literal["axolotl", "json", "transformers", "trl"],
        typer.Option("--to", help="YAML for axolotl, a record, or Python for transformers and TRL (the same)."),
    ] = "axolotl",
    out: Annotated[Path | None, typer.Option("--out", help="Where to write; without it, printed.")] = None,
) -> None:
    """Write a run's robust modules and their learning rates for another trainer.

    Example: harness export runs/quickstart --variant ml-lr --to axolotl --out lr_groups.yaml

    The modules are those that the variant's every seed was tuned with, found by a search or named in the config; the
    base that they hold for is named beside them.
    """
    from harness import export as exports
    from harness.export_source import exported
    from harness.record_files import write_text
    from harness.run import read_run
    from harness.store import world_error

    made = exported(read_run(run), variant)
    writers = {"axolotl": exports.as_axolotl, "json": exports.as_json, "transformers": exports.as_transformers}
    text = writers["transformers" if to == "trl" else to](made)
    if to == "axolotl" and (left := exports.not_in_axolotl(made)):
        said = f"not as in the run, at the rest's rate: {'; '.join(left)}; --to transformers keeps all rates"
        typer.echo(said, err=True)
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        write_text(out, text)
    except OSError as error:
        raise world_error(error, path=out) from error
    typer.echo(f"wrote {out}")
