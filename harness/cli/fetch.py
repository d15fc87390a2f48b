"""`harness fetch CONFIG`: fill the hub's cache for machines without a network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import ConfigFile, Overrides


def fetch(
    config: ConfigFile,
    overrides: Overrides = None,
    *,
    list_only: Annotated[bool, typer.Option("--list", help="Say what would be fetched, and fetch nothing.")] = False,
) -> None:
    """Download the base model, datasets, tasks' rows and judges' models that a config takes from the hub.

    Example: harness fetch configs/llama-2-7b-chat.yaml

    Fetches the commits that a run would use, safetensors alone of a model, into the hub's cache (HF_HOME); carry that
    folder to a machine without a network and set HF_HUB_OFFLINE=1 there. Exit code 1 where something cannot be had:
    each is named, with the command that fetches it by hand.
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from harness import config as configs
    from harness import needs
    from harness.errors import TaskError, WorldError
    from harness.hostile import one_line

    table = Table()
    for name in ("what", "config", "revision", "size", "where"):
        table.add_column(name, overflow="fold")
    problems = []
    for need in needs.needs_of(configs.load(config, overrides=overrides or ())):
        size, where = "", "local, nothing to fetch"
        if not need.local:
            try:
                folder = needs.cached(need) if list_only else needs.fetch(need)
                absent = "not in the cache" if need.rows_of is None else "lm-eval tells when it is fetched"
                size, where = (_size(folder), str(folder)) if folder else ("", absent)
            except (WorldError, TaskError) as error:
                where = "out of reach"
                problems.append(f"{need.key}: {error}; by hand: {needs.by_hand(need)}")
        row = (f"{need.kind} {need.place}", need.key, need.commit[:12] or need.asked, size, where)
        table.add_row(*(escape(one_line(cell)) for cell in row))
    Console().print(table)
    for line in problems:
        typer.secho(f"error: {one_line(line)}", fg=typer.colors.RED, err=True)
    if problems:
        raise typer.Exit(1)


def _size(folder: Path) -> str:
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return f"{size / 1e9:.2f} GB" if size >= 1e7 else f"{size / 1e6:.2f} MB"
