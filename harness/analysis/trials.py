"""What every search for Mods_Robust works with: units that are taken or left, and sets of them to test. Ours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from harness.analysis_records import SearchStep
from harness.analysis_specs import SearchSettings

Action = Literal["single", "grow", "bisect", "extend", "repair"]


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
    parameters: int = 0


@dataclass(frozen=True)
class Measured:
    """A joint perturbation."""

    drift: float
    gain: float | None


Evaluate = Callable[[tuple[str, ...]], Measured]
"""The joint perturbation of a set of modules."""


@dataclass
class Trials:
    """The sets that one search has tested, and what it may still test."""

    evaluate: Evaluate
    settings: SearchSettings
    budget: float
    """In the proxy's own unit."""
    steps: list[SearchStep] = field(default_factory=list, init=False)
    """Every set that was tested, in order."""
    _seen: dict[frozenset[str], Measured] = field(default_factory=dict, init=False)

    @property
    def spent(self) -> bool:
        """Whether nothing may be tested any more."""
        return len(self.steps) >= self.settings.max_evaluations

    def fits(self, chosen: Sequence[Unit]) -> bool:
        """Whether the cap allows so many modules."""
        return self.settings.cap is None or sum(len(unit.modules) for unit in chosen) <= self.settings.cap

    def seen(self, chosen: Iterable[Unit]) -> Measured | None:
        """What a test of the set gave; None where it was not tested."""
        return self._seen.get(_key(chosen))

    def test(
        self,
        chosen: Sequence[Unit],
        action: Action,
        *,
        within: Callable[[Measured], bool],
        better: Callable[[Measured], bool],
    ) -> Measured:
        """Test a set that was not tested before, and note it; `better` is asked only of a set that is `within`."""
        modules = tuple(module for unit in chosen for module in unit.modules)
        measured = self._seen[_key(chosen)] = self.evaluate(modules)
        good = within(measured)
        step = SearchStep(
            number=len(self.steps) + 1,
            action=action,
            modules=modules,
            drift=measured.drift,
            gain=measured.gain,
            within=good,
            kept=good and better(measured),
        )
        self.steps.append(step)
        return measured


def _key(units: Iterable[Unit]) -> frozenset[str]:
    return frozenset(module for unit in units for module in unit.modules)
