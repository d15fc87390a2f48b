"""Is a finished run what it says it is? Every byte of its stages, and its attestation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness.attestation import ATTESTATION, Judged, attest, differences, read_attestation
from harness.baselines import outcomes_of, recorded_baseline
from harness.gate_baseline import lay_against
from harness.outcome_records import GivenBaseline
from harness.record_files import read_record
from harness.records import Manifest, ScoreTable
from harness.run import OUTCOMES, SCORES, read_manifest, read_run
from harness.run_outcomes import run_outcomes
from harness.stages.gate import decide
from harness.store import Store


def damage_of(run: Path) -> tuple[str, ...]:
    """One line for every file of the run's stages that is missing, changed or added.

    Raises InputError where `run` is no finished run.
    """
    manifest = read_manifest(run)
    damage = tuple(_damage(manifest))
    return damage or tuple(_outcomes(run, manifest))


def doubts(run: Path, attestation: Path, baseline: GivenBaseline | None = None) -> tuple[str, ...]:
    """One line for everything that the attestation says and the run does not bear out.

    Its weights are read again, and the gate decides again, by the attested policy on the run's scores; against the
    baseline that is given, or that the run keeps, where the attestation names one. Raises InputError for a file that is
    no attestation, StoreError where the run's stages are gone.
    """
    said, finished = read_attestation(attestation), read_run(run)
    policy, named = said.predicate.policy, said.predicate.baseline
    laid = None
    if named is not None:
        chosen = baseline or recorded_baseline(run)
        if chosen is None:
            return (f"it was asked against {named.name}, which the run does not keep; give --baseline RUN",)
        chosen = chosen.model_copy(update={"variant": named.variant})
        ours = run_outcomes(finished.manifest, finished.table)
        laid = lay_against(ours, chosen, policy=policy, settings=finished.table.statistics)
    now = attest(Judged(finished, policy, decide(finished.table, policy, laid)))
    return differences(said, now)


def attestation_of(run: Path, given: Path | None) -> Path | None:
    """The attestation to look at: the one given, else the run's own where it has one."""
    own = run / ATTESTATION
    return given or (own if own.exists() else None)


def _damage(manifest: Manifest) -> Iterator[str]:
    store = Store(Path(manifest.store))
    for stage in manifest.stages:
        for damage in store.verify(stage.key):
            yield f"{stage.label}: {damage.path} {damage.reason}"
    for stage in manifest.stages:
        seal = store.seal(stage.key)
        if seal is not None and seal.digest != stage.digest:
            yield f"{stage.label}: was made again since, with other bytes"


def _outcomes(run: Path, manifest: Manifest) -> Iterator[str]:
    """What the folder keeps of the stages, which a baseline is read from."""
    if (run / OUTCOMES).is_file():
        table = read_record(ScoreTable, Store(Path(manifest.store)).folder(manifest.score_key) / SCORES)
        if outcomes_of(run) != run_outcomes(manifest, table):
            yield f"{OUTCOMES}: is not what the stages give"
