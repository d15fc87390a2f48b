"""The search over sets that are each tuned: which set drifts least once it has learnt as much as asked?

[paper] A search, guided by the proxy, finds a robust subset. [ours] Everything here. Every unit is tuned alone; units
are ordered by the drift that they then show for what they have learnt. Sets grow along that order
by doubling, and the best of them is bettered by adding or taking away one unit at a time, in that order, the first
improvement being taken, until no unit helps or `repair` trials are spent. With n units that is n singles, the logarithm
of n prefixes, and the bounded repair pass.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from harness.analysis.search import Measured, Unit
from harness.analysis_records import SearchStep
from harness.analysis_specs import SearchSettings

Evaluate = Callable[[tuple[str, ...]], Measured]
"""The drift of a set at the gain asked for; its gain, which is less where the set cannot learn as much."""


@dataclass
class Climb:
    """One search; `steps` tells what was tried, `best` what was found."""

    units: Sequence[Unit]
    evaluate: Evaluate
    settings: SearchSettings
    budget: float
    """In the proxy's own unit, at the gain asked for."""
    gain: float
    """That every set must reach, nats a token."""
    steps: list[SearchStep] = field(default_factory=list)
    best: tuple[Unit, ...] = ()
    order: tuple[Unit, ...] = ()
    _least: float = math.inf
    _seen: dict[frozenset[str], float] = field(default_factory=dict)

    def run(self) -> tuple[str, ...]:
        """The modules of the best set, in no particular order; empty where no set keeps within the budget."""
        for unit in self.units:
            self._try((unit,), "single")
        alone = {step.modules: _price(step) for step in self.steps}
        self.order = tuple(sorted(self.units, key=lambda u: (alone.get(u.modules, math.inf), u.drift, u.name)))
        size = 2
        while size < 2 * len(self.order) and not self._spent():
            self._try(self.order[:size], "grow")
            size *= 2
        self._repair()
        return tuple(module for unit in self.best for module in unit.modules)

    def _repair(self) -> None:
        """Add or take away single units while that helps."""
        tries, helped = self.settings.repair, True
        while helped and tries > 0:
            helped = False
            for unit in self.order:
                chosen = self._toggled(unit)
                if not chosen or _key(chosen) in self._seen or tries <= 0 or self._spent():
                    continue
                before, tries = self._least, tries - 1
                helped = self._try(chosen, "repair") < before or helped

    def _toggled(self, unit: Unit) -> tuple[Unit, ...]:
        """The best set with the unit, if it is not among it, and else without."""
        chosen = {u.name for u in self.best} ^ {unit.name}
        return tuple(u for u in self.order if u.name in chosen)

    def _try(self, chosen: Sequence[Unit], action: Literal["single", "grow", "repair"]) -> float:
        """The drift of a set, infinite where it learns too little; kept where it is the least within the budget."""
        key = _key(chosen)
        if key in self._seen or not self._fits(chosen) or self._spent():
            return self._seen.get(key, math.inf)
        modules = tuple(module for unit in chosen for module in unit.modules)
        measured = self.evaluate(modules)
        learnt = measured.gain is not None and measured.gain >= self.gain * (1 - 1e-6)
        drift = self._seen[key] = measured.drift if learnt else math.inf
        within = drift <= self.budget
        kept = within and drift < self._least
        if kept:
            self.best, self._least = tuple(chosen), drift
        self.steps.append(
            SearchStep(
                number=len(self.steps) + 1,
                action=action,
                modules=modules,
                drift=measured.drift,
                gain=measured.gain,
                within=within,
                kept=kept,
            )
        )
        return drift

    def _fits(self, chosen: Sequence[Unit]) -> bool:
        return self.settings.cap is None or sum(len(unit.modules) for unit in chosen) <= self.settings.cap

    def _spent(self) -> bool:
        return len(self.steps) >= self.settings.max_evaluations


def _price(step: SearchStep) -> float:
    """Drift for each nat of learning gain; infinite where nothing was learnt."""
    return step.drift / step.gain if step.gain is not None and step.gain > 0 else math.inf


def _key(units: Sequence[Unit]) -> frozenset[str]:
    return frozenset(module for unit in units for module in unit.modules)
