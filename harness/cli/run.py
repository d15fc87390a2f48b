"""`harness run CONFIG`: make the whole run and answer with the gate's exit code."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

import typer

from harness.cli.options import (
    DEFAULT_RUNS,
    DEFAULT_STORE,
    Baseline,
    ConfigFile,
    Jobs,
    Overrides,
    Redact,
    RunsFolder,
    StoreFolder,
    jobs_for,
)

if TYPE_CHECKING:
    from harness.outcome_records import GivenBaseline
    from harness.plan import Plan
    from harness.run import Request


def run(
    config: ConfigFile,
    overrides: Overrides = None,
    *,
    store: StoreFolder = DEFAULT_STORE,
    runs: RunsFolder = DEFAULT_RUNS,
    jobs: Jobs = 0,
    baseline: Baseline = None,
    redact: Redact = False,
) -> None:
    """Tune, generate, judge, compare, report, and end with the gate's exit code.

    Example: harness run configs/quickstart.yaml --set seeds=[0]

    Stopped at any point, the same command goes on where it was. Exit codes: 0 done and the gate passes, 1 the world
    failed, 2 the input is wrong, 3 the gate fails, 4 the gate can't say. --baseline is for a gate with rules against
    another run (policy: regression); without it they can't say. It is read first and kept with the run.
    """
    from harness import config as configs
    from harness.baselines import given_baseline
    from harness.cli.planned import planned
    from harness.run import Request

    chosen = configs.load(config, overrides=overrides or ())
    given = None if baseline is None else given_baseline(baseline, chosen.gate, where=str(config))
    request = Request(
        config_file=config,
        store=store,
        runs=runs,
        jobs=jobs_for(jobs, threads=chosen.training.threads),
        command=shlex.join(["harness", *sys.argv[1:]]),
        redact=redact,
    )
    carry_out(request, plan=planned(chosen, where=str(config)), baseline=given)


def carry_out(request: Request, *, plan: Plan, baseline: GivenBaseline | None = None) -> None:
    """Make the run of a plan, render its report, and end with the gate's exit code.

    `baseline`: the run that its gate looks at. Raises what a stage raises.
    """
    from rich.console import Console

    from harness import outputs
    from harness.attestation import attest_run
    from harness.cli.display import display_of
    from harness.cli.planned import naming
    from harness.run import execute
    from harness.store import Store
    from harness.summary import print_summary

    console = Console()
    with display_of(plan, Store(request.store), console) as display, naming(str(request.config_file)):
        finished = execute(plan, request, display=display, baseline=baseline)
    view = outputs.view_of(finished)
    attest_run(finished)
    path = outputs.write_report(finished, view, redact=request.redact)
    print_summary(view, console)
    console.print(f"report: {path}", highlight=False, soft_wrap=True)
    _end(finished.decision)


def _end(decision: object) -> None:
    from harness.errors import CantSay, GateClosed
    from harness.records import GateDecision

    if isinstance(decision, GateDecision) and decision.outcome != "pass":
        raise typer.Exit(GateClosed.exit_code if decision.outcome == "fail" else CantSay.exit_code)
