"""An attestation of the gate's decision: an in-toto Statement v1 with the predicate `test-result` v0.1.

Sources: in-toto attestation framework, spec/v1/statement.md and spec/predicates/test-result.md. The fields after
`failedTests` are ours; the framework has its readers ignore what they do not know.
"""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from harness.baseline_records import BaselineRun
from harness.policy import Policy
from harness.record import Record
from harness.records import RuleResult

StatementType = Literal["https://in-toto.io/Statement/v1"]
PredicateType = Literal["https://in-toto.io/attestation/test-result/v0.1"]


class _Named(Record):
    """Fields are given by their names and written under their aliases."""

    model_config = ConfigDict(populate_by_name=True)


class Digests(_Named):
    """in-toto's DigestSet; one of them."""

    sha256: str | None = None
    """Of a file's bytes, as sha256sum prints it."""
    folder: str | None = Field(default=None, alias="harnessFolder")
    """Over the names and digests of a folder's files (digests.digest_folder)."""
    stage: str | None = Field(default=None, alias="harnessStage")
    """Over the files of a stage of the store, as its stage.json has it."""


class Descriptor(Record):
    """in-toto's ResourceDescriptor: something, by digest."""

    name: str
    digest: Digests


class Predicate(_Named):
    """What was found."""

    result: Literal["PASSED", "FAILED"]
    """A can't say is FAILED: whoever reads only this must not take it for a pass."""
    configuration: tuple[Descriptor, ...]
    """The resolved config, the base model, the scores, and the outcomes of the run that it was judged against."""
    passed: tuple[str, ...] = Field(alias="passedTests")
    warned: tuple[str, ...] = Field(default=(), alias="warnedTests")
    """None: the gate warns of nothing."""
    failed: tuple[str, ...] = Field(alias="failedTests")
    """Rules that failed or can't say."""
    outcome: Literal["pass", "fail", "cant_say"]
    policy: Policy
    baseline: BaselineRun | None = None
    """The run that it was judged against; None where no rule asks for one, or none was given."""
    rules: tuple[RuleResult, ...]
    byproducts: tuple[Descriptor, ...]
    """Every stage of the run."""
    run: str
    harness: str
    """Version, and commit where it ran from a checkout."""


class Statement(_Named):
    """attestation.json of a run."""

    kind: StatementType = Field(default="https://in-toto.io/Statement/v1", alias="_type")
    subject: tuple[Descriptor, ...]
    """Every file of the weights of every variant and seed that the policy judges."""
    predicate_type: PredicateType = Field(
        default="https://in-toto.io/attestation/test-result/v0.1", alias="predicateType"
    )
    predicate: Predicate
