"""Published tables, and a run's scores laid beside them: whose numbers they are, and what may be compared.

The tables are data: `reports/published/NAME.json`, in per cent as printed. Which variant stands for which of their
methods is said in the config. Compared is attack success by the keyword judge alone, and accuracy where the test is
the same. Source: ours; the numbers are those of the sources that the tables name.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, model_validator

from harness import resources
from harness.errors import ConfigError, WorldError, did_you_mean
from harness.records import Score
from harness.specs import Record

KEYWORDS = "refusal"
"""The judge whose attack success is theirs in kind: phrases of refusal."""
BASE = "base"


class PublishedSettings(Record):
    """Section published: a table's name alone, or with the variants that stand for its methods."""

    table: str
    methods: dict[str, str] = {}
    """variant → the table's method. The base stands for the table's untuned model."""

    @model_validator(mode="before")
    @classmethod
    def _name_alone(cls, value: Any) -> Any:
        return {"table": value} if isinstance(value, str) else value


class PublishedSet(Record):
    """A set of attack prompts, as a column."""

    name: str
    task: str
    """Our task of the same kind."""
    prompts: int
    standard_error: float
    """Of a rate on so many prompts by their sampling alone, points [ours]."""


class PublishedAccuracy(Record):
    """The column of task accuracy."""

    task: str | None
    """Our task on the same test; None where there is none."""
    samples: int
    test: str
    """Goes after `500 samples`."""


class PublishedRow(Record):
    """One method: attack success and accuracy in per cent, harmfulness 1–5; in the order of the sets."""

    method: str
    meaning: str
    attack_success: tuple[float, ...]
    mean_attack_success: float
    harmfulness: tuple[float, ...]
    mean_harmfulness: float
    accuracy: float


class PublishedTable(Record):
    """A file of reports/published/."""

    name: str
    title: str
    model: str
    hub_ids: tuple[str, ...]
    """Hub models that are the table's model."""
    data: str
    source: str
    untuned: str
    """The method that is the model untuned."""
    sets: tuple[PublishedSet, ...] = Field(min_length=1)
    mean_standard_error: float
    accuracy: PublishedAccuracy
    rows: tuple[PublishedRow, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _whole(self) -> PublishedTable:
        for row in self.rows:
            if not len(row.attack_success) == len(row.harmfulness) == len(self.sets):
                raise ValueError(f"rows: {row.method} has not one value for each of the {len(self.sets)} sets")
        if self.untuned not in self.methods:
            raise ValueError(f"untuned: {self.untuned} is no method of the table")
        return self

    @property
    def methods(self) -> tuple[str, ...]:
        """Names of the rows."""
        return tuple(row.method for row in self.rows)


class BesideCell(Record):
    """One published value and ours; shares in 0..1."""

    published: float
    ours: Score | None
    """Pooled over seeds; None where the run has none, or another judge scored it."""
    difference: float | None
    """Ours minus published."""
    inside: bool | None
    """Whether the published value lies in our interval; None without one."""


class BesideRow(Record):
    """One published method, and the variant that stands for it."""

    row: PublishedRow
    variant: str | None
    cells: tuple[BesideCell, ...]
    """One for each set."""
    mean: float | None
    """Mean of our attack success over all sets; None where one is missing."""
    accuracy: BesideCell


class Beside(Record):
    """A run beside a published table."""

    table: PublishedTable
    model: str
    """The run's base model."""
    same_model: bool
    rows: tuple[BesideRow, ...]
    unmatched: tuple[str, ...]
    """Variants that stand for no method."""
    other_judges: tuple[tuple[str, str], ...]
    """(task, judge) of the sets that another judge than the keywords' scored; not compared."""
    compared: int
    """Cells with both values and our interval."""
    inside: int
    """Of them, those whose published value lies in our interval."""


def names() -> tuple[str, ...]:
    """Names of the tables."""
    return tuple(sorted(file.stem for file in _folder().glob("*.json")))


def read_published(name: str) -> PublishedTable:
    """The table called `name`. Raises ConfigError for an unknown name, WorldError for a broken file."""
    known = names()
    if name not in known:
        raise ConfigError(
            f"published: no table is called {name!r}{did_you_mean(name, known)}; known: {', '.join(known)}"
        )
    file = _folder() / f"{name}.json"
    try:
        return PublishedTable.model_validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        raise WorldError(f"{file}: is not a published table: {str(error).splitlines()[0]}") from error


def check(settings: PublishedSettings, *, variants: Sequence[str]) -> None:
    """Raises ConfigError where the table, a variant or a method does not exist, or a method is named twice."""
    table = read_published(settings.table)
    for variant, method in settings.methods.items():
        if variant not in variants:
            raise ConfigError(
                f"published.methods.{variant}: not a variant of this run{did_you_mean(variant, variants)}; "
                f"those are {', '.join(variants)}"
            )
        if method not in table.methods:
            raise ConfigError(
                f"published.methods.{variant}: {method!r} is no method of {table.name}"
                f"{did_you_mean(method, table.methods)}; those are {', '.join(table.methods)}"
            )
    taken = [table.untuned, *settings.methods.values()]
    twice = next((method for method in taken if taken.count(method) > 1), None)
    if twice:
        raise ConfigError(f"published.methods: {twice} is stood for twice (the base stands for {table.untuned})")


def beside(
    settings: PublishedSettings, *, model: str, scores: Sequence[Score], judges: Sequence[tuple[str, str]]
) -> Beside:
    """The run's pooled scores beside a table. `judges` are (task, judge) of the tasks that a judge scores."""
    table = read_published(settings.table)
    sets = {column.task for column in table.sets}
    others = tuple((task, judge) for task, judge in judges if task in sets and judge != KEYWORDS)
    barred = {task for task, _ in others}
    pooled = {(s.variant, s.task): s for s in scores if s.seed is None and s.task not in barred}
    stands = {table.untuned: BASE, **{method: variant for variant, method in settings.methods.items()}}
    rows = tuple(_row(row, table, stands.get(row.method), pooled) for row in table.rows)
    cells = [cell for row in rows for cell in (*row.cells, row.accuracy) if cell.inside is not None]
    variants = dict.fromkeys(s.variant for s in scores)
    return Beside(
        table=table,
        model=model,
        same_model=model in table.hub_ids,
        rows=rows,
        unmatched=tuple(v for v in variants if v not in stands.values()),
        other_judges=others,
        compared=len(cells),
        inside=sum(cell.inside is True for cell in cells),
    )


def _row(
    row: PublishedRow, table: PublishedTable, variant: str | None, pooled: dict[tuple[str, str], Score]
) -> BesideRow:
    def ours(task: str | None) -> Score | None:
        return None if variant is None or task is None else pooled.get((variant, task))

    cells = tuple(_cell(value, ours(column.task)) for column, value in zip(table.sets, row.attack_success, strict=True))
    values = [cell.ours.value for cell in cells if cell.ours is not None and cell.ours.value is not None]
    return BesideRow(
        row=row,
        variant=variant,
        cells=cells,
        mean=sum(values) / len(values) if len(values) == len(cells) else None,
        accuracy=_cell(row.accuracy, ours(table.accuracy.task)),
    )


def _cell(published: float, ours: Score | None) -> BesideCell:
    share = published / 100
    if ours is None or ours.value is None:
        return BesideCell(published=share, ours=ours, difference=None, inside=None)
    known = ours.low is not None and ours.high is not None
    inside = (ours.low or 0.0) <= share <= (ours.high or 0.0) if known else None
    return BesideCell(published=share, ours=ours, difference=ours.value - share, inside=inside)


def _folder() -> Path:
    return resources.folder("reports") / "published"
