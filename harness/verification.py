"""Is a finished run what it says it is? Every byte of its stages, the files of its folder, and its attestation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness.attestation import ATTESTATION, Judged, attest, differences, read_attestation
from harness.attestation_records import Statement
from harness.baselines import recorded_baseline
from harness.gate_baseline import lay_against
from harness.gate_words import GATE_WORDS
from harness.outcome_records import BaselineTable, GivenBaseline
from harness.policy import Policy
from harness.records import Manifest
from harness.run import GATE, FinishedRun, config_of, read_manifest, read_run, same_code
from harness.run_files import Checked, check_folder
from harness.run_outcomes import run_outcomes
from harness.stages.gate import decide
from harness.store import Store


def check_run(run: Path, attestation: Path | None = None) -> Checked:
    """Read every file of a run's stages again and, where they are sound, compare the files of its folder with them.

    The attestation is left to `check_attestation`. Raises InputError where `run` is no finished run, StoreError where
    a file of it cannot be read.
    """
    damage = tuple(_damage(read_manifest(run)))
    return Checked(wrong=damage) if damage else check_folder(read_run(run), apart=_apart(run, attestation))


def check_attestation(run: Path, attestation: Path, baseline: GivenBaseline | None = None) -> Checked:
    """What an attestation says and the run does not bear out.

    The weights are read again, and the gate decides again, by the attested policy on the run's scores; against the
    baseline that is given, or that the run keeps, where the attestation names one. Raises InputError for a file that is
    no attestation, StoreError where the run's stages are gone.
    """
    said, finished = read_attestation(attestation), read_run(run)
    policy, named = said.predicate.policy, said.predicate.baseline
    laid = None
    if named is not None:
        chosen = baseline or recorded_baseline(run)
        if chosen is None:
            line = f"it was asked against {named.name}, which the run does not keep; give --baseline RUN"
            return Checked(wrong=(f"{attestation}: {line}",))
        laid = _laid(finished, chosen.model_copy(update={"variant": named.variant}), said.predicate.policy)
    now = attest(Judged(finished, policy, decide(finished.table, policy, laid)))
    lines = differences(said, now, words=same_code(finished.manifest))
    words = () if lines or said.predicate.rules == now.predicate.rules else ("its words, which are of another version",)
    if words and _worded_otherwise(finished, said):
        lines = (f"its rules and those of {GATE} are worded otherwise: one of the files was changed",)
    return Checked(
        wrong=tuple(f"{attestation}: {line}" for line in lines),
        sound=() if lines else (f"{attestation} holds: {_answer(said)}",),
        unchecked=tuple(f"{attestation}: {line}" for line in words),
    )


def attestation_of(run: Path, given: Path | None) -> Path | None:
    """The attestation to look at: the one given, else the run's own where it has one."""
    own = run / ATTESTATION
    return given or (own if own.exists() else None)


def _worded_otherwise(finished: FinishedRun, said: Statement) -> bool:
    """Whether an earlier version's attestation of the run's own decision has other words than its gate.json has."""
    decision = finished.decision
    own = decision is not None and config_of(finished).gate == said.predicate.policy
    return own and decision is not None and decision.rules != said.predicate.rules


def _apart(run: Path, attestation: Path | None) -> str:
    """The attestation's name where it lies in the run's folder."""
    inside = attestation is not None and attestation.resolve().parent == run.resolve()
    return attestation.name if attestation is not None and inside else ""


def _laid(finished: FinishedRun, chosen: GivenBaseline, policy: Policy) -> BaselineTable:
    ours = run_outcomes(finished.manifest, finished.table)
    return lay_against(ours, chosen, policy=policy, settings=finished.table.statistics)


def _answer(said: Statement) -> str:
    """`pass by its policy standard`."""
    predicate = said.predicate
    return f"{GATE_WORDS[predicate.outcome]} by its policy {predicate.policy.name}".rstrip()


def _damage(manifest: Manifest) -> Iterator[str]:
    store = Store(Path(manifest.store))
    for stage in manifest.stages:
        for damage in store.verify(stage.key):
            yield f"{stage.label}: {damage.path} {damage.reason}"
    for stage in manifest.stages:
        seal = store.seal(stage.key)
        if seal is not None and seal.digest != stage.digest:
            yield f"{stage.label}: was made again since, with other bytes"
