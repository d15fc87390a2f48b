"""What the leakage check found, in the report's warnings; the section itself is reports/leakage.html."""

from __future__ import annotations

from collections.abc import Sequence

from harness.leakage_records import Leakage
from harness.records import TaskCard
from harness.report_words import plural

UNCHECKED = (
    "Whether scored prompts occur in the data was not checked: these scores are of an earlier version. "
    "Run the config again."
)

UNKNOWN = (
    "{variants}: tuned elsewhere, on data that this run has not seen; whether scored prompts are among them is "
    "not known."
)


def leakage_lines(
    found: Leakage | None, *, tasks: Sequence[TaskCard], elsewhere: Sequence[str] = ()
) -> tuple[str, ...]:
    """One warning for each task with prompts that are not new, or that nothing was checked.

    `elsewhere`: variants that were not trained here, so that nobody knows whether they have seen the prompts.
    """
    if found is None:
        return (UNCHECKED,)
    lines = [UNKNOWN.format(variants=", ".join(elsewhere))] if elsewhere else []
    for card in tasks:
        counted = found.of(card.name)
        if counted is not None and counted.leaked:
            lines.append(
                f"{card.title}: {counted.leaked:,} of {plural(counted.prompts, 'prompt')} occur in the data or the "
                "classifier’s prompts; its scores measure memory too."
            )
    return tuple(lines)
