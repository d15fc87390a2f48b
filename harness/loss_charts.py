"""What the charts of training losses show: smoothed and raw lines on one scale for the whole run.

Pure functions from numbers to frozen records. Vega-Lite draws them (loss_drawings.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from harness.specs import Record
from harness.train_records import LossPoint

_WIDE_RANGE = 8.0
"""How often the least smoothed loss the greatest is before the axis is logarithmic."""
_RAW, _SMOOTH, _SPOTS = 200, 100, 12
"""Points of a line, and spots with a value under the pointer; of more records each stretch keeps its extremes."""
_TICKS = 6
_LONGEST = {"wide": 24, "narrow": 12}
"""Letters of a name at a line's end, before the variant's letter stands for it."""

Step = tuple[int, float]
"""(step, loss)."""


class LossScale(Record):
    """The axis of losses that all charts of a run share."""

    low: float
    high: float
    log: bool
    ticks: tuple[float, ...]


class LossSpot(Record):
    """A place on a line that tells its value."""

    step: int
    loss: float
    title: str


class LossPath(Record):
    """One seed's losses, as they were and smoothed."""

    seed: int
    raw: tuple[Step, ...]
    line: tuple[Step, ...]
    """Each point the mean of the records up to it, as many as `LossChart.window`."""
    spots: tuple[LossSpot, ...]
    title: str
    end: float | None
    """The smoothed loss at the end; None where none was recorded."""


class LossChart(Record):
    """Loss over steps, a line for every seed."""

    mark: int
    scale: LossScale
    last: int
    """The step at the right edge."""
    window: int
    """How many records a point of a smoothed line is the mean of, at most."""
    paths: tuple[LossPath, ...]


class LossLine(Record):
    """One variant in the chart of all: the mean of its seeds' smoothed lines."""

    mark: int
    name: str
    line: tuple[Step, ...]
    title: str


class LossLines(Record):
    """Every variant's line, at one size."""

    width: float
    height: float
    scale: LossScale
    last: int
    lines: tuple[LossLine, ...]
    lettered: bool
    """Whether letters stand for the names."""


class LossOverview(Record):
    """The chart of all variants, for wide and for narrow screens."""

    wide: LossLines
    narrow: LossLines


def loss_scale(runs: Sequence[Sequence[LossPoint]]) -> LossScale:
    """An axis for all of a run's smoothed losses, logarithmic where they span a wide range."""
    smooth = [loss for points in runs for _, loss in smoothed(_steps(points))]
    high, low = max(smooth, default=1.0), min(smooth, default=0.0)
    high = high if high > 0 else 1.0
    log = low > 0 and high / low >= _WIDE_RANGE
    first = low * 0.8 if log else min(low, 0.0)
    return LossScale(low=first, high=high, log=log, ticks=tuple(_log_ticks(first, high) if log else _ticks(high)))


def loss_chart(losses: Sequence[tuple[int, Sequence[LossPoint]]], *, mark: int, scale: LossScale) -> LossChart:
    """Loss curves of (seed, points) on the run's scale."""
    last = max((p.step for _, points in losses for p in points), default=1)
    window = max((window_of(len(points)) for _, points in losses), default=1)
    paths = tuple(_path(seed, points) for seed, points in losses)
    return LossChart(mark=mark, scale=scale, last=max(last, 1), window=window, paths=paths)


def loss_overview(charts: Sequence[tuple[str, str, LossChart]]) -> LossOverview | None:
    """All variants of a run as (name, letter, chart) in one chart; None of fewer than two."""
    if len(charts) < 2:
        return None
    sizes = {"wide": (860.0, 400.0), "narrow": (370.0, 400.0)}
    made = {}
    for at, (width, height) in sizes.items():
        lettered = any(len(name) > _LONGEST[at] for name, _, _ in charts) and all(short for _, short, _ in charts)
        lines = tuple(_mean_line(name, short if lettered else name, chart) for name, short, chart in charts)
        last = max(chart.last for _, _, chart in charts)
        made[at] = LossLines(
            width=width, height=height, scale=charts[0][2].scale, last=last, lines=lines, lettered=lettered
        )
    return LossOverview(wide=made["wide"], narrow=made["narrow"])


def window_of(records: int) -> int:
    """A tenth of the records: the last point is the mean that the report calls the final loss."""
    return max(1, records // 10)


def smoothed(points: Sequence[Step]) -> list[Step]:
    """Each point the mean of itself and those before it, over a tenth of all; over fewer where there are fewer."""
    window = window_of(len(points))
    found = []
    for at, (step, _) in enumerate(points):
        near = [loss for _, loss in points[max(0, at + 1 - window) : at + 1]]
        found.append((step, math.fsum(near) / len(near)))
    return found


def spread(wanted: Sequence[float], *, least: float, room: tuple[float, float]) -> list[float]:
    """Heights for labels near those wanted, in their order, at least `least` apart, within the room where it suffices.

    Labels that meet are moved apart evenly around the middle of what they wanted.
    """
    low, high = room
    blocks: list[tuple[list[int], float]] = []
    for number in sorted(range(len(wanted)), key=lambda n: (wanted[n], n)):
        members, top = [number], wanted[number]
        top = min(max(top, low), high)
        blocks.append((members, top))
        while len(blocks) > 1 and blocks[-2][1] + len(blocks[-2][0]) * least > blocks[-1][1]:
            above, below = blocks[-2][0], blocks[-1][0]
            merged = above + below
            first = sum(wanted[n] - at * least for at, n in enumerate(merged)) / len(merged)
            first = max(min(first, high - (len(merged) - 1) * least), low)
            blocks[-2:] = [(merged, first)]
    placed = {n: top + at * least for members, top in blocks for at, n in enumerate(members)}
    return [placed[n] for n in range(len(wanted))]


def _steps(points: Sequence[LossPoint]) -> list[Step]:
    return [(p.step, p.loss) for p in points]


def _path(seed: int, points: Sequence[LossPoint]) -> LossPath:
    raw = _steps(points)
    line = smoothed(raw)
    window = window_of(len(raw))
    told = {raw[round(n * (len(raw) - 1) / (_SPOTS - 1))][0] for n in range(_SPOTS)} if raw else set()
    spots = tuple(
        LossSpot(step=step, loss=mean, title=f"seed {seed}, step {step}: loss {loss:.3g}{_mean_words(mean, window)}")
        for (step, loss), (_, mean) in zip(raw, line, strict=True)
        if step in told
    )
    return LossPath(
        seed=seed, raw=tuple(_thinned(raw, _RAW)), line=tuple(_every(line, _SMOOTH)), spots=spots,
        title=_words(seed, raw), end=line[-1][1] if line else None,
    )  # fmt: skip


def _mean_words(mean: float, window: int) -> str:
    return f", mean of the last {window} records {mean:.3g}" if window > 1 else ""


def _words(seed: int, points: Sequence[Step]) -> str:
    """`seed 0: loss 3.42 at step 0, 0.612 at step 150, 0.423 at step 300`."""
    shown = dict((points[0], points[len(points) // 2], points[-1])) if points else {}
    words = ", ".join(f"{loss:.3g} at step {step}" for step, loss in shown.items()) or "none"
    return f"seed {seed}: loss {words}"


def _mean_line(name: str, shown: str, chart: LossChart) -> LossLine:
    """The mean at the steps that every seed has."""
    lines = [dict(path.line) for path in chart.paths if path.line]
    steps = sorted(set.intersection(*(set(line) for line in lines))) if lines else []
    mean = tuple((step, math.fsum(line[step] for line in lines) / len(lines)) for step in steps)
    end = f"{mean[-1][1]:.3g} at step {mean[-1][0]}" if mean else "none"
    return LossLine(mark=chart.mark, name=shown, line=mean, title=f"{name}: smoothed loss {end}, mean of seeds")


def _every(points: Sequence[Step], most: int) -> Iterator[Step]:
    """The points, or evenly chosen ones of them, with both ends."""
    count = min(most, len(points))
    yield from (points[round(n * (len(points) - 1) / max(1, count - 1))] for n in range(count))


def _thinned(points: Sequence[Step], most: int) -> Iterator[Step]:
    """The points, or the least and the greatest of every stretch of them."""
    if len(points) <= most:
        yield from points
        return
    stretches = most // 2
    for n in range(stretches):
        part = points[n * len(points) // stretches : (n + 1) * len(points) // stretches]
        yield from sorted({min(part, key=lambda p: p[1]), max(part, key=lambda p: p[1])})


def _ticks(high: float) -> Iterator[float]:
    size = 10 ** math.floor(math.log10(high))
    step = next(s * size for s in (0.2, 0.5, 1, 2, 5, 10) if high / (s * size) <= _TICKS)
    yield from (round(n * step, 12) for n in range(int(high / step + 1e-9) + 1))


def _log_ticks(low: float, high: float) -> list[float]:
    """1, 2, 5 of every decade, or 1, 3, or 1 alone where that is too many; every so many decades where that is."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for each in ((1, 2, 5), (1, 3), (1,)):
        found = [t for d in decades for e in each if low <= (t := round(e * 10.0**d, 12)) <= high]
        if len(found) <= _TICKS:
            return found
    return found[:: math.ceil(len(found) / _TICKS)]
