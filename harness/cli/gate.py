"""`harness gate RUN`: ask a finished run's gate again, by its own policy or another."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli.options import RunFolder


def gate(
    run: RunFolder,
    *,
    policy: Annotated[
        str | None,
        typer.Option("--policy", help="strict, standard, research, or a YAML file; without it the config's own."),
    ] = None,
    variants: Annotated[
        list[str] | None, typer.Option("--variant", help="Judge this variant in place of the policy's. Repeatable.")
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="How near each rule was, and what would settle a can't say.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print the decision as JSON; with --explain the margins too.")
    ] = False,
) -> None:
    """Ask the gate of a finished run: exit code 0 pass, 3 fail, 4 can't say.

    Example: harness gate runs/quickstart --policy standard --variant ml-lr --explain
    """
    from rich.console import Console

    from harness import gate_margins
    from harness.errors import CantSay, ConfigError, GateClosed
    from harness.gate_records import Explained
    from harness.gate_summary import print_decision
    from harness.policy_files import load_policy
    from harness.run import config_of, read_run
    from harness.stages.gate import decide

    finished = read_run(run)
    chosen = config_of(finished).gate if policy is None else load_policy(policy)
    if chosen is None:
        raise ConfigError(f"{run}: its config has no gate section; give --policy standard, or a file of your own")
    if variants:
        chosen = chosen.model_copy(update={"variants": tuple(variants)})
    decision = decide(finished.table, chosen)
    margins = gate_margins.explain(finished.table, chosen)
    if json:
        shown = Explained(outcome=decision.outcome, rules=decision.rules, margins=margins) if explain else decision
        typer.echo(shown.model_dump_json(indent=1))
    else:
        print_decision(decision, Console(), margins=margins if explain else ())
    if decision.outcome != "pass":
        raise typer.Exit(GateClosed.exit_code if decision.outcome == "fail" else CantSay.exit_code)
