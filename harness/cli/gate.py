"""`harness gate RUN`: ask a finished run's gate again, by its own policy or another."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli.options import RunFolder


def gate(
    run: RunFolder,
    *,
    json: Annotated[bool, typer.Option("--json", help="Print the decision as JSON.")] = False,
) -> None:
    """Ask the gate of a finished run: exit code 0 pass, 3 fail, 4 can't say.

    Example: harness gate runs/quickstart
    """
    from rich.console import Console
    from rich.markup import escape

    from harness.errors import CantSay, ConfigError, GateClosed
    from harness.run import config_of, read_run
    from harness.stages.gate import decide

    finished = read_run(run)
    policy = config_of(finished).gate
    if policy is None:
        raise ConfigError(f"{run}: its config has no gate section; add one and run it again (no stage is made again)")
    decision = decide(finished.table, policy)
    if json:
        typer.echo(decision.model_dump_json(indent=1))
    else:
        console = Console()
        console.print(f"gate: {decision.outcome.replace('cant_say', 'can’t say')}", highlight=False)
        for rule in decision.rules:
            said = rule.outcome.replace("cant_say", "can’t say")
            console.print(escape(f"  {said:9} {rule.rule}: {rule.reason}"), highlight=False, soft_wrap=True)
    if decision.outcome != "pass":
        raise typer.Exit(GateClosed.exit_code if decision.outcome == "fail" else CantSay.exit_code)
