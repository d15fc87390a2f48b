"""`harness gate RUN`: ask a finished run's gate again, by its own policy or another, for people and pipelines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import Baseline, RunFolder

if TYPE_CHECKING:
    from harness.gate_outputs import GateReport
    from harness.outcome_records import BaselineTable
    from harness.policy import Policy
    from harness.run import FinishedRun


def gate(
    run: RunFolder,
    *,
    policy: Annotated[
        str | None,
        typer.Option("--policy", help="strict, standard, research, regression, or a YAML file; else the config's own."),
    ] = None,
    baseline: Baseline = None,
    variants: Annotated[
        list[str] | None, typer.Option("--variant", help="Judge this variant in place of the policy's. Repeatable.")
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="How near each rule was, and what would settle a can't say.")
    ] = False,
    cant_say: Annotated[
        str, typer.Option("--cant-say", metavar="pass|fail", help="Whether a can't say stops a pipeline.")
    ] = "fail",
    json: Annotated[
        bool, typer.Option("--json", help="Print the decision as JSON; with --explain the margins too.")
    ] = False,
    annotations: Annotated[
        bool, typer.Option("--annotations", help="Print GitHub's ::error:: lines after the decision.")
    ] = False,
    junit: Annotated[Path | None, typer.Option("--junit", help="Write JUnit XML.")] = None,
    sarif: Annotated[Path | None, typer.Option("--sarif", help="Write SARIF 2.1.0.")] = None,
    summary: Annotated[Path | None, typer.Option("--summary", help="Append Markdown, for a step summary.")] = None,
    badge: Annotated[Path | None, typer.Option("--badge", help="Write an SVG badge.")] = None,
    attestation: Annotated[
        Path | None, typer.Option("--attestation", help="Write an in-toto statement of what was judged, by digest.")
    ] = None,
) -> None:
    """Ask the gate of a finished run: exit code 0 pass, 3 fail, 4 can't say.

    Example: harness gate runs/quickstart --policy standard --variant ml-lr --explain

    Everything printed and written comes from one decision. With --cant-say pass the exit code of a can't say is 0, and
    the outputs say that it was skipped; what it is called stays the same. It lets no rule through whose numbers lie
    wholly beyond the threshold, however weak the evidence: that stays a 4. docs/ci.md has examples for pipelines.
    Without --baseline, rules against one look at the run that RUN was judged against when it was made, or can't say.
    """
    from harness import gate_margins
    from harness.attestation import Judged, attest, write_attestation
    from harness.errors import InputError
    from harness.gate_outputs import GateReport
    from harness.gate_outputs.files import Targets, write_outputs
    from harness.run import decided, read_run

    if cant_say not in ("pass", "fail"):
        raise InputError(f"--cant-say {cant_say}: give pass or fail")
    if json and annotations:
        raise InputError("--json and --annotations both print to standard output; give one of them")
    finished = read_run(run)
    chosen = _policy(finished, policy, variants=tuple(variants or ()))
    against = _against(finished, chosen, baseline, where=policy or f"the gate of {run}")
    report = GateReport(
        run=finished.manifest.name,
        config=finished.manifest.config_file,
        decision=decided(finished.manifest.name, finished.table, chosen, against),
        margins=gate_margins.explain(finished.table, chosen, against),
        cant_say_fails=cant_say == "fail",
    )
    write_outputs(report, Targets(junit=junit, sarif=sarif, summary=summary, badge=badge))
    if attestation is not None:
        write_attestation(attest(Judged(finished, chosen, report.decision)), attestation)
    _print(report, explain=explain, json=json, annotated=annotations)
    _end(report)


def _policy(finished: FinishedRun, policy: str | None, *, variants: tuple[str, ...]) -> Policy:
    from harness.errors import ConfigError
    from harness.policy_files import load_policy
    from harness.run import config_of

    chosen = config_of(finished).gate if policy is None else load_policy(policy)
    if chosen is None:
        raise ConfigError(
            f"{finished.folder}: its config has no gate section; give --policy standard, or a file of your own"
        )
    return chosen.model_copy(update={"variants": variants}) if variants else chosen


def _against(finished: FinishedRun, policy: Policy, text: str | None, *, where: str) -> BaselineTable | None:
    from harness import baselines

    given = None
    if text is not None:
        baselines.check_another(text, finished.folder)
        given = baselines.given_baseline(text, policy, where=where)
    return baselines.baseline_table(finished, policy, given)


def _print(report: GateReport, *, explain: bool, json: bool, annotated: bool) -> None:
    from rich.console import Console

    from harness.gate_outputs import HELD
    from harness.gate_outputs.annotations import workflow_commands
    from harness.gate_records import Answered, Explained
    from harness.gate_summary import print_decision

    decision = report.decision
    if json:
        said = {**dict(decision), "stops": any(report.stops(rule) for rule in decision.rules)}
        answer = Explained(**said, margins=report.margins) if explain else Answered(**said)
        typer.echo(answer.model_dump_json(indent=1))
        return
    print_decision(decision, Console(), margins=report.margins if explain else ())
    if report.held:
        typer.echo(HELD.format(report.held))
    if annotated:
        typer.echo(workflow_commands(report), nl=False)


def _end(report: GateReport) -> None:
    from harness.errors import CantSay, GateClosed

    if report.decision.outcome == "pass":
        return
    if report.decision.outcome == "fail":
        raise typer.Exit(GateClosed.exit_code)
    if report.cant_say_fails or report.held:
        raise typer.Exit(CantSay.exit_code)
