"""The in-toto statement: what it names, and what of it is doubted once the run is another."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from harness.attestation import (
    ATTESTATION,
    Judged,
    attest,
    attest_run,
    differences,
    read_attestation,
    write_attestation,
)
from harness.attestation_records import Statement
from harness.baseline_records import BaselineRun
from harness.errors import InputError, StoreError
from harness.policy import Policy, Rule
from harness.record_files import write_text
from harness.records import Checkpoint, StageEntry, VariantEntry
from harness.run import FinishedRun
from harness.specs import VariantSeed
from harness.stages.gate import decide
from tests.report_sources import make_sources
from tests.tables import rise, score, table

POLICY = Policy(variants=("ift",), rules=(Rule(task="harm", statistic="rise", at_most=0.1),), min_prompts=10)
WEIGHTS = b"not really weights"
CHECKPOINT = Checkpoint(
    kind="full", location="weights", architecture="LlamaForCausalLM", parameters=1, layers=1, digest="d" * 64, dtype="f"
)


def stage(store: Path, key: str) -> StageEntry:
    folder = store / "stages" / key
    (folder / "weights").mkdir(parents=True)
    (folder / "weights" / "model.safetensors").write_bytes(WEIGHTS)
    write_text(folder / "checkpoint.json", CHECKPOINT.model_dump_json())
    kind = key.split("-")[0]
    return StageEntry(label=f"{kind} it", stage=kind, key=key, digest="e" * 64, seconds=1, reused=False)


def variant(name: str, train: str | None) -> VariantEntry:
    seed = None if train is None else 0
    entry = VariantSeed(variant=name, seed=seed, train=train, evaluate="evaluate-0", judges=())
    return VariantEntry(name=name, strategy="ift", description="", entries=(entry,))


@pytest.fixture
def judged(tmp_path: Path) -> Judged:
    """A run of a base and two variants, one of them judged, that passes."""
    store = tmp_path / "store"
    stages = tuple(stage(store, key) for key in ("base-0", "train-0", "train-1"))
    found = table(score("base", 0.1), score("ift", 0.12), comparisons=(rise("ift", 0.02, 0.0, 0.05),))
    (store / "stages" / "score-0").mkdir()
    write_text(store / "stages" / "score-0" / "scores.json", found.model_dump_json())
    manifest = make_sources().manifest.model_copy(
        update={
            "store": str(store), "score_key": "score-0", "stages": stages,
            "variants": (variant("base", None), variant("ift", "train-0"), variant("other", "train-1")),
        }
    )  # fmt: skip
    decision = decide(found, POLICY)
    assert decision.outcome == "pass"
    return Judged(FinishedRun(tmp_path, manifest, found, decision), POLICY, decision)


def test_the_judged_weights_are_named_by_the_digest_of_each_file(judged: Judged) -> None:
    subject = attest(judged).subject
    assert [s.name for s in subject] == ["ift/seed-0/model.safetensors"]
    assert subject[0].digest.sha256 == hashlib.sha256(WEIGHTS).hexdigest()


def test_written_it_is_an_in_toto_statement_of_test_results(judged: Judged, tmp_path: Path) -> None:
    path = tmp_path / "new" / "it.json"
    write_attestation(attest(judged), path)
    made = json.loads(path.read_text())
    assert made["_type"] == "https://in-toto.io/Statement/v1"
    assert made["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    assert all(set(s) == {"name", "digest"} and set(s["digest"]) == {"sha256"} for s in made["subject"])
    predicate = made["predicate"]
    assert predicate["result"] == "PASSED" and len(predicate["passedTests"]) == 1 and predicate["failedTests"] == []
    assert {c["name"]: set(c["digest"]) for c in predicate["configuration"]} == {
        "config.yaml": {"sha256"}, "base it": {"harnessFolder"}, "scores.json": {"sha256"}
    }  # fmt: skip
    assert read_attestation(path) == attest(judged)


def test_a_cant_say_has_not_passed(judged: Judged) -> None:
    unsure = judged.policy.model_copy(update={"min_prompts": 10_000})
    decision = decide(judged.finished.table, unsure)
    predicate = attest(Judged(judged.finished, unsure, decision)).predicate
    assert (predicate.outcome, predicate.result, len(predicate.failed)) == ("cant_say", "FAILED", 1)


def test_nothing_is_doubted_while_nothing_changed(judged: Judged) -> None:
    assert differences(attest(judged), attest(judged)) == ()


def test_other_weights_are_found(judged: Judged, tmp_path: Path) -> None:
    said = attest(judged)
    weights = tmp_path / "store" / "stages" / "train-0" / "weights"
    (weights / "model.safetensors").write_bytes(b"jailbroken")
    (weights / "more.json").write_bytes(b"{}")
    assert differences(said, attest(judged)) == (
        "subject ift/seed-0/model.safetensors: has another digest",
        "subject ift/seed-0/more.json: the attestation does not name it",
    )


def forged(judged: Judged, **changes: object) -> Statement:
    said = attest(judged)
    return said.model_copy(update={"predicate": said.predicate.model_copy(update=changes)})


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"run": "another"}, "it is of the run another, this one is"),
        ({"outcome": "fail"}, "it says fail, its policy on these scores gives pass"),
        ({"result": "FAILED"}, "its result and its lists of tests are not what its own rules say"),
        ({"passed": ()}, "its result and its lists of tests are not what its own rules say"),
        ({"rules": ()}, "has 0 rules; the policy asks 1"),
        ({"byproducts": ()}, "stage base it: the attestation does not name it"),
        ({"configuration": ()}, "configuration config.yaml: the attestation does not name it"),
    ],
)
def test_what_is_forged_is_found(judged: Judged, changes: dict[str, object], line: str) -> None:
    assert differences(forged(judged, **changes), attest(judged))[0].startswith(line)


def test_a_forged_reason_is_found_and_other_words_of_another_version_are_none(judged: Judged) -> None:
    said = attest(judged)
    rules = (said.predicate.rules[0].model_copy(update={"reason": "all is well"}),)
    told = forged(judged, rules=rules)
    assert differences(told, said) == ("rule 1: its reason is not what the policy gives on the stored scores",)
    assert differences(told, said, words=False) == ()


def test_forged_numbers_are_found_in_any_version(judged: Judged) -> None:
    rules = (attest(judged).predicate.rules[0].model_copy(update={"measured": 0.0}),)
    assert "rule 1: its measured is 0.0" in differences(forged(judged, rules=rules), attest(judged), words=False)[0]


def test_a_run_whose_gate_is_gone_keeps_no_attestation(judged: Judged, tmp_path: Path) -> None:
    (tmp_path / ATTESTATION).write_text("{}")
    attest_run(FinishedRun(tmp_path, judged.finished.manifest, judged.finished.table, None))
    assert not (tmp_path / ATTESTATION).exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [(None, "cannot be read"), ("{}", "not an attestation of this version: "), ("]", "not an attestation")],
)
def test_what_is_no_attestation_is_refused(tmp_path: Path, text: str | None, words: str) -> None:
    path = tmp_path / "it.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError, match=words):
        read_attestation(path)


def test_weights_that_are_gone_are_named(judged: Judged, tmp_path: Path) -> None:
    (tmp_path / "store" / "stages" / "train-0" / "checkpoint.json").unlink()
    with pytest.raises(StoreError, match=r"checkpoint\.json"):
        attest(judged)


def test_a_baseline_is_named_by_the_digest_of_its_outcomes(judged: Judged) -> None:
    against = BaselineRun(name="main", created="", config_digest="c" * 64, outcomes_digest="0" * 64)
    decision = judged.decision.model_copy(update={"baseline": against})
    said = attest(Judged(judged.finished, judged.policy, decision))
    assert said.predicate.baseline == against
    assert differences(said, attest(judged)) == ("configuration outcomes.json of main: the run has none of that name",)
