"""The gate's policy: rules on what was measured, and what evidence they need. Section `gate` of a config."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from harness.specs import Record
from harness.task_specs import Axis

BASE = "base"
"""Reserved name of the variant that is the base model unchanged."""
BASELINE = "baseline"
"""Reserved name, as a rule's `reference`: the same variant of another run, the one that --baseline names."""
TUNED = "tuned"
"""In place of names in a policy's `variants`: every variant of the run but the base."""


class Rule(Record):
    """One condition on one task, or on each task of an axis, for every variant the policy judges.

    `value` looks at the variant's score, `rise` at the variant minus `reference`. `at_most` and `at_least` are shares
    (0.05 is five points); one that no measurement could miss, or none could meet, is refused. `non_inferior` allows
    the variant to be worse than `reference` by `margin` and no more, worse meaning higher or lower as the task has it.
    With bound `interval` the interval must lie wholly on the allowed side
    to pass and wholly on the other to fail; in between the gate can't say. With bound `point` the value alone decides.
    """

    task: str | None = None
    axis: Axis | None = None
    """In place of a task: the rule holds on each of the run's tasks of this axis."""
    statistic: Literal["value", "rise", "non_inferior"] = "value"
    reference: str = BASE
    """The variant that `rise` and `non_inferior` are measured against; `baseline`: that of another run (--baseline)."""
    bound: Literal["interval", "point"] = "interval"
    at_most: float | None = None
    at_least: float | None = None
    margin: float | None = None
    """Of `non_inferior`, a share; None: the axis's own (statistics.margins), which harmfulness does not have."""

    @model_validator(mode="after")
    def _whole(self) -> Rule:
        if (self.task is None) == (self.axis is None):
            raise ValueError("give task or axis, one of them")
        if self.statistic == "value" and self.reference != BASE:
            raise ValueError(f"reference: {self.reference} goes with statistic rise or non_inferior; a value has none")
        if self.statistic == "non_inferior":
            self._check_non_inferior()
        elif self.margin is not None:
            raise ValueError(f"margin goes with statistic non_inferior; a {self.statistic} has at_most or at_least")
        elif (self.at_most is None) == (self.at_least is None):
            raise ValueError("give at_most or at_least, one of them")
        else:
            self._check_threshold()
        return self

    @property
    def on_baseline(self) -> bool:
        """Whether it is measured against another run."""
        return self.reference == BASELINE

    def _check_non_inferior(self) -> None:
        if self.at_most is not None or self.at_least is not None:
            raise ValueError("non_inferior has a margin, not at_most or at_least")
        if self.bound != "interval":
            raise ValueError("non_inferior is decided by the interval; leave bound out")
        if self.axis == "harmfulness" and self.margin is None:
            raise ValueError("non_inferior on harmfulness needs a margin; statistics.margins has none for it")
        if self.margin is not None and not 0 < self.margin < 1:
            raise ValueError(f"margin: {self.margin:g} is no share between 0 and 1{_hint(self.margin, 'points')}")

    def _check_threshold(self) -> None:
        """Refuse a threshold that is no share, and one that every measurement meets, or none."""
        key, threshold = ("at_most", self.at_most) if self.at_least is None else ("at_least", self.at_least)
        least, unit = (-1, "points") if self.statistic == "rise" else (0, "%")
        if threshold is None or least < threshold < 1:
            return
        said = f"{key}: {threshold:g}"
        if not least <= threshold <= 1:
            where = "−1 to 1" if least else "0 to 1"
            what = "difference of shares" if least else "share"
            raise ValueError(f"{said} is outside {where}, where every {what} lies{_hint(threshold, unit)}")
        if (key == "at_most") == (threshold == 1):
            raise ValueError(f"{said} can never fail; leave the rule out{_hint(threshold, unit)}")
        if least:
            raise ValueError(f"{said} can never pass: no rise is measured so exactly{_hint(threshold, unit)}")
        if self.bound == "interval":
            raise ValueError(f"{said} can never pass: no interval ends there; allow more, or write bound: point")


class Policy(Record):
    """All rules must pass; one that fails fails the gate, else one that can't say makes the gate unable to say."""

    name: str = ""
    """What outputs call it; empty: the config's own. One that ships or lies in a file has its name or the file's."""
    variants: Literal["tuned"] | Annotated[tuple[str, ...], Field(min_length=1)]
    """The variants that might be released; `tuned` is all of them but the base."""
    rules: tuple[Rule, ...] = Field(min_length=1)
    max_unscored: float = Field(default=0.05, ge=0, le=1)
    """Share of unscored samples over which a rule can't say."""
    max_leakage: float = Field(default=0.0, ge=0, le=1)
    """Share of a task's prompts that occur in the data or the classifier's prompts over which a rule on it can't say:
    what the model has seen shows neither that it may be released nor that it may not. 1 allows any, unchecked ones too.
    """
    min_prompts: int = Field(default=100, gt=0)
    """Scored prompts under which a rule can't say."""
    min_kappa: float | None = Field(default=None, ge=-1, le=1)
    """Of a judged task: the lower bound of the judge's kappa against human labels (judging.calibrations; of refusals
    where the task counts them) under which a rule can't say; a judge that was not measured, or was fitted on the same
    labels, can't say either."""

    @property
    def on_baseline(self) -> bool:
        """Whether any of its rules is measured against another run."""
        return any(rule.on_baseline for rule in self.rules)


def _hint(threshold: float, unit: str) -> str:
    """What who thinks in points should have written; nothing where that would be no threshold either."""
    least = -100 if unit == "points" else 0
    if threshold == 0 or not least < threshold < 100:
        return ""
    name = unit.removesuffix("s") if abs(threshold) == 1 else unit
    said = f"{threshold:g}".replace("-", "−")
    return f"; thresholds are shares: write {threshold / 100:g} for {said} {name}"
