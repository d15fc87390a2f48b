"""`harness plan CONFIG`: what a run would do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import DEFAULT_STORE, ConfigFile, Overrides, StoreFolder

if TYPE_CHECKING:
    from rich.table import Table

    from harness.plan import Plan
    from harness.plan_costs import Cost, PlanCosts
    from harness.power_plan import Strength

WIDE = 120
"""Columns where the output is no terminal."""


def plan(
    config: ConfigFile,
    overrides: Overrides = None,
    *,
    stages: Annotated[bool, typer.Option("--stages", help="List every stage too.")] = False,
    store: StoreFolder = DEFAULT_STORE,
) -> None:
    """Print the variants, what is in the store already, and a guess of the cost.

    Example: harness plan configs/quickstart.yaml

    The guess is by the times of the most similar stages in this store, trainings scaled by steps and batch size; where
    there are none it says so. Then what judges may spend, and what the tasks' prompts can show: a difference that is
    smaller will come out as "can't say".
    """
    from rich.console import Console

    from harness import config as configs
    from harness.cli.planned import planned
    from harness.plan_costs import plan_costs
    from harness.plan_spending import bills, in_words
    from harness.power_plan import strengths
    from harness.store import Store

    made = planned(configs.load(config, overrides=overrides or ()), where=str(config))
    costs = plan_costs(made, Store(store))
    known = strengths(made)
    console = Console()
    if not console.is_terminal:
        console.width = max(console.width, WIDE)
    console.print(_variants(made, costs))
    if stages:
        console.print(_stages(made, costs))
    for line in (*_totals(costs), *(in_words(b) for b in bills(made, known, missing=costs.missing))):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    console.print(_strengths(made, known))


def _variants(made: Plan, costs: PlanCosts) -> Table:
    """The grid: a row for each variant, and one for what several of them share."""
    from rich.box import SIMPLE_HEAD
    from rich.markup import escape
    from rich.table import Table

    title = escape(f"{made.config.name}: the base and {len(made.variants) - 1} variants")
    table = Table(title=title, box=SIMPLE_HEAD, collapse_padding=True, pad_edge=False)
    for name in ("variant", "strategy", "settings"):
        table.add_column(name, overflow="fold")
    for name in ("seeds", "trained", "evaluated", "cost"):
        table.add_column(name, justify="right")
    for one in costs.variants:
        tuned = one.trained is not None
        table.add_row(
            escape(one.planned.name),
            escape(one.planned.strategy),
            escape(one.planned.description),
            str(one.checkpoints) if tuned else "",
            f"{one.trained}/{one.checkpoints}" if tuned else "",
            f"{one.evaluated}/{one.checkpoints}",
            _cost(one.own),
        )
    table.add_row("shared", "", "stages that serve several", "", "", "", _cost(costs.shared), style="dim")
    return table


def _stages(made: Plan, costs: PlanCosts) -> Table:
    from rich.markup import escape
    from rich.table import Table

    title = escape(f"{made.config.name}: {len(made.stages)} stages")
    table = Table("stage", "key", "in store", "cost guess", title=title)
    for one in costs.stages:
        mark = " ?" if one.guess is not None and one.guess.rough else ""
        cost = "" if one.there else "unknown" if one.guess is None else _time(one.guess.seconds) + mark
        table.add_row(escape(one.spec.label), one.spec.key[:12], "yes" if one.there else "", cost)
    return table


def _totals(costs: PlanCosts) -> tuple[str, ...]:
    total = costs.total
    there = f"in the store: {len(costs.stages) - total.missing} of {len(costs.stages)} stages"
    if not total.missing:
        return (f"{there}; nothing is to do",)
    unmeasured = f"{total.unknown} stages of kinds that this store has not measured" if total.unknown else ""
    known = total.missing > total.unknown
    guess = f"about {_time(total.seconds)} of stage time, each stage counted once" if known else ""
    lines = (f"{there}; to do: {', and '.join(part for part in (guess, unmeasured) if part)}",)
    return (*lines, "?: measured with another base model alone") if total.rough else lines


def _cost(cost: Cost) -> str:
    """What is missing, in words; empty where nothing is."""
    if cost.unknown == cost.missing:
        return "unknown" if cost.missing else ""
    more = f" and {cost.unknown} unknown" if cost.unknown else ""
    return f"{_time(cost.seconds)}{' ?' if cost.rough else ''}{more}"


def _time(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _prompts(one: Strength) -> str:
    if one.prompts is None:
        return "known when run"
    return f"{one.prompts:,} as published" if one.published else f"{one.prompts:,}"


def _strengths(made: Plan, known: tuple[Strength, ...]) -> Table:
    """What each task can show, for three shares of prompts that may change."""
    from rich.markup import escape
    from rich.table import Table

    from harness.power_plan import DISCORDANT

    settings = made.config.statistics
    share = " / ".join(f"{d:.0%}" for d in DISCORDANT)
    title = f"what the prompts can show with {settings.power:.0%} probability, if {share} of them change"
    table = Table("task", "prompts", "smallest difference, points", "margin", "prompts it needs", title=title)
    for one in known:
        table.add_row(
            escape(one.card.name),
            _prompts(one),
            " / ".join(f"{100 * d:.1f}" for d in one.detectable),
            "" if one.margin is None else f"{100 * one.margin:g}",
            " / ".join(f"{n:,}" for n in one.needed) + (" (too few)" if one.weak else ""),
        )
    return table
