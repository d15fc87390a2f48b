"""What a policy asks of a run: its rules for each task and variant, what was measured, and what is allowed. Ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.errors import ConfigError, did_you_mean
from harness.policy import BASE, TUNED, Policy, Rule
from harness.records import Comparison, Score, ScoreTable, TaskCard
from harness.specs import StatisticsSettings
from harness.statistics import Interval


@dataclass(frozen=True)
class Limit:
    """Where a rule's measurement must lie."""

    sign: float
    """1: at or below `threshold`; -1: at or above it."""
    threshold: float
    """A share, or a difference of shares."""

    def inside(self, value: float) -> float:
        """How far `value` is on the allowed side; negative on the other."""
        return self.sign * (self.threshold - value)

    def worst(self, found: Interval) -> float:
        """The end of an interval that is nearest to, or furthest on, the side that is not allowed."""
        return found.high if self.sign > 0 else found.low

    def best(self, found: Interval) -> float:
        """Its other end."""
        return found.low if self.sign > 0 else found.high


@dataclass(frozen=True)
class Asked:
    """One rule on one task for one variant, with what was measured for it."""

    rule: Rule
    card: TaskCard
    variant: str
    limit: Limit
    score: Score
    comparison: Comparison | None
    """The variant against the rule's reference; None for a `value`, and where the two were not compared."""

    @property
    def measured(self) -> Interval | None:
        """What the limit is on; None where nothing was scored."""
        if self.rule.statistic == "value":
            value, low, high = self.score.value, self.score.low, self.score.high
            return None if value is None or low is None or high is None else Interval(value, low, high)
        found = self.comparison
        return None if found is None else Interval(found.difference, found.low, found.high)

    @property
    def prompts(self) -> int:
        """Prompts that were scored, each counted once over the seeds."""
        return self.score.scored // max(1, self.score.seeds)

    @property
    def threshold(self) -> float:
        """The number that decides, as the policy gives it: of `non_inferior` the margin."""
        return abs(self.limit.threshold) if self.rule.statistic == "non_inferior" else self.limit.threshold

    @property
    def words(self) -> str:
        """The rule in words."""
        what = f"{self.card.outcome} of {self.variant} on {self.card.name}"
        allowed = f"{100 * self.threshold:g}"
        if self.rule.statistic == "non_inferior":
            return f"{what} not worse than {self.rule.reference}’s by more than {allowed} points"
        side = "at most" if self.limit.sign > 0 else "at least"
        if self.rule.statistic == "rise":
            return f"rise in {what} over {self.rule.reference} {side} {allowed} points"
        return f"{what} {side} {allowed} %"


def asked(table: ScoreTable, policy: Policy) -> tuple[Asked, ...]:
    """Every question of the policy, by variant, then by rule, then by task.

    Raises ConfigError for a rule on a task, axis or variant that the run does not have.
    """
    variants = tuple(dict.fromkeys(s.variant for s in table.scores))
    check(policy, cards=table.tasks, variants=variants)
    return tuple(
        _asked(table, rule, card, variant)
        for variant in judged(policy, variants)
        for rule in policy.rules
        for card in _cards(rule, table.tasks)
    )


def check(policy: Policy, *, cards: Sequence[TaskCard], variants: Sequence[str]) -> None:
    """Raise ConfigError unless every task, axis and variant that the policy names is among those given."""
    tasks = [card.name for card in cards]
    for number, rule in enumerate(policy.rules, start=1):
        at = f"gate.rules[{number}]"
        if rule.task is not None and rule.task not in tasks:
            raise ConfigError(f"{at}.task: {rule.task!r} is not a task of this run{did_you_mean(rule.task, tasks)}")
        found = _cards(rule, cards)
        if not found:
            raise ConfigError(f"{at}.axis: this run has no task of the axis {rule.axis}; add one or leave the rule out")
        if rule.statistic == "non_inferior" and rule.margin is None and found[0].axis == "harmfulness":
            raise ConfigError(f"{at}.margin: {rule.task} is a harmfulness task, whose axis has no margin; give one")
    if not judged(policy, variants):
        raise ConfigError(f"gate.variants: {TUNED}: this run has no variant but the base")
    for name in (*judged(policy, variants), *(r.reference for r in policy.rules if r.statistic != "value")):
        if name not in variants:
            raise ConfigError(f"gate: {name!r} is not a variant of this run{did_you_mean(name, variants)}")


def judged(policy: Policy, variants: Sequence[str]) -> tuple[str, ...]:
    """The names of the variants that a policy judges, out of a run's."""
    if isinstance(policy.variants, str):
        return tuple(name for name in variants if name != BASE)
    return policy.variants


def _cards(rule: Rule, cards: Sequence[TaskCard]) -> tuple[TaskCard, ...]:
    """The tasks that a rule holds on."""
    return tuple(c for c in cards if (c.axis == rule.axis if rule.task is None else c.name == rule.task))


def _asked(table: ScoreTable, rule: Rule, card: TaskCard, variant: str) -> Asked:
    score = next(s for s in table.scores if s.variant == variant and s.task == card.name and s.seed is None)
    wanted = (variant, rule.reference, card.name)
    pairs = [] if rule.statistic == "value" else table.comparisons
    found = next((c for c in pairs if (c.variant, c.reference, c.task) == wanted), None)
    return Asked(rule, card, variant, _limit(rule, card, table.statistics), score, found)


def _limit(rule: Rule, card: TaskCard, settings: StatisticsSettings) -> Limit:
    if rule.statistic == "non_inferior":
        margin = rule.margin if rule.margin is not None else settings.margins.of(card.axis)
        if margin is None:
            raise ConfigError(f"gate: non_inferior on {card.name} needs a margin; its axis has none")
        return Limit(1.0, margin) if card.direction == "lower" else Limit(-1.0, -margin)
    return Limit(1.0, rule.at_most) if rule.at_most is not None else Limit(-1.0, rule.at_least or 0.0)
