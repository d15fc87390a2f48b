"""What a plan's tasks can show, told before anything is run: prompts they have, prompts their margins need. Ours."""

from __future__ import annotations

from dataclasses import dataclass

from harness.plan import Plan
from harness.power import detectable_margin, prompts_needed
from harness.prompt_counts import count_prompts, published_prompts
from harness.records import TaskCard
from harness.specs import EvaluateParams, StatisticsSettings

DISCORDANT = (0.05, 0.1, 0.2)
"""Shares of the prompts that may come out otherwise after tuning; what it is shows in the report."""


@dataclass(frozen=True)
class Strength:
    """One task."""

    card: TaskCard
    prompts: int | None
    """None where they are not known before the run."""
    margin: float | None
    """That the statistics settings ask for; None on harmfulness tasks."""
    needed: tuple[int, ...]
    """Prompts that the margin needs, for each of DISCORDANT; empty where there is no margin."""
    detectable: tuple[float, ...]
    """The smallest difference that its prompts exclude with the power asked for; empty where they are not known."""

    published: bool = False
    """Whether `prompts` is what the task says of its rows on the hub, which nothing has counted."""

    @property
    def weak(self) -> bool:
        """Whether it has too few prompts for its margin even where few prompts change."""
        return bool(self.needed) and self.prompts is not None and self.prompts < self.needed[0]


def strengths(plan: Plan) -> tuple[Strength, ...]:
    """Every task of the plan, in order. Raises TaskError where a task's rows cannot be read."""
    params = next(s.params for s in plan.stages if isinstance(s.params, EvaluateParams))
    settings = plan.config.statistics
    counts = {ref.name: count_prompts(ref) for ref in params.tasks}
    said = {ref.name: published_prompts(ref) for ref in params.tasks}
    return tuple(_strength(card, counts[card.name], said[card.name], settings) for card in plan.cards)


def _strength(card: TaskCard, counted: int | None, said: int | None, settings: StatisticsSettings) -> Strength:
    prompts = said if counted is None else counted
    margin = settings.margins.of(card.axis)
    asked = {"confidence": settings.confidence, "power": settings.power}
    needed = () if margin is None else tuple(prompts_needed(margin, discordant=d, **asked) for d in DISCORDANT)
    shown = () if not prompts else tuple(detectable_margin(prompts, discordant=d, **asked) for d in DISCORDANT)
    return Strength(card, prompts, margin, needed, shown, published=counted is None and said is not None)
