"""`harness validate CONFIG`: find mistakes in seconds, before any model is loaded."""

from __future__ import annotations

from harness.cli.options import ConfigFile, Overrides


def validate(config: ConfigFile, overrides: Overrides = None) -> None:
    """Check a config, its tasks, and the benign IFT rows if they are in a local file.

    Example: harness validate my.yaml

    Loads no model; ends with code 2 and one line at the first mistake.
    """
    from rich.console import Console

    from harness import config as configs
    from harness.plan import make_plan
    from harness.rows import read_conversations
    from harness.specs import DatasetParams

    plan = make_plan(configs.load(config, overrides=overrides or ()))
    console = Console()
    params = next(s.params for s in plan.stages if isinstance(s.params, DatasetParams))
    rows = "rows are read when the run is made"
    if params.source.kind == "file":
        rows = f"{len(read_conversations(params.source).conversations)} rows"
    console.print(
        f"ok: {len(plan.config.variants)} variants × {len(plan.config.seeds)} seeds, {len(plan.cards)} tasks, "
        f"{len(plan.stages)} stages; benign IFT data: {params.source.location} ({rows})",
        highlight=False,
        soft_wrap=True,
    )
