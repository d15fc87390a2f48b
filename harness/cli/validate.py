"""`harness validate CONFIG`: find mistakes in seconds, before any model is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.cli.options import ConfigFile, Overrides

if TYPE_CHECKING:
    from harness.plan import Plan

NAMED = 8
"""Variants whose names are shown."""


def validate(config: ConfigFile, overrides: Overrides = None) -> None:
    """Check a config, its tasks, and the benign IFT rows if they are in a local file.

    Example: harness validate my.yaml

    Loads no model; where a variant asks with a system prompt and the base is on this machine, its chat template is
    tried. Ends with code 2 and one line at the first mistake.
    """
    from rich.console import Console

    from harness import config as configs
    from harness.cli.planned import naming, planned
    from harness.mixture import read_mixture
    from harness.rows import read_conversations
    from harness.specs import DatasetParams, DatasetSource
    from harness.strategy_needs import needs_in_words

    plan = planned(configs.load(config, overrides=overrides or ()), where=str(config))
    with naming(str(config)):
        _try_prompts(plan)
    console = Console()
    found: dict[DatasetSource, str] = {}
    counted: dict[str, int] = {}
    for stage in plan.stages:
        if not isinstance(params := stage.params, DatasetParams):
            continue
        sources = (params.source, *params.also)
        if all(source.kind != "hub" for source in sources):
            mixture = read_mixture(params)
            counted[stage.key] = len(mixture.rows)
            found |= {part.source: f"{len(part.read.conversations)} rows" for part in mixture.parts}
        for source in sources:
            if source.kind == "file" and source not in found:
                found[source] = f"{len(read_conversations(source).conversations)} rows"
            found.setdefault(source, "rows are read when the run is made")
    _check_held_out(plan, counted, where=str(config))
    needs = "".join(f"; needs {need}" for need in needs_in_words(plan.config))
    data = ", ".join(f"{s.location} ({rows})" for s, rows in found.items()) or "none, nothing is tuned"
    console.print(
        f"ok: {_variants(plan)}, {len(plan.cards)} tasks, {len(plan.stages)} stages"
        f"{needs}; data: {data}; whether scored prompts occur in the data is checked when the run is made, before "
        "anything is trained",
        highlight=False,
        soft_wrap=True,
    )


def _check_held_out(plan: Plan, counted: dict[str, int], *, where: str) -> None:
    """Raise ConfigError where early stopping would hold out no row of a training's data, or all; `counted`: by key."""
    from harness.errors import ConfigError
    from harness.specs import TrainParams

    for stage in plan.stages:
        if not isinstance(stage.params, TrainParams) or (stop := stage.params.loop.early_stop) is None:
            continue
        rows = counted.get(next(i.key for i in stage.inputs if i.name == "dataset"))
        if rows is not None and not 0 < (held := round(stop.share * rows)) < rows:
            raise ConfigError(
                f"{where}: training.early_stop.share: {stop.share:g} of {rows} rows is {held}, for {stage.label}; at "
                "least one must be held out and one left"
            )


def _try_prompts(plan: Plan) -> None:
    """Raise ModelError where the base is at hand and its chat template takes no system prompt that is asked with."""
    from harness.specs import BaseParams
    from harness.system_prompts import check_system_prompts, local_folder, system_prompts

    base = plan.stages[0].params
    prompts = system_prompts(plan.config)
    if prompts and isinstance(base, BaseParams) and (folder := local_folder(base.source)):
        check_system_prompts(prompts, folder, trust_remote_code=base.source.trust_remote_code)


def _variants(plan: Plan) -> str:
    """How many variants and checkpoints there are, those of sweeps counted, and the first names."""
    from harness.report_words import plural

    variants, seeds = plan.config.variants, plural(len(plan.config.seeds), "seed")
    names = [variant.name for variant in variants]
    trained = sum(variant.settings.trains for variant in variants)
    adopted = [v.name for v in variants if not v.settings.trains]
    paths = plural(sum(len(p.entries) for p in plan.variants if p.name in adopted), "checkpoint")
    more = f", and {len(names) - NAMED} more" if len(names) > NAMED else ""
    said = f"{plural(len(names), 'variant')} ({', '.join(names[:NAMED])}{more})"
    if not adopted:
        return f"{said} × {seeds}"
    own = f"{trained} × {seeds}, and " if trained else ""
    return f"{said}: {own}{paths} tuned elsewhere"
