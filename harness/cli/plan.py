"""`harness plan CONFIG`: what a run would do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.cli.options import DEFAULT_STORE, ConfigFile, Overrides, StoreFolder

if TYPE_CHECKING:
    from rich.table import Table

    from harness.plan import Plan


def plan(config: ConfigFile, overrides: Overrides = None, *, store: StoreFolder = DEFAULT_STORE) -> None:
    """Print the stages, what is in the store already, and a guess of the cost.

    Example: harness plan configs/quickstart.yaml

    The guess is the mean time of stages of the same kind in this store; where there are none it says so. Then what the
    tasks' prompts can show: a difference that is smaller will come out as "can't say".
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from harness import config as configs
    from harness.plan import make_plan
    from harness.run import guess_seconds
    from harness.store import Store

    made = make_plan(configs.load(config, overrides=overrides or ()))
    opened = Store(store)
    title = escape(f"{made.config.name}: {len(made.stages)} stages")
    table = Table("stage", "key", "in store", "cost guess", title=title)
    total, unknown = 0.0, 0
    for spec in made.stages:
        there = opened.has(spec.key)
        guess = None if there else guess_seconds(opened, spec)
        total += guess or 0.0
        unknown += not there and guess is None
        cost = "" if there else "unknown" if guess is None else f"{guess:.0f} s"
        table.add_row(escape(spec.label), spec.key[:12], "yes" if there else "", cost)
    console = Console()
    console.print(table)
    more = f", and {unknown} stages with no measurement yet" if unknown else ""
    console.print(f"to do: about {total:.0f} s of stage time{more}", highlight=False)
    console.print(_strengths(made))


def _strengths(made: Plan) -> Table:
    """What each task can show, for three shares of prompts that may change."""
    from rich.markup import escape
    from rich.table import Table

    from harness.power_plan import DISCORDANT, strengths

    settings = made.config.statistics
    share = " / ".join(f"{d:.0%}" for d in DISCORDANT)
    title = f"what the prompts can show with {settings.power:.0%} probability, if {share} of them change"
    table = Table("task", "prompts", "smallest difference, points", "margin", "prompts it needs", title=title)
    for one in strengths(made):
        table.add_row(
            escape(one.card.name),
            "known when run" if one.prompts is None else f"{one.prompts:,}",
            " / ".join(f"{100 * d:.1f}" for d in one.detectable),
            "" if one.margin is None else f"{100 * one.margin:g}",
            " / ".join(f"{n:,}" for n in one.needed) + (" (too few)" if one.weak else ""),
        )
    return table
