"""What the report shows of a run's method and controls."""

from __future__ import annotations

from harness.record import Record
from harness.task_specs import Axis


class StrategyLine(Record):
    """A way of tuning of the run."""

    name: str
    """Of the plug-in."""
    title: str
    does: str
    """One line, from the plug-in's docstring."""
    source: str
    """Whose it is, from there too: what is marked [paper] is the paper's, [ours] our choice; may be empty."""
    variants: tuple[tuple[str, str], ...]
    """(name, settings in words)."""


class AxisLine(Record):
    """The tasks of one axis."""

    axis: Axis
    tasks: tuple[tuple[str, str], ...]
    """(title, how it is scored)."""


class ControlLine(Record):
    """A control that a run may have."""

    name: str
    present: bool
    text: str
    """What it shows here, or what is not shown without it."""


class Method(Record):
    """What was done, whose method it is, and against what it is held."""

    summary: tuple[str, ...]
    """Base, data, tuning, scoring: a sentence each."""
    strategies: tuple[StrategyLine, ...]
    axes: tuple[AxisLine, ...]
    paper: tuple[str, ...]
    """The paper's method, as far as it is known."""
    ours: tuple[str, ...]
    """What was decided here."""
    controls: tuple[ControlLine, ...]
    """Those that the run has, then those that it lacks."""
