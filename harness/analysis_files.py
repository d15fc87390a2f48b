"""What `harness analyze` leaves in runs/NAME/analysis/: the records as JSON, the map as CSV and figure, the set.

robustness.json and search.json are the stages' own; modules.json is the set for other tools.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from harness.analysis_records import Drift, ModuleRobustness, Robustness
from harness.modules import patterns_of
from harness.record_files import write_text
from harness.report_measures import heat_map
from harness.report_robustness import main_measure
from harness.report_robustness_records import AnalysisOutputs
from harness.specs import Record
from harness.store import world_error

FOLDER = "analysis"


class FoundModules(Record):
    """modules.json: Mods_Robust for other tools."""

    modules: tuple[str, ...]
    """By layer, then type."""
    patterns: tuple[str, ...]
    """The same, as a config takes them: `modules: [q, up.2-5]`."""
    complement: tuple[str, ...]
    """The control: as many from outside the set, most sensitive first; fewer where fewer are left."""
    drift: float
    """Of all of them at once, in the proxy's own unit."""
    budget: float
    gain: float | None
    parameters: int
    search: str
    """Key of the search in the store."""
    analyze: str
    """Key of the analysis in the store."""


def write_analysis(analysis: AnalysisOutputs, folder: Path, *, name: str) -> tuple[Path, ...]:
    """Write an analysis and its first search, made for the config `name`; returns the files.

    Raises StoreError where the folder cannot be written.
    """
    outcome = analysis.searches[0].outcome
    texts = {
        "robustness.json": analysis.robustness.model_dump_json(indent=1),
        "search.json": outcome.model_dump_json(indent=1),
        "modules.json": found_modules(analysis).model_dump_json(indent=1),
        "robustness.csv": map_csv(analysis.robustness, chosen=outcome.chosen.modules),
        "map.svg": map_svg(analysis, name=name),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, text in texts.items():
            write_text(folder / file, text)
    except OSError as error:
        raise world_error(error, path=folder) from error
    return tuple(folder / file for file in texts)


def found_modules(analysis: AnalysisOutputs) -> FoundModules:
    """The set that the first search found."""
    search = analysis.searches[0]
    chosen = search.outcome.chosen
    return FoundModules(
        modules=chosen.modules,
        patterns=patterns_of(chosen.modules, search.outcome.every),
        complement=search.outcome.complement,
        drift=chosen.drift,
        budget=search.outcome.budget,
        gain=chosen.gain,
        parameters=chosen.parameters,
        search=search.key,
        analyze=analysis.key,
    )


def map_csv(robustness: Robustness, *, chosen: tuple[str, ...]) -> str:
    """A row for each module, for embed, norm and head, and for `all` at once; a column for each reading.

    `harmful_mean`, `harmful_spread`, `harmful_seed_0`, … of the module alone; `without_harmful_mean`, … of everything
    but this module. What was not measured of any module has no column; what was not of one is empty there.
    """
    rows = (*robustness.modules, *robustness.outside, robustness.whole)
    seeds = robustness.perturbation.seeds
    written = [dict(_cells(row, seeds=seeds, chosen=row.module in chosen)) for row in rows]
    columns = [c for c in dict.fromkeys(key for row in written for key in row) if any(row.get(c) for row in written)]
    stream = io.StringIO()
    writer = csv.DictWriter(stream, columns, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(written)
    return stream.getvalue()


def map_svg(analysis: AnalysisOutputs, *, name: str) -> str:
    """The map that the search went by, its set marked, as a figure of its own."""
    from harness.map_figure import figure_svg

    outcome = analysis.searches[0].outcome
    heat = heat_map(analysis.robustness, main_measure(analysis, outcome), chosen=outcome.chosen.modules, full=True)
    inside = len(set(outcome.chosen.modules).intersection(outcome.every))
    title = f"Module robustness of {name}: {inside} of {len(outcome.every)} modules chosen"
    return figure_svg(heat, title=title, words=heat.words)


def _cells(row: ModuleRobustness, *, seeds: tuple[int, ...], chosen: bool) -> Iterator[tuple[str, str]]:
    kind, _, layer = row.module.partition(".")
    yield "module", row.module
    yield "type", kind
    yield "layer", layer
    yield "parameters", str(row.parameters)
    yield "chosen", "yes" if chosen else "no"
    for field in Drift.model_fields:
        yield f"{field}_mean", _number(row.mean, field)
        yield f"{field}_spread", _number(row.spread, field)
        for seed, drift in zip(seeds, row.by_seed, strict=True):
            yield f"{field}_seed_{seed}", _number(drift, field)
    for field in Drift.model_fields:
        yield f"without_{field}_mean", "" if row.without is None else _number(row.without, field)
        for seed, drift in zip(seeds, row.without_by_seed, strict=False):
            yield f"without_{field}_seed_{seed}", _number(drift, field)


def _number(drift: Drift, field: str) -> str:
    value = getattr(drift, field)
    return "" if value is None else repr(float(value))
