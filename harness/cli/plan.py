"""`harness plan CONFIG`: what a run would do."""

from __future__ import annotations

from harness.cli.options import DEFAULT_STORE, ConfigFile, Overrides, StoreFolder


def plan(config: ConfigFile, overrides: Overrides = None, *, store: StoreFolder = DEFAULT_STORE) -> None:
    """Print the stages, what is in the store already, and a guess of the cost.

    Example: harness plan configs/quickstart.yaml

    The guess is the mean time of stages of the same kind in this store; where there are none it says so.
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
