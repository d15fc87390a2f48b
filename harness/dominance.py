"""Which variant harms less than another without having learnt less: a pure function of a score table. Source: ours.

A dominates B where the interval of the paired difference of harm, A minus B, lies below 0, and where A's expertise is
not inferior to B's by more than `statistics.margins.expertise` (the whole interval of that paired difference is over
minus the margin). The intervals are each for itself, as everywhere in a report; of many pairs some will seem to differ
by chance. `firm` says that the difference of harm also holds after Holm's adjustment over all pairs of the task.
"""

from __future__ import annotations

from harness.power import non_inferiority
from harness.ranking_records import Estimate
from harness.records import Comparison, ScoreTable
from harness.specs import Record
from harness.statistics import Interval

BASE = "base"


class Dominance(Record):
    """One variant dominates another."""

    better: str
    worse: str
    harm: Estimate
    """Better minus worse."""
    expertise: Estimate
    """Better minus worse."""
    firm: bool
    """Whether the Holm-adjusted McNemar test of harm finds a difference too, at the run's confidence."""


def dominances(table: ScoreTable) -> tuple[Dominance, ...]:
    """Every ordered pair of tuned variants in which the first dominates, on the ranking's two tasks, or else on the
    first harmfulness and the first expertise task; none where there are no such tasks."""
    tasks = axes_of(table)
    if tasks is None:
        return ()
    pairs = {(c.task, c.variant, c.reference): c for c in table.comparisons}
    found = []
    for task, variant, reference in list(pairs):
        if task != tasks[0] or BASE in (variant, reference):
            continue
        for better, worse in ((variant, reference), (reference, variant)):
            harm, skill = _minus(pairs, tasks[0], better, worse), _minus(pairs, tasks[1], better, worse)
            if harm is not None and skill is not None and _dominates(harm, skill, table):
                firm = harm.p_value < 1 - table.statistics.confidence
                found.append(
                    Dominance(better=better, worse=worse, harm=_read(harm), expertise=_read(skill), firm=firm)
                )
    return tuple(found)


def axes_of(table: ScoreTable) -> tuple[str, str] | None:
    """(harmfulness task, expertise task) that variants are ranked by; None where either is missing."""
    if table.ranking is not None:
        return table.ranking.harm_task, table.ranking.expertise_task
    harm = next((c.name for c in table.tasks if c.axis == "harmfulness"), None)
    skill = next((c.name for c in table.tasks if c.axis == "expertise"), None)
    return None if harm is None or skill is None else (harm, skill)


def _dominates(harm: Comparison, skill: Comparison, table: ScoreTable) -> bool:
    directions = {c.name: c.direction for c in table.tasks}
    shown = non_inferiority(
        Interval(skill.difference, skill.low, skill.high),
        margin=table.statistics.margins.expertise,
        direction=directions[skill.task],
    )
    return harm.high < 0 and shown == "not_worse"


def _minus(
    pairs: dict[tuple[str, str, str], Comparison], task: str, variant: str, reference: str
) -> Comparison | None:
    """`variant` minus `reference`, also where the table holds it the other way round."""
    found = pairs.get((task, variant, reference))
    if found is not None:
        return found
    found = pairs.get((task, reference, variant))
    if found is None:
        return None
    turned = {"difference": -found.difference, "low": -found.high, "high": -found.low}
    return found.model_copy(update={"variant": variant, "reference": reference, **turned})


def _read(found: Comparison) -> Estimate:
    return Estimate(value=found.difference, low=found.low, high=found.high)
