"""Is a finished run what it says it is? Every byte of its stages, and its attestation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness.attestation import ATTESTATION, Judged, attest, differences, read_attestation
from harness.records import Manifest
from harness.run import read_manifest, read_run
from harness.stages.gate import decide
from harness.store import Store


def damage_of(run: Path) -> tuple[str, ...]:
    """One line for every file of the run's stages that is missing, changed or added.

    Raises InputError where `run` is no finished run.
    """
    return tuple(_damage(read_manifest(run)))


def doubts(run: Path, attestation: Path) -> tuple[str, ...]:
    """One line for everything that the attestation says and the run does not bear out.

    Its weights are read again, and the gate decides again, by the attested policy on the run's scores. Raises
    InputError for a file that is no attestation, StoreError where the run's stages are gone.
    """
    said, finished = read_attestation(attestation), read_run(run)
    policy = said.predicate.policy
    now = attest(Judged(finished, policy, decide(finished.table, policy)))
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
