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

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from harness.analysis_records import SearchStep
from harness.analysis_specs import SearchSettings
from harness.errors import ConfigError

PATIENCE = 4
"""Single units that break the budget one after the other, after which the rest of the order is left out."""


@dataclass(frozen=True)
class Unit:
    """What is taken or left as one."""

    name: str
    modules: tuple[str, ...]
    drift: float
    """Single drift: the sum over its modules, in the proxy's unit."""
    gain: float | None
    """Single learning gain, likewise."""
    context: float | None = None
    """Drift of the whole perturbation that its modules' absence spares, each alone, summed."""


@dataclass(frozen=True)
class Measured:
    """A joint perturbation."""

    drift: float
    gain: float | None


Evaluate = Callable[[tuple[str, ...]], Measured]
"""The joint perturbation of a set of modules."""


@dataclass
class Search:
    """One search; `steps` tells what was tried, `best` what was found."""

    units: Sequence[Unit]
    """In the order of trial."""
    evaluate: Evaluate
    settings: SearchSettings
    budget: float
    """In the proxy's own unit."""
    steps: list[SearchStep] = field(default_factory=list)
    best: tuple[Unit, ...] = ()
    _best: Measured = Measured(0.0, 0.0)
    _seen: dict[frozenset[str], Measured] = field(default_factory=dict)

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
        while within < longest and not self._spent():
            if not self._try(tuple(self.units[:size]), "grow"):
                return within, size
            within, size = size, min(2 * size, longest)
        return within, 0

    def _longest(self) -> int:
        """Units of the longest prefix that the cap allows."""
        lengths = range(1, len(self.units) + 1)
        return max((n for n in lengths if self._fits(self.units[:n])), default=0)

    def _bisect(self, low: int, high: int) -> None:
        """The longest prefix within the budget, as if longer prefixes always drifted more."""
        while high - low > 1 and not self._spent():
            middle = (low + high) // 2
            if self._try(tuple(self.units[:middle]), "bisect"):
                low = middle
            else:
                high = middle

    def _repair(self, over: tuple[Unit, ...]) -> bool:
        """Drop from a set over budget the unit whose removal helps most, until it keeps within it or tries run out."""
        tries = self.settings.repair
        at_once = max(2, tries // 2)
        while tries > 0 and len(over) > 1:
            suspects = sorted(over, key=lambda unit: -unit.drift)[: min(tries, at_once)]
            tries -= len(suspects)
            rests = [tuple(u for u in over if u is not suspect) for suspect in suspects]
            for rest in rests:
                if self._spent():
                    return False
                if self._try(rest, "repair"):
                    return True
            over = min(rests, key=lambda rest: self._seen[_key(rest)].drift)
        return False

    def _extend(self) -> None:
        """Add what is left of the order, in chunks that halve where they break the budget and double where not."""
        left = [u for u in self.units if u not in self.best]
        size, broke = max(1, len(left) // 2), 0
        while left and broke < PATIENCE and not self._spent():
            chosen = (*self.best, *left[:size])
            if self._fits(chosen) and self._try(chosen, "extend"):
                left, size, broke = left[size:], 2 * size, 0
            elif size > 1:
                size = max(1, min(size, len(left)) // 2)
            else:
                left, broke = left[1:], broke + 1

    def _try(self, chosen: Sequence[Unit], action: str) -> bool:
        """Measure a set, note it, and keep it where it is the best so far; tells whether it keeps within budget."""
        modules = tuple(module for unit in chosen for module in unit.modules)
        key = _key(chosen)
        fresh = key not in self._seen
        if fresh:
            self._seen[key] = self.evaluate(modules)
        measured = self._seen[key]
        within = measured.drift <= self.budget
        kept = within and self._better(chosen, measured)
        if kept:
            self.best, self._best = tuple(chosen), measured
        if fresh:
            step = SearchStep.model_validate(
                {
                    "number": len(self.steps) + 1,
                    "action": action,
                    "modules": modules,
                    "drift": measured.drift,
                    "gain": measured.gain,
                    "within": within,
                    "kept": kept,
                }
            )
            self.steps.append(step)
        return within

    def _fits(self, chosen: Sequence[Unit]) -> bool:
        return self.settings.cap is None or sum(len(unit.modules) for unit in chosen) <= self.settings.cap

    def _better(self, chosen: Sequence[Unit], measured: Measured) -> bool:
        if not self.best:
            return True
        if measured.gain is not None and self._best.gain is not None:
            return measured.gain > self._best.gain
        return sum(len(u.modules) for u in chosen) > sum(len(u.modules) for u in self.best)

    def _spent(self) -> bool:
        return len(self.steps) >= self.settings.max_evaluations


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


def _key(units: Iterable[Unit]) -> frozenset[str]:
    return frozenset(module for unit in units for module in unit.modules)
