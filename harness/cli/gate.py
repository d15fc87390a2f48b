"""`harness gate RUN`: ask a finished run's gate again, by its own policy or another."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli.options import RunFolder


def gate(
    run: RunFolder,
    *,
    explain: Annotated[
        bool, typer.Option("--explain", help="How near each rule was, and what would settle a can't say.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print the decision as JSON; with --explain the margins too.")
    ] = False,
) -> None:
    """Ask the gate of a finished run: exit code 0 pass, 3 fail, 4 can't say.

    Example: harness gate runs/quickstart --explain
    """
    from rich.console import Console

    from harness import gate_margins
    from harness.errors import CantSay, ConfigError, GateClosed
    from harness.gate_records import Explained
    from harness.gate_summary import print_decision
    from harness.run import config_of, read_run
    from harness.stages.gate import decide

    finished = read_run(run)
    policy = config_of(finished).gate
    if policy is None:
        raise ConfigError(f"{run}: its config has no gate section; add one and run it again (no stage is made again)")
    decision = decide(finished.table, policy)
    margins = gate_margins.explain(finished.table, policy)
    if json:
        shown = Explained(outcome=decision.outcome, rules=decision.rules, margins=margins) if explain else decision
        typer.echo(shown.model_dump_json(indent=1))
    else:
        print_decision(decision, Console(), margins=margins if explain else ())
    if decision.outcome != "pass":
        raise typer.Exit(GateClosed.exit_code if decision.outcome == "fail" else CantSay.exit_code)
