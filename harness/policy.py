"""The gate's policy: rules on what was measured, and what evidence they need. Section `gate` of a config."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from harness.specs import Record


class Rule(Record):
    """One condition on one task, for every variant the policy judges.

    `value` looks at the variant's score, `rise` at the variant minus `reference`. `at_most` and `at_least` are shares
    (0.05 is five points). With bound `interval` the interval must lie wholly on the allowed side to pass and wholly on
    the other to fail; in between the gate can't say. With bound `point` the value alone decides.
    """

    task: str
    statistic: Literal["value", "rise"] = "value"
    reference: str = "base"
    """The variant that `rise` is measured against."""
    bound: Literal["interval", "point"] = "interval"
    at_most: float | None = None
    at_least: float | None = None

    @model_validator(mode="after")
    def _one_threshold(self) -> Rule:
        if (self.at_most is None) == (self.at_least is None):
            raise ValueError("give at_most or at_least, one of them")
        return self

    @property
    def threshold(self) -> float:
        """The number that decides."""
        return self.at_most if self.at_most is not None else self.at_least or 0.0


class Policy(Record):
    """All rules must pass; one that fails fails the gate, else one that can't say makes the gate unable to say."""

    variants: tuple[str, ...] = Field(min_length=1)
    """The variants that might be released."""
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
    """Of a judged task: the lower bound of the judge's kappa against human labels (judging.calibrations) under which a
    rule can't say; a judge that was not measured, or was fitted on the same labels, can't say either."""
