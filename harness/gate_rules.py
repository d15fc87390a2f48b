"""What a policy asks of a run: its rules for each task and variant, what was measured, and what is allowed. Ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.errors import ConfigError, did_you_mean
from harness.number_words import per_cent, points
from harness.outcome_records import Against, BaselineTable
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


_NAMES = {"correct": "share correct", "good answer": "share of good answers"}
"""What a task counts → the name of its share, where the two differ."""


@dataclass(frozen=True)
class Asked:
    """One rule on one task for one variant, with what was measured for it."""

    rule: Rule
    card: TaskCard
    task: str
    """The task in words: its title, with its name where another task of the run has the same title."""
    variant: str
    limit: Limit
    score: Score
    comparison: Comparison | None
    """The variant against the rule's reference; None for a `value`, and where the two were not compared."""
    against: Against | None = None
    """What `comparison` is of where the reference is a baseline; None for other rules, and without a baseline."""
    beside: Score | None = None
    """Of the rule's reference, where that is a variant of the run."""

    @property
    def on_baseline(self) -> bool:
        """Whether it is measured against another run."""
        return self.rule.on_baseline

    @property
    def seeds(self) -> int:
        """Of the variant, or of the baseline's where that has more."""
        return self.score.seeds if self.against is None else max(self.score.seeds, self.against.seeds)

    @property
    def gap(self) -> tuple[str, str] | None:
        """Why it cannot be measured against the baseline, and what would help; None where it can, or need not."""
        if not self.on_baseline:
            return None
        if self.against is None:
            return "no baseline was given; --baseline RUN", "give a finished run: --baseline RUN"
        return (self.against.gap, self.against.settle) if self.against.gap else None

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
        """Prompts that were scored, each counted once over the seeds; under both where two are compared."""
        if self.rule.statistic != "value":
            return 0 if self.comparison is None else self.comparison.prompts
        return self.score.scored // max(1, self.score.seeds)

    @property
    def threshold(self) -> float:
        """The number that decides, as the policy gives it: of `non_inferior` the margin."""
        return abs(self.limit.threshold) if self.rule.statistic == "non_inferior" else self.limit.threshold

    @property
    def words(self) -> str:
        """The rule in words."""
        what = f"{_NAMES.get(self.card.outcome, self.card.outcome)} of {self.variant} on {self.task}"
        if self.rule.statistic == "non_inferior":
            owner = f"that of {self.reference}" if self.on_baseline else f"{self.reference}’s"
            return f"{what} not worse than {owner} by more than {points(self.threshold)}"
        side = "at most" if self.limit.sign > 0 else "at least"
        if self.rule.statistic == "rise":
            return f"rise in {what} over {self.reference} {side} {points(self.threshold)}"
        return f"{what} {side} {per_cent(self.threshold)}"

    @property
    def reference(self) -> str:
        """What it is measured against, in words."""
        if not self.on_baseline:
            return self.rule.reference
        return f"the baseline’s {self.variant if self.against is None else self.against.reference}"


def asked(table: ScoreTable, policy: Policy, baseline: BaselineTable | None = None) -> tuple[Asked, ...]:
    """Every question of the policy, by variant, then by rule, then by task; `baseline`: what is known of another run.

    Raises ConfigError for a rule on a task, axis or variant that the run does not have.
    """
    variants = tuple(dict.fromkeys(s.variant for s in table.scores))
    check(policy, cards=table.tasks, variants=variants)
    return tuple(
        _asked(table, rule, card, variant) if not rule.on_baseline else _beside(table, rule, card, variant, baseline)
        for variant in judged(policy, variants)
        for rule in policy.rules
        for card in rule_cards(rule, table.tasks)
    )


def check(policy: Policy, *, cards: Sequence[TaskCard], variants: Sequence[str]) -> None:
    """Raise ConfigError unless every task, axis and variant that the policy names is among those given."""
    tasks = [card.name for card in cards]
    for number, rule in enumerate(policy.rules, start=1):
        at = f"gate.rules[{number}]"
        if rule.task is not None and rule.task not in tasks:
            raise ConfigError(f"{at}.task: {rule.task!r} is not a task of this run{did_you_mean(rule.task, tasks)}")
        found = rule_cards(rule, cards)
        if not found:
            raise ConfigError(f"{at}.axis: this run has no task of the axis {rule.axis}; add one or leave the rule out")
        if rule.statistic == "non_inferior" and rule.margin is None and found[0].axis == "harmfulness":
            raise ConfigError(f"{at}.margin: {rule.task} is a harmfulness task, whose axis has no margin; give one")
    if not judged(policy, variants):
        raise ConfigError(f"gate.variants: {TUNED}: this run has no variant but the base")
    references = [r.reference for r in policy.rules if r.statistic != "value" and not r.on_baseline]
    for name in (*judged(policy, variants), *references):
        if name not in variants:
            raise ConfigError(f"gate: {name!r} is not a variant of this run{did_you_mean(name, variants)}")


def judged(policy: Policy, variants: Sequence[str]) -> tuple[str, ...]:
    """The names of the variants that a policy judges, out of a run's."""
    if isinstance(policy.variants, str):
        return tuple(name for name in variants if name != BASE)
    return policy.variants


def rule_cards(rule: Rule, cards: Sequence[TaskCard]) -> tuple[TaskCard, ...]:
    """The tasks that a rule holds on."""
    return tuple(c for c in cards if (c.axis == rule.axis if rule.task is None else c.name == rule.task))


def _beside(table: ScoreTable, rule: Rule, card: TaskCard, variant: str, baseline: BaselineTable | None) -> Asked:
    """A question about another run."""
    found = None if baseline is None else baseline.of(variant, card.name)
    comparison = None if found is None else found.comparison
    limit = _limit(rule, card, table.statistics)
    return Asked(rule, card, _task(card, table), variant, limit, _score(table, variant, card), comparison, found)


def _score(table: ScoreTable, variant: str, card: TaskCard) -> Score:
    return next(s for s in table.scores if s.variant == variant and s.task == card.name and s.seed is None)


def _asked(table: ScoreTable, rule: Rule, card: TaskCard, variant: str) -> Asked:
    wanted = (variant, rule.reference, card.name)
    pairs = [] if rule.statistic == "value" else table.comparisons
    found = next((c for c in pairs if (c.variant, c.reference, c.task) == wanted), None)
    limit, own = _limit(rule, card, table.statistics), _score(table, variant, card)
    beside = None if rule.statistic == "value" else _score(table, rule.reference, card)
    return Asked(rule, card, _task(card, table), variant, limit, own, found, beside=beside)


def _task(card: TaskCard, table: ScoreTable) -> str:
    alone = sum(other.title == card.title for other in table.tasks) == 1
    return f"“{card.title}”" if alone else f"“{card.title}” ({card.name})"


def _limit(rule: Rule, card: TaskCard, settings: StatisticsSettings) -> Limit:
    if rule.statistic == "non_inferior":
        margin = rule.margin if rule.margin is not None else settings.margins.of(card.axis)
        if margin is None:
            raise ConfigError(f"gate: non_inferior on {card.name} needs a margin; its axis has none")
        return Limit(1.0, margin) if card.direction == "lower" else Limit(-1.0, -margin)
    return Limit(1.0, rule.at_most) if rule.at_most is not None else Limit(-1.0, rule.at_least or 0.0)
