"""Proxy-guided search for Mods_Robust: the largest set whose joint perturbation keeps within a drift budget.

[paper] A search, guided by the proxy, finds a robust subset; modules that are robust one by one can be sensitive
together. [ours] Everything here. Units (modules, whole types or whole layers) are ordered: by what their absence from
the whole perturbation spares, by single drift, or by learning gain for it. The set grows along that order by doubling;
the first set over budget is repaired, each time dropping the unit whose removal helps most, or else bisected; then what
is left of the order is added in chunks, so that one sensitive unit early in the order costs little. A set is
better than another if it teaches more (gain), or, where no gain is measured, if it is larger. The number of joint
perturbations grows with the logarithm of the number of units, but for the repair pass, which is bounded.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from harness.analysis.trials import Action, Measured, Trials, Unit
from harness.analysis_specs import SearchSettings
from harness.errors import ConfigError

PATIENCE = 4
"""Single units that break the budget one after the other, after which the rest of the order is left out."""


@dataclass
class Search:
    """One search; `trials.steps` tells what was tried, `best` what was found."""

    units: Sequence[Unit]
    """In the order of trial."""
    trials: Trials
    best: tuple[Unit, ...] = field(default=(), init=False)
    _best: Measured = field(default=Measured(0.0, 0.0), init=False)

    def run(self) -> tuple[str, ...]:
        """The modules of the best set, in no particular order; empty where no unit keeps within the budget."""
        within, over = self._grow()
        if over and not self._repair(tuple(self.units[:over])):
            self._bisect(within, over)
        self._extend()
        return tuple(module for unit in self.best for module in unit.modules)

    def _grow(self) -> tuple[int, int]:
        """Prefixes of the order, each twice the last: the longest within the budget, the first over it (0: none is)."""
        within, size, longest = 0, 1, self._longest()
        while within < longest and not self.trials.spent:
            if not self._try(tuple(self.units[:size]), "grow"):
                return within, size
            within, size = size, min(2 * size, longest)
        return within, 0

    def _longest(self) -> int:
        """Units of the longest prefix that the cap allows."""
        lengths = range(1, len(self.units) + 1)
        return max((n for n in lengths if self.trials.fits(self.units[:n])), default=0)

    def _bisect(self, low: int, high: int) -> None:
        """The longest prefix within the budget, as if longer prefixes always drifted more."""
        while high - low > 1 and not self.trials.spent:
            middle = (low + high) // 2
            if self._try(tuple(self.units[:middle]), "bisect"):
                low = middle
            else:
                high = middle

    def _repair(self, over: tuple[Unit, ...]) -> bool:
        """Drop from a set over budget the unit whose removal helps most, until it keeps within it or tries run out."""
        tries = self.trials.settings.repair
        at_once = max(2, tries // 2)
        while tries > 0 and len(over) > 1:
            suspects = sorted(over, key=lambda unit: -unit.drift)[: min(tries, at_once)]
            tries -= len(suspects)
            rests = [tuple(u for u in over if u is not suspect) for suspect in suspects]
            for rest in rests:
                if self.trials.spent:
                    return False
                if self._try(rest, "repair"):
                    return True
            over = min(rests, key=self._drift)
        return False

    def _extend(self) -> None:
        """Add what is left of the order, in chunks that halve where they break the budget and double where not."""
        left = [u for u in self.units if u not in self.best]
        size, broke = max(1, len(left) // 2), 0
        while left and broke < PATIENCE and not self.trials.spent:
            chosen = (*self.best, *left[:size])
            if self.trials.fits(chosen) and self._try(chosen, "extend"):
                left, size, broke = left[size:], 2 * size, 0
            elif size > 1:
                size = max(1, min(size, len(left)) // 2)
            else:
                left, broke = left[1:], broke + 1

    def _try(self, chosen: Sequence[Unit], action: Action) -> bool:
        """Test a set unless it was, and keep it where it is the best so far; tells whether it keeps within budget."""
        measured = self.trials.seen(chosen) or self.trials.test(
            chosen, action, within=self._within, better=lambda m: self._better(chosen, m)
        )
        if self._within(measured) and self._better(chosen, measured):
            self.best, self._best = tuple(chosen), measured
        return self._within(measured)

    def _drift(self, chosen: Sequence[Unit]) -> float:
        measured = self.trials.seen(chosen)
        return math.inf if measured is None else measured.drift

    def _within(self, measured: Measured) -> bool:
        return measured.drift <= self.trials.budget

    def _better(self, chosen: Sequence[Unit], measured: Measured) -> bool:
        if not self.best:
            return True
        if measured.gain is not None and self._best.gain is not None:
            return measured.gain > self._best.gain
        return sum(len(u.modules) for u in chosen) > sum(len(u.modules) for u in self.best)


def order_units(units: Iterable[Unit], settings: SearchSettings) -> tuple[Unit, ...]:
    """Units in the order of trial (analysis_specs.py); ties by name, so that it never depends on how they came.

    Where a unit drifts by less than a thousandth of the greatest single drift (or the other way), that thousandth
    stands for its drift in the order `gain`. Raises ConfigError where the order needs what was not measured.
    """
    listed = list(units)
    least = max((abs(unit.drift) for unit in listed), default=0.0) / 1000 or 1e-12

    def place(unit: Unit) -> tuple[float, str]:
        if settings.order == "drift":
            return unit.drift, unit.name
        if settings.order == "context":
            return _needed(unit.context, "context", "without: true"), unit.name
        return -_needed(unit.gain, "gain", "gain over 0") / max(unit.drift, least), unit.name

    return tuple(sorted(listed, key=place))


def _needed(value: float | None, order: str, what: str) -> float:
    if value is None:
        raise ConfigError(f"search.order: {order} needs analysis.measures.{what}")
    return value
