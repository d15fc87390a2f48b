"""Options that several verbs share: where things lie, how work is done. What changes numbers is config."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

ConfigFile = Annotated[Path, typer.Argument(help="A YAML config; `harness ls configs` lists those that ship.")]
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="A folder that `harness run` wrote.")]
Overrides = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY.KEY=VALUE", help="Replace a value of the config. Repeatable.")
]
StoreFolder = Annotated[Path, typer.Option("--store", envvar="HARNESS_STORE", help="Where finished stages are kept.")]
RunsFolder = Annotated[Path, typer.Option("--runs", envvar="HARNESS_RUNS", help="Where run folders are written.")]
Jobs = Annotated[int, typer.Option("--jobs", min=0, help="Stages side by side; 0 chooses by cores, 1 with a GPU.")]
Baseline = Annotated[
    str | None,
    typer.Option(
        "--baseline", metavar="RUN[:VARIANT]", help="A finished run that rules with `reference: baseline` look at."
    ),
]
Redact = Annotated[bool, typer.Option("--redact", help="Leave harmful completions and references out of the report.")]

DEFAULT_STORE = Path("store")
DEFAULT_RUNS = Path("runs")


def jobs_for(asked: int, *, threads: int) -> int:
    """How many stages run side by side: what was asked for, or cores over threads; 1 where a GPU is."""
    if asked:
        return asked
    if Path("/dev/nvidia0").exists() or os.environ.get("CUDA_VISIBLE_DEVICES"):
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores // threads, 8))
