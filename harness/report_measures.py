"""The measures of Module Robustness Analysis as heat maps: type by layer, a number in every cell.

Every map has a linear scale of its own from 0 to the greatest reading of a single module; the sign of a reading below 0
is in its number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev

from harness.analysis_records import Drift, ModuleRobustness, Robustness
from harness.analysis_specs import Proxy
from harness.modules import TYPES
from harness.report_robustness_records import HeatCell, HeatMap, HeatRow
from harness.report_words import plural

SHADES = 9
CENT = "% of the base’s margin"
NATS = "nats a token"
ALL = "all at once"
"""How the report calls everything that the perturbation reaches, perturbed together."""

Reader = Callable[[Drift], float | None]


@dataclass(frozen=True)
class Measure:
    """What a map shows."""

    key: str
    name: str
    unit: str
    words: str
    reader: Reader
    factor: float = 1.0
    """From the record's unit to the shown one."""
    context: bool = False
    """Whether it is what the module adds to the whole perturbation: the whole minus the whole without it."""
    beside: Reader | None = None
    """A second reading, shown below the first in the same unit."""
    fall_from: float | None = None
    """Shade by the fall from this value rather than by the reading itself."""


def _harmful(drift: Drift) -> float | None:
    return drift.harmful


def _refusal(drift: Drift) -> float | None:
    return drift.refusal


MARGIN = Measure(
    "margin", "Margin, each module alone", CENT,
    "How much of its mean margin on harmful prompts the frozen classifier loses when this module alone is perturbed.",
    _harmful, 100,
)  # fmt: skip
MARGIN_CONTEXT = Measure(
    "margin in context", "Margin, in context", CENT,
    "What the module adds to the whole perturbation: the margin lost with everything perturbed, minus that with "
    "everything but this module.",
    _harmful, 100, context=True,
)  # fmt: skip
REFUSAL = Measure(
    "refusal", "Refusals, each module alone", NATS,
    "How much log-probability the openings of the base’s own refusals lose when this module alone is perturbed: "
    "recognising is not refusing.",
    _refusal,
)  # fmt: skip
REFUSAL_CONTEXT = Measure(
    "refusal in context", "Refusals, in context", NATS,
    "What the module adds to the whole perturbation’s loss of the refusals’ log-probability.",
    _refusal, context=True,
)  # fmt: skip
GAIN = Measure(
    "gain", "Learning gain, each module alone", NATS,
    "How far the loss on benign IFT examples falls when this module alone is perturbed: what its change teaches. "
    "Darker teaches more.",
    lambda d: d.gain,
)  # fmt: skip
BENIGN = Measure(
    "benign", "Margin on benign prompts, each module alone", CENT,
    "How much of its mean margin on benign prompts the classifier loses.",
    lambda d: d.benign, 100,
)  # fmt: skip
RETRAINED = Measure(
    "retrained", "Margin by a classifier fitted anew, each module alone", CENT,
    "The margin lost by a classifier fitted on the perturbed states, and below it by the frozen one: where the first "
    "is small and the second large, the feature moved and is not gone.",
    lambda d: d.retrained_harmful, 100, beside=_harmful,
)  # fmt: skip
CONTROL = Measure(
    "control", "Control feature, each module alone", "% of its margin",
    "The margin lost by a classifier of a feature that is not security (does the prompt end in a question mark?), and "
    "below it by the security classifier: where they are alike, the drift is no sign of security in particular.",
    lambda d: d.control, 100, beside=_harmful,
)  # fmt: skip
REFUSES = Measure(
    "refuses", "Refusals in generated answers, each module alone", "% of prompts",
    "Share of harmful prompts whose generated answer the judge calls a refusal. Darker refuses less.",
    lambda d: d.refuses, 100,
)  # fmt: skip
SIZE = Measure(
    "size", "Size of the change", "%",
    "How much the module’s output changes, ‖xΔᵀ‖ / ‖xWᵀ‖, and below it how much its weights do, ‖Δ‖ / ‖W‖.",
    lambda d: d.output_change, 100, beside=lambda d: d.weight_change,
)  # fmt: skip


def measures_of(robustness: Robustness) -> tuple[Measure, ...]:
    """The measures that this analysis made, in the order of the report."""
    refuses = robustness.base.refuses
    offered = (
        MARGIN, MARGIN_CONTEXT, REFUSAL, REFUSAL_CONTEXT, GAIN, BENIGN, RETRAINED, CONTROL,
        replace(REFUSES, fall_from=refuses), SIZE,
    )  # fmt: skip
    return tuple(m for m in offered if any(readings(robustness, row, m) for row in robustness.modules))


def proxy_measure(robustness: Robustness, proxy: Proxy, *, context: bool) -> Measure:
    """The measure that a search by `proxy` goes by: in context where asked for and measured."""
    alone, within = {"margin": (MARGIN, MARGIN_CONTEXT), "refusal": (REFUSAL, REFUSAL_CONTEXT)}[proxy]
    return within if context and any(row.without_by_seed for row in robustness.modules) else alone


def readings(robustness: Robustness, row: ModuleRobustness, measure: Measure) -> tuple[float, ...]:
    """A module's readings by perturbation seed, in the measure's unit; empty where it was not measured."""
    if not measure.context or row is robustness.whole:
        values = [measure.reader(drift) for drift in row.by_seed]
    else:
        pairs = zip(robustness.whole.by_seed, row.without_by_seed, strict=False)
        values = [_less(measure.reader(whole), measure.reader(rest)) for whole, rest in pairs]
    if not values or any(value is None for value in values):
        return ()
    return tuple(value * measure.factor for value in values if value is not None)


def heat_map(robustness: Robustness, measure: Measure, *, chosen: Collection[str] = (), full: bool = False) -> HeatMap:
    """The map of one measure, the chosen modules marked; with `full`, a cell's title tells all that was measured."""
    values = {row.module: fmean(found) for row in robustness.modules if (found := readings(robustness, row, measure))}
    amounts = {module: _amount(measure, value) for module, value in values.items()}
    top = max([0.0, *amounts.values()])
    places = decimals(max((abs(value) for value in values.values()), default=0.0))
    drawer = _Drawer(robustness, measure, top, places, full)
    layers = sorted({int(row.module.partition(".")[2]) for row in robustness.modules})
    cells = {row.module: drawer.cell(row, chosen=row.module in chosen) for row in robustness.modules}
    kinds = sorted({module.partition(".")[0] for module in cells}, key=_place)
    beside = (*robustness.outside, robustness.whole)
    start = 0.0 if measure.fall_from is None else measure.fall_from * measure.factor
    return HeatMap(
        name=measure.name,
        unit=measure.unit,
        words=measure.words,
        layers=tuple(str(layer) for layer in layers),
        rows=tuple(HeatRow(kind=kind, cells=tuple(cells.get(f"{kind}.{layer}") for layer in layers)) for kind in kinds),
        beside=tuple(cell for row in beside if (cell := drawer.cell(row, chosen=row.module in chosen))),
        low=("≤ " if measure.fall_from is None else "≥ ") + figure(start, places),
        high=figure(top if measure.fall_from is None else start - top, places),
        marked=bool(chosen),
    )


def figure(value: float, places: int) -> str:
    """A number with so many decimals and a true minus sign; no minus before zeros."""
    text = f"{value:.{places}f}"
    return text.lstrip("-") if float(text) == 0 else text.replace("-", "−")


def drift_words(drift: float, *, margin: bool = True) -> str:
    """A drift with its unit: per cent of the base's margin, or nats a token."""
    value = drift * 100 if margin else drift
    unit = "\u00a0%" if margin else " nats a token"
    return figure(value, min(3, decimals(abs(value))) if margin else 3) + unit


def decimals(largest: float) -> int:
    """Decimals (at least one) that give the largest of some numbers three digits that count."""
    return 2 if largest <= 0 else max(1, min(6, 2 - math.floor(math.log10(largest))))


@dataclass(frozen=True)
class _Drawer:
    robustness: Robustness
    measure: Measure
    top: float
    places: int
    full: bool

    def cell(self, row: ModuleRobustness, *, chosen: bool) -> HeatCell | None:
        """None where the module was not measured; outside the layers a reading alone may stand for one in context."""
        whole = row is self.robustness.whole
        alone = self.measure.context and not whole and not row.without_by_seed and "." not in row.module
        found = readings(self.robustness, row, replace(self.measure, context=False) if alone else self.measure)
        if not found:
            return None
        name = ALL if whole else row.module + (" alone" if alone else "")
        mean = fmean(found)
        share = _amount(self.measure, mean) / self.top if self.top > 0 else 0.0
        return HeatCell(
            module=name,
            text=figure(mean, self.places),
            beside=self._beside(row.mean),
            shade=max(0, min(SHADES, round(share * SHADES))),
            chosen=chosen,
            title=self._title(row, found, name=f"{name} (chosen)" if chosen else name),
        )

    def _beside(self, mean: Drift) -> str:
        value = self.measure.beside and self.measure.beside(mean)
        return "" if value is None else figure(value * self.measure.factor, self.places)

    def _title(self, row: ModuleRobustness, found: Sequence[float], *, name: str) -> str:
        text = f"{name}: {self._spread(found)} {self.measure.unit}"
        if len(found) > 1:
            text += f"; by seed {', '.join(figure(value, self.places) for value in found)}"
        return text + (f". {everything(row)}" if self.full else "")

    def _spread(self, found: Sequence[float]) -> str:
        mean = figure(fmean(found), self.places)
        return mean if len(found) < 2 else f"{mean} ± {figure(stdev(found), self.places)}"


def everything(row: ModuleRobustness) -> str:
    """All that was measured of one module perturbed alone, in words; means over the seeds."""
    mean = row.mean
    shares = (
        ("harmful prompts", mean.harmful),
        ("benign", mean.benign),
        ("by a classifier fitted anew", mean.retrained_harmful),
        ("control feature", mean.control),
    )
    lost = [f"{name} {figure(v * 100, 2)} %" for name, v in shares if v is not None]
    parts = [f"margin lost: {', '.join(lost)}", f"accuracy {mean.accuracy * 100:.1f} %"]
    if mean.retrained_accuracy is not None:
        parts.append(f"fitted anew {mean.retrained_accuracy * 100:.1f} %")
    if mean.refusal is not None:
        parts.append(f"refusals lose {figure(mean.refusal, 3)} nats a token")
    if mean.gain is not None:
        parts.append(f"gain {figure(mean.gain, 4)} nats a token")
    if mean.refuses is not None:
        parts.append(f"refuses {mean.refuses * 100:.1f} %")
    if mean.output_change is not None:
        parts.append(f"output changes by {figure(mean.output_change * 100, 2)} %")
    parts.append(f"weights by {figure(mean.weight_change * 100, 2)} %")
    return f"Alone, {'; '.join(parts)}; {plural(row.parameters, 'parameter')}."


def _place(kind: str) -> tuple[int, str]:
    """Of a type among the rows."""
    return (TYPES.index(kind) if kind in TYPES else len(TYPES), kind)


def _amount(measure: Measure, value: float) -> float:
    """What makes a cell dark."""
    return value if measure.fall_from is None else measure.fall_from * measure.factor - value


def _less(whole: float | None, rest: float | None) -> float | None:
    return None if whole is None or rest is None else whole - rest
