"""`harness show RUN`: what a finished run was made of, and whether its bytes are still the same."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import RunFolder


def show(
    run: RunFolder,
    *,
    verify: Annotated[bool, typer.Option("--verify", help="Read every byte again and compare its digest.")] = False,
) -> None:
    """Show a finished run: config, variants, stages, versions.

    Example: harness show runs/quickstart --verify

    With --verify, exit code 1 and a line for every file that is missing, changed or added.
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from harness.run import read_manifest
    from harness.store import Store

    console = Console()
    manifest = read_manifest(run)
    for name, value in (
        ("run", manifest.name),
        ("made", f"{manifest.created}, {manifest.seconds:.0f} s, {manifest.hardware}"),
        ("command", manifest.command),
        ("harness", f"{manifest.harness_version} {manifest.git_commit}".strip()),
        ("packages", " ".join(f"{n} {v}" for n, v in manifest.packages)),
    ):
        console.print(f"{name:9} {escape(value)}", highlight=False, soft_wrap=True)
    table = Table("stage", "key", "seconds", "")
    for stage in manifest.stages:
        table.add_row(escape(stage.label), stage.key, f"{stage.seconds:.1f}", "reused" if stage.reused else "")
    console.print(table)
    if not verify:
        return
    store = Store(Path(manifest.store))
    damage = [f"{s.label}: {d.path} {d.reason}" for s in manifest.stages for d in store.verify(s.key)]
    for s in manifest.stages:
        seal = store.seal(s.key)
        if seal is not None and seal.digest != s.digest:
            damage.append(f"{s.label}: was made again since, with other bytes")
    for line in damage:
        console.print(f"[red]✗[/] {escape(line)}", highlight=False, soft_wrap=True)
    if damage:
        raise typer.Exit(1)
    console.print(f"verified: every file of {len(manifest.stages)} stages is as its stage wrote it", highlight=False)
