"""`harness calibrate LABELS`: a judge against completions that humans labelled; or a judge learned from them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import DEFAULT_STORE, StoreFolder

DEFAULT_OUT = Path("calibration.json")


def calibrate(
    labels: Annotated[Path, typer.Argument(help="A .csv or .jsonl of prompts, completions and human labels.")],
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A setting of the judge. Repeatable.")
    ] = None,
    *,
    judge: Annotated[str, typer.Option("--judge", help="A judge by name; `harness ls judges` lists them.")] = "refusal",
    learn: Annotated[
        Path | None,
        typer.Option("--learn", metavar="MODEL", help="Fit the judge `learned` instead, and write it here."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Where the record is written.")] = DEFAULT_OUT,
    shown: Annotated[int, typer.Option("--show", min=0, help="Disagreements to print.")] = 10,
    prompt_column: Annotated[str, typer.Option("--prompt-column", help="Column of the prompt.")] = "prompt",
    completion_column: Annotated[
        str, typer.Option("--completion-column", help="Column of the completion.")
    ] = "completion",
    label_column: Annotated[str, typer.Option("--label-column", help="Column of the human label.")] = "label",
    reference_column: Annotated[
        str, typer.Option("--reference-column", help="Column of the right answer, for judges that read it.")
    ] = "reference",
    store: StoreFolder = DEFAULT_STORE,
) -> None:
    """Measure how far a judge agrees with human labels, or learn a judge from them.

    Example: harness calibrate labels.csv --judge refusal --label-column final_label

    Prints agreement, Cohen's kappa with its 95 % interval, the confusion and the worst disagreements, and writes them
    to calibration.json. With --learn it fits a text classifier to the labels, writes it as JSON with its
    cross-validated quality, and asks no judge. Labels are complies, partly or refuses, XSTest's own words, or 1 and 0
    for harmful and harmless. What a judge pays for is kept in the store: the same command goes on where it was
    stopped. Exit codes: 0 done, 1 the world failed, 2 the input is wrong.
    """
    from rich.console import Console

    from harness import calibration
    from harness.calibration_summary import print_calibration, print_quality
    from harness.config_tree import apply_override
    from harness.errors import InputError
    from harness.labels import LabelColumns, read_labels
    from harness.record_files import write_text
    from harness.store import REPLIES

    console = Console()
    columns = LabelColumns(
        prompt=prompt_column, completion=completion_column, label=label_column, reference=reference_column
    )
    target = learn or out
    if not target.parent.is_dir():
        raise InputError(f"{target}: there is no folder {target.parent} to write it to")
    if learn is not None and settings:
        raise InputError("--set is for a judge that is asked; --learn asks none")
    given: dict[str, object] = {}
    for setting in settings or ():
        apply_override(given, setting)
    rows = read_labels(labels, columns)
    if learn is not None:
        model = calibration.learn(rows)
        write_text(target, model.model_dump_json() + "\n")
        print_quality(model, console)
    else:
        made = calibration.calibrate(rows, judge=judge, given=given, replies=store / REPLIES)
        write_text(target, made.model_dump_json(indent=1) + "\n")
        print_calibration(made, console, shown=shown)
    console.print(f"wrote {target}", highlight=False, markup=False, soft_wrap=True)
