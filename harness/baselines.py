"""The run that a gate is asked against: --baseline RUN or RUN:VARIANT, or the one that a run was judged against."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness.errors import ConfigError, InputError, did_you_mean
from harness.gate_baseline import lay_against
from harness.outcome_records import BaselineTable, GivenBaseline, RunOutcomes
from harness.policy import Policy
from harness.record_files import read_record
from harness.records import Manifest, ScoreTable
from harness.run import BASELINE, MANIFEST, OUTCOMES, SCORES, FinishedRun, read_manifest
from harness.run_outcomes import run_outcomes
from harness.store import Store


def given_baseline(text: str, policy: Policy | None, *, where: str) -> GivenBaseline:
    """What --baseline names, for a policy; `where` says whose.

    Raises ConfigError where no rule of the policy would look at it, InputError where it is no finished run or lacks
    the variant.
    """
    if policy is None or not policy.on_baseline:
        lacks = "no gate" if policy is None else "no rule with `reference: baseline`"
        raise ConfigError(
            f"{where}: has {lacks}, so --baseline would change nothing; the policy that has such rules is `regression`"
        )
    return load_baseline(text)


def load_baseline(text: str) -> GivenBaseline:
    """The run at `text`, or RUN:VARIANT; a folder that is called so is a run, whatever colons it has.

    Raises InputError where it is no finished run or lacks the variant, StoreError where its outcomes are gone.
    """
    folder, variant = _split(text)
    outcomes = outcomes_of(folder)
    if variant is not None and variant not in outcomes.variants:
        known = f"{did_you_mean(variant, outcomes.variants)}; it has {', '.join(outcomes.variants)}"
        raise InputError(f"--baseline {text}: {variant!r} is not a variant of {folder}{known}")
    return GivenBaseline(outcomes=outcomes, variant=variant)


def outcomes_of(folder: Path) -> RunOutcomes:
    """A finished run's outcomes: from its folder, or, of an earlier version's run, from its store.

    Raises InputError where `folder` is no finished run or its parts are of two, StoreError where they are gone.
    """
    manifest = read_manifest(folder)
    if not (folder / OUTCOMES).is_file():
        return _from_store(folder, manifest)
    found = read_record(RunOutcomes, folder / OUTCOMES)
    digests = {stage.digest for stage in manifest.stages if stage.key == manifest.score_key}
    if (found.score_key, {found.score_digest}) != (manifest.score_key, digests):
        raise InputError(f"{folder}: {OUTCOMES} and {MANIFEST} are of two runs; make the run again")
    return found


def baseline_table(finished: FinishedRun, policy: Policy, given: GivenBaseline | None) -> BaselineTable | None:
    """What a policy's rules against a baseline look at: the one given, else the one that the run was judged against.

    None where no rule asks for it, or there is none. Raises as `outcomes_of`.
    """
    if not policy.on_baseline:
        return None
    chosen = given or recorded_baseline(finished.folder)
    if chosen is None:
        return None
    ours = outcomes_of(finished.folder)
    return lay_against(ours, chosen, policy=policy, settings=finished.table.statistics)


def check_another(text: str, judged: Path) -> None:
    """Raise InputError where --baseline names the run that is judged, and no variant of it."""
    folder, variant = _split(text)
    if variant is None and folder.resolve() == judged.resolve():
        raise InputError(f"--baseline {text}: is the run that is judged; give another, or one of its own: RUN:VARIANT")


def recorded_baseline(folder: Path) -> GivenBaseline | None:
    """The one that a run was judged against when it was made; None where there was none."""
    return read_record(GivenBaseline, folder / BASELINE) if (folder / BASELINE).is_file() else None


def _from_store(folder: Path, manifest: Manifest) -> RunOutcomes:
    if not Path(manifest.store).is_dir():
        raise InputError(
            f"{folder}: has no {OUTCOMES}, as runs of earlier versions have none, and its store {manifest.store} is "
            "not here; make the run again"
        )
    scores = Store(Path(manifest.store)).folder(manifest.score_key) / SCORES
    return run_outcomes(manifest, read_record(ScoreTable, scores))


def _split(text: str) -> tuple[Path, str | None]:
    """(run, variant) of what was given; the longest folder wins."""
    whole = Path(text).expanduser()
    if whole.is_dir():
        return whole, None
    return next(((folder, variant) for folder, variant in _parts(text) if folder.is_dir()), (whole, None))


def _parts(text: str) -> Iterator[tuple[Path, str]]:
    """Every way to part it at a colon, from the last one on."""
    at = text.rfind(":")
    while at > 0:
        if at + 1 < len(text):
            yield Path(text[:at]).expanduser(), text[at + 1 :]
        at = text.rfind(":", 0, at)
