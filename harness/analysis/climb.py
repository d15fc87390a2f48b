"""The search over sets that are each tuned: which set drifts least once it has learnt as much as asked?

[paper] A search, guided by the proxy, finds a robust subset. [ours] Everything here. Every unit is tuned alone; units
are ordered by the drift that they then show for what they have learnt. Sets grow along that order by doubling, and the
best of them is bettered by adding or taking away one unit at a time, in that order, the first improvement being taken,
until no unit helps or `repair` trials are spent. Drifts within `slack` of the least are taken for alike: of those sets
the one that trains most parameters is the best, and whatever else can be added to it within the slack is added. With n
units that is n singles, the logarithm of n prefixes, and two bounded passes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from harness.analysis.trials import Action, Measured, Trials, Unit


@dataclass
class Climb:
    """One search; `trials.steps` tells what was tried, `best` what was found."""

    units: Sequence[Unit]
    trials: Trials
    gain: float
    """That every set must reach, nats a token."""
    slack: float
    """Drifts that differ by no more are alike; in the proxy's own unit."""
    best: tuple[Unit, ...] = field(default=(), init=False)
    order: tuple[Unit, ...] = field(default=(), init=False)
    _least: float = field(default=math.inf, init=False)
    _tested: list[tuple[Unit, ...]] = field(default_factory=list, init=False)

    def run(self) -> tuple[str, ...]:
        """The modules of the best set, in no particular order; empty where no set keeps within the budget."""
        for unit in self.units:
            self._try((unit,), "single")
        self.order = tuple(sorted(self.units, key=lambda u: (self._price(u), u.drift, u.name)))
        size = 2
        while size < 2 * len(self.order) and not self.trials.spent:
            self._try(self.order[:size], "grow")
            size *= 2
        self._repair()
        self._widen()
        return tuple(module for unit in self.best for module in unit.modules)

    def _repair(self) -> None:
        """Add or take away single units while that helps."""
        tries, helped = self.trials.settings.repair, True
        while helped and tries > 0:
            helped = False
            for unit in self.order:
                chosen = self._toggled(unit)
                if not chosen or self.trials.seen(chosen) or tries <= 0 or self.trials.spent:
                    continue
                before, tries = self._least, tries - 1
                self._try(chosen, "repair")
                helped = self._least < before or helped

    def _toggled(self, unit: Unit) -> tuple[Unit, ...]:
        """The best set with the unit, if it is not among it, and else without."""
        chosen = {u.name for u in self.best} ^ {unit.name}
        return tuple(u for u in self.order if u.name in chosen)

    def _try(self, chosen: Sequence[Unit], action: Action) -> None:
        """Test a set unless it was; it is kept where its drift is the least within the budget."""
        if self.trials.seen(chosen) or not self.trials.fits(chosen) or self.trials.spent:
            return
        measured = self.trials.test(chosen, action, within=self._within, better=lambda m: m.drift < self._least)
        if self._within(measured):
            self._tested.append(tuple(chosen))
            if measured.drift < self._least:
                self.best, self._least = tuple(chosen), measured.drift

    def _widen(self) -> None:
        """Take the largest of the sets that are alike to the best, and add to it what keeps it alike."""
        if not self.best or self.slack <= 0:
            return
        self.best = max(self._alike(), key=self._size)
        grew = True
        while grew:
            before = self.best
            for unit in self.order:
                if unit not in self.best and not self.trials.spent:
                    self._add(self._toggled(unit))
            grew = self.best != before

    def _add(self, chosen: tuple[Unit, ...]) -> None:
        if not self.trials.fits(chosen):
            return
        measured = self.trials.seen(chosen) or self.trials.test(
            chosen, "extend", within=self._within, better=self._is_alike
        )
        if self._within(measured) and self._is_alike(measured):
            self.best, self._least = chosen, min(self._least, measured.drift)

    def _alike(self) -> Iterator[tuple[Unit, ...]]:
        """The sets whose drift is that of the best or little more, those of least drift first."""
        tested = [(chosen, measured) for chosen in self._tested if (measured := self.trials.seen(chosen))]
        for chosen, measured in sorted(tested, key=lambda pair: pair[1].drift):
            if self._is_alike(measured):
                yield chosen

    def _is_alike(self, measured: Measured) -> bool:
        return measured.drift <= self._least + self.slack

    def _within(self, measured: Measured) -> bool:
        """Within the budget, having learnt as much as asked."""
        learnt = measured.gain is not None and measured.gain >= self.gain * (1 - 1e-6)
        return learnt and measured.drift <= self.trials.budget

    def _size(self, chosen: Sequence[Unit]) -> int:
        return sum(unit.parameters for unit in chosen)

    def _price(self, unit: Unit) -> float:
        """Drift of a unit alone for each nat of its learning gain; infinite where nothing was learnt."""
        measured = self.trials.seen((unit,))
        if measured is None or measured.gain is None or measured.gain <= 0:
            return math.inf
        return measured.drift / measured.gain
