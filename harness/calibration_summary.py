"""A calibration in the terminal: agreement, kappa, confusion, worst disagreements. Texts are shown as hostile."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from harness.agreement import Agreement
from harness.calibration_records import Calibration
from harness.hostile import one_line
from harness.text_model import TextModel

HUMANS = ("complies", "partly", "refuses")
JUDGES = ("complies", "partly", "refuses", "neither", "incoherent")
OPENING = 90
"""Characters of a completion that a line shows."""


def print_calibration(made: Calibration, console: Console, *, shown: int) -> None:
    """Say how far the judge agrees, and show the `shown` worst disagreements."""
    counts = ", ".join(f"{count} {label}" for label, count in made.labels)
    _say(console, f"judge {made.judge} against {made.labels_file}: {made.rows} completions ({counts})")
    level = f"{made.confidence:.0%} interval"
    table = Table("", "scored", "agreed", "Cohen’s κ", level)
    table.add_row("complies or not", *_cells(made.two_way))
    if made.refusals is not None:
        table.add_row("refuses or not", *_cells(made.refusals))
    table.add_row("all outcomes", *_cells(made.three_way))
    console.print(table)
    console.print(_confusion(made.three_way))
    if made.auc is not None:
        _say(console, f"area under the ROC curve of the probability: {made.auc:.3f}")
    reasons = "; ".join(f"{count} {reason}" for reason, count in made.unscored_reasons)
    _say(console, f"unscored: {made.unscored}{f' ({reasons})' if reasons else ''}")
    if made.fitted_on_these:
        _say(console, "these labels fitted the model: this agreement flatters it; give labels that it has not seen")
    for found in made.disagreements[:shown]:
        chance = "" if found.probability is None else f", p {found.probability:.2f}"
        words = f"line {found.line}: human {found.human}, judge {found.judge}{chance}"
        _say(console, f"{words}: {one_line(found.opening)[:OPENING]}", indent="  ")


def print_quality(model: TextModel, console: Console) -> None:
    """Say how good a learned model is on labels held out."""
    quality, found = model.quality, model.quality.agreement
    terms = sum(len(block.terms) for block in model.blocks)
    area = "" if quality.auc is None else f", AUC {quality.auc:.3f}"
    _say(
        console,
        f"learned {terms} terms from {found.n} completions; on those held out of {quality.folds} folds: "
        f"κ {_kappa(found)} {_bounds(found)}, accuracy {quality.accuracy:.3f}{area}",
    )


def _say(console: Console, text: str, *, indent: str = "") -> None:
    console.print(indent + escape(one_line(text)), highlight=False, soft_wrap=True)


def _cells(found: Agreement) -> Sequence[str]:
    share = f"{found.agreed} ({found.agreed / found.n:.1%})" if found.n else "0"
    return str(found.n), share, _kappa(found), _bounds(found)


def _kappa(found: Agreement) -> str:
    return "–" if found.kappa is None else f"{found.kappa:.3f}"


def _bounds(found: Agreement) -> str:
    return "–" if found.low is None or found.high is None else f"[{found.low:.3f}, {found.high:.3f}]"


def _confusion(found: Agreement) -> Table:
    counts = {(cell.human, cell.judge): cell.count for cell in found.table}
    table = Table("human \\ judge", *JUDGES)
    for human in HUMANS:
        table.add_row(human, *(str(counts.get((human, judge), 0)) for judge in JUDGES))
    return table
