"""`harness show RUN`: what a finished run was made of, and whether its bytes are still the same."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import RunFolder

if TYPE_CHECKING:
    from rich.console import Console

    from harness.records import GateDecision


def show(
    run: RunFolder,
    *,
    verify: Annotated[bool, typer.Option("--verify", help="Read every byte again and compare its digest.")] = False,
    attestation: Annotated[
        Path | None, typer.Option("--attestation", help="With --verify: this one, not the run's attestation.json.")
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option("--baseline", metavar="RUN", help="With --verify: the attestation's, where RUN does not keep it."),
    ] = None,
) -> None:
    """Show a finished run: config, variants, stages, versions.

    Example: harness show runs/quickstart --verify

    With --verify, exit code 1 and a line for every file that is missing, changed or added: of the stages by digest, of
    the run's folder (config, outcomes, gate, report) by what the stages give; and for whatever the run's attestation
    says and the run does not bear out: its weights, its scores, what its policy gives on them. What nothing can be
    compared with is named.
    """
    from harness.errors import InputError

    for name, given in (("--attestation", attestation), ("--baseline", baseline)):
        if given is not None and not verify:
            raise InputError(f"{name} goes with --verify")
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from harness.hostile import one_line
    from harness.run import read_decision, read_manifest

    console = Console()
    manifest = read_manifest(run)
    for name, value in (
        ("run", manifest.name),
        ("made", f"{manifest.created}, {manifest.seconds:.0f} s, {manifest.hardware}"),
        ("command", manifest.command),
        ("harness", f"{manifest.harness_version} {manifest.git_commit}".strip()),
        ("packages", " ".join(f"{n} {v}" for n, v in manifest.packages)),
        *_gate(read_decision(run)),
    ):
        console.print(f"{name:9} {escape(one_line(value))}", highlight=False, soft_wrap=True)
    table = Table("stage", "key", "seconds", "")
    for stage in manifest.stages:
        table.add_row(escape(stage.label), stage.key, f"{stage.seconds:.1f}", "reused" if stage.reused else "")
    console.print(table)
    if not verify:
        return
    _verify(run, attestation, console, baseline=baseline)


def _verify(run: Path, given: Path | None, console: Console, *, baseline: str | None) -> None:
    from rich.markup import escape

    from harness.baselines import load_baseline
    from harness.hostile import one_line
    from harness.run_files import Checked
    from harness.verification import attestation_of, check_attestation, check_run

    def say(text: str, mark: str = "") -> None:
        console.print(f"{mark}{escape(one_line(text))}", highlight=False, soft_wrap=True)

    path = attestation_of(run, given)
    against = None if baseline is None else load_baseline(baseline)
    found, said = check_run(run, path), Checked() if path is None else check_attestation(run, path, against)
    for line in (*found.wrong, *said.wrong):
        say(line, "[red]✗[/] ")
    if found.wrong or said.wrong:
        raise typer.Exit(1)
    say("verified: every file of the run’s stages is as its stage wrote it")
    if found.sound:
        say(f"verified: {', '.join(found.sound)}: as the stages and the manifest give them")
    for line in said.sound:
        say(f"verified: {line}")
    if path is None:
        say("the run has no attestation; `harness gate --attestation FILE` writes one")
    for line in (*found.unchecked, *said.unchecked):
        say(f"not vouched for: {line}")


def _gate(decision: GateDecision | None) -> tuple[tuple[str, str], ...]:
    """What the gate answered, and the run that it was asked against."""
    from harness.gate_words import GATE_WORDS, gate_title

    if decision is None:
        return ()
    against = decision.baseline
    said = f"{GATE_WORDS[decision.outcome]}{gate_title(decision, first='')}"
    if against is None:
        return (("gate", said),)
    which = "variants of the same names" if against.variant is None else f"its variant {against.variant}"
    named = f"{against.name}, {against.created}, config {against.config_digest}, {which}"
    return (("gate", said), ("baseline", named))
