"""Attests what the gate judged, by digest, and says what of an attestation no longer holds of the run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from harness.attestation_records import Descriptor, Digests, Predicate, Statement
from harness.digests import digest_file
from harness.errors import InputError
from harness.gate_agreement import rule_differences
from harness.policy import Policy
from harness.record_files import read_record, write_text
from harness.records import Checkpoint, GateDecision, RuleResult, VariantEntry
from harness.run import SCORES, FinishedRun, config_of
from harness.store import Store, world_error

ATTESTATION = "attestation.json"
CHECKPOINT = "checkpoint.json"


@dataclass(frozen=True)
class Judged:
    """A finished run and the decision to attest."""

    finished: FinishedRun
    policy: Policy
    decision: GateDecision


def attest(judged: Judged) -> Statement:
    """The attestation of a decision; the weights' files are read. Raises StoreError where something is gone."""
    decision, manifest = judged.decision, judged.finished.manifest
    by_outcome = [(rule.outcome, _test_name(rule)) for rule in decision.rules]
    predicate = Predicate(
        result="PASSED" if decision.outcome == "pass" else "FAILED",
        configuration=(*_configuration(judged.finished), *_baseline(decision)),
        passed=tuple(name for outcome, name in by_outcome if outcome == "pass"),
        failed=tuple(name for outcome, name in by_outcome if outcome != "pass"),
        outcome=decision.outcome,
        policy=judged.policy,
        baseline=decision.baseline,
        rules=decision.rules,
        byproducts=tuple(Descriptor(name=s.label, digest=Digests(stage=s.digest)) for s in manifest.stages),
        run=manifest.name,
        harness=f"{manifest.harness_version} {manifest.git_commit}".strip(),
    )
    names = {rule.variant for rule in decision.rules}
    store = Store(Path(manifest.store))
    chosen = [variant for variant in manifest.variants if variant.name in names]
    return Statement(subject=tuple(_subjects(chosen, store)), predicate=predicate)


def attest_run(finished: FinishedRun) -> None:
    """Write attestation.json into a run's folder, of the decision by its own policy; a run without a gate has none."""
    path = finished.folder / ATTESTATION
    policy = None if finished.decision is None else config_of(finished).gate
    if finished.decision is None or policy is None:
        path.unlink(missing_ok=True)
    else:
        write_attestation(attest(Judged(finished, policy, finished.decision)), path)


def write_attestation(statement: Statement, path: Path) -> None:
    """Write it as JSON; the folder is made. Raises WorldError naming the file that could not be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, statement.model_dump_json(indent=1, by_alias=True, exclude_none=True) + "\n")
    except OSError as error:
        raise world_error(error, path=path) from error


def read_attestation(path: Path) -> Statement:
    """Read one back. Raises InputError for a file that is gone or is none of ours."""
    try:
        return Statement.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise InputError(f"{path}: not an attestation of this version: {where}: {first['msg']}") from None


def differences(said: Statement, now: Statement, *, words: bool = True) -> tuple[str, ...]:
    """What an attestation says and the run no longer bears out, one line each.

    `words`: whether its rules must be worded as now; the wording is another with every version.
    """
    lines = [
        *_changed("subject", said.subject, now.subject),
        *_changed("configuration", said.predicate.configuration, now.predicate.configuration),
        *_changed("stage", said.predicate.byproducts, now.predicate.byproducts),
    ]
    if said.predicate.run != now.predicate.run:
        lines.append(f"it is of the run {said.predicate.run}, this one is {now.predicate.run}")
    if said.predicate.outcome != now.predicate.outcome:
        lines.append(f"it says {said.predicate.outcome}, its policy on these scores gives {now.predicate.outcome}")
    lines += rule_differences(said.predicate.rules, now.predicate.rules, words=words)
    if not lines and said.predicate.baseline != now.predicate.baseline:
        lines.append("it names another baseline")
    if not _of_its_rules(said.predicate):
        lines.append("its result and its lists of tests are not what its own rules say")
    return tuple(lines)


def _of_its_rules(said: Predicate) -> bool:
    """Whether what readers of in-toto look at is what the rules say."""
    passed = tuple(_test_name(rule) for rule in said.rules if rule.outcome == "pass")
    failed = tuple(_test_name(rule) for rule in said.rules if rule.outcome != "pass")
    result = "PASSED" if said.outcome == "pass" else "FAILED"
    return (said.result, said.passed, said.failed, said.warned) == (result, passed, failed, ())


def _changed(kind: str, said: Sequence[Descriptor], now: Sequence[Descriptor]) -> Iterator[str]:
    before, after = ({d.name: d.digest for d in side} for side in (said, now))
    for name in dict.fromkeys((*before, *after)):
        if name not in after:
            yield f"{kind} {name}: the run has none of that name"
        elif name not in before:
            yield f"{kind} {name}: the attestation does not name it"
        elif before[name] != after[name]:
            yield f"{kind} {name}: has another digest"


def _test_name(rule: RuleResult) -> str:
    return f"{rule.variant}: {rule.rule}"


def _configuration(finished: FinishedRun) -> Iterator[Descriptor]:
    manifest = finished.manifest
    digest = hashlib.sha256(manifest.config_text.encode()).hexdigest()
    yield Descriptor(name="config.yaml", digest=Digests(sha256=digest))
    store = Store(Path(manifest.store))
    scores = store.folder(manifest.score_key) / SCORES
    for stage in manifest.stages:
        if stage.stage == "base":
            base = read_record(Checkpoint, store.folder(stage.key) / CHECKPOINT)
            yield Descriptor(name=stage.label, digest=Digests(folder=base.digest))
    yield Descriptor(name=SCORES, digest=Digests(sha256=_sha256(scores)))


def _baseline(decision: GateDecision) -> Iterator[Descriptor]:
    if decision.baseline is not None:
        digest = Digests(sha256=decision.baseline.outcomes_digest)
        yield Descriptor(name=f"outcomes.json of {decision.baseline.name}", digest=digest)


def _subjects(variants: Sequence[VariantEntry], store: Store) -> Iterator[Descriptor]:
    """The files of the weights of each variant and seed."""
    for variant in variants:
        for entry in variant.entries:
            if entry.train is None:
                continue
            stage = store.folder(entry.train)
            weights = stage / read_record(Checkpoint, stage / CHECKPOINT).location
            for path in sorted(p for p in weights.rglob("*") if p.is_file()):
                name = f"{variant.name}/seed-{entry.seed}/{path.relative_to(weights).as_posix()}"
                yield Descriptor(name=name, digest=Digests(sha256=_sha256(path)))


def _sha256(path: Path) -> str:
    try:
        return digest_file(path)
    except OSError as error:
        raise world_error(error, path=path) from error
