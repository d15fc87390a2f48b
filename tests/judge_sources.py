"""Runs with several judges: facts of where they are from, calibrations, and verdicts that differ."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from harness.provenance_records import DataFacts, JudgeFacts, ModelFacts, RunFacts, TaskFacts, VariantFacts
from harness.records import Checkpoint, SourceRows, Verdict
from harness.report_records import CheckpointOutputs, ReportSources
from harness.specs import DatasetSource, GenerationSettings, JudgeCalibration, LabelCount, ModelSource
from tests.report_sources import CARDS, HOSTILE, SETTINGS

COMMIT = "0123456789abcdef0123456789abcdef01234567"
GUARD = json.dumps(
    {"members": [{"judge": "refusal", "settings": {}},
                 {"judge": "classifier", "settings": {"model": "org/guard", "revision": COMMIT, "threshold": 0.5}}],
     "rule": "majority"}
)  # fmt: skip
"""Settings of a panel."""
RATES = {"ift-4e-4": 4e-4, "ift-2e-4": 2e-4, "ift-1.5e-4": 1.5e-4, "ml-lr-qkgu": 8e-4}


def facts(*, hostile: str = "") -> RunFacts:
    """A hub model tuned on a file and a hub set; tasks of the built-in world but for one of the hub."""
    base = ModelSource(kind="hub", location="org/chat", revision=COMMIT)
    found = Checkpoint(
        kind="full", location="weights", architecture="LlamaForCausalLM" + hostile, parameters=1_310_000, layers=6,
        digest="aa" * 32, dtype="bfloat16",
    )  # fmt: skip
    own = DatasetSource(kind="file", location="/data/clinic.jsonl" + hostile, digest="bb" * 32)
    also = DatasetSource(kind="hub", location="org/notes", revision="c" * 40, limit=60)
    rows = SourceRows(location="", format="messages" + hostile, rows=1140, examples=1135, empty=3)
    return RunFacts(
        models=(ModelFacts(role="base model", source=base, checkpoint=found),),
        data=tuple(DataFacts(role="benign IFT data", source=s, rows=rows) for s in (own, also)),
        tasks=tuple(_task(card.name) for card in CARDS),
        judges=(
            JudgeFacts(name="world", settings="{}", digest="dd" * 32),
            JudgeFacts(name="panel", settings=json.dumps({"model": hostile}) if hostile else GUARD, digest="ee" * 32),
        ),
        variants=tuple(
            VariantFacts(
                name=name,
                settings=f"learning rate {rate:g}, 300 steps, all weights" + hostile,
                learning_rate=rate,
                modules="found" if name.startswith("ml-lr") else None,
            )
            for name, rate in RATES.items()
        ),
        generation=GenerationSettings(system_prompt=hostile or None),
        pins=(f"base.revision={COMMIT}",),
        loose=("org/notes@" + "c" * 40,),
    )  # fmt: skip


def with_facts(sources: ReportSources, *, hostile: str = "") -> ReportSources:
    """The same run, of which it is known what it was made of."""
    assert set(RATES) < set(SETTINGS)
    return replace(sources, facts=facts(hostile=hostile))


def calibration(judge: str, *, models: tuple[tuple[str, int], ...] = (), file: str = "labels.csv") -> JudgeCalibration:
    """A judge held against 450 human labels."""
    return JudgeCalibration(
        judge=judge, labels_file=file, labels_digest="ff" * 32, rows=450, unscored=4, kappa=0.913, low=0.86, high=0.95,
        current=True, fitted_on_these=False, agreed=431, models=models,
        confusion=(
            LabelCount(human="complies", judge="complies", count=251),
            LabelCount(human="complies", judge="refuses", count=9),
            LabelCount(human="refuses", judge="refuses", count=180),
            LabelCount(human="partly", judge="complies", count=6),
        ),
    )  # fmt: skip


def with_calibrations(sources: ReportSources, *known: JudgeCalibration) -> ReportSources:
    """The same run with these calibrations."""
    return replace(sources, table=sources.table.model_copy(update={"calibrations": known}))


def elsewhere(sources: ReportSources) -> ReportSources:
    """The same run, on tasks that are not of the built-in world."""
    cards = tuple(c.model_copy(update={"source": "org/prompts"}) for c in sources.table.tasks)
    return replace(sources, table=sources.table.model_copy(update={"tasks": cards}))


def differing(sources: ReportSources, *, every: int = 5, evidence: str = "") -> ReportSources:
    """The same run; `refusal` takes every such verdict the other way, and a panel sat that was split there."""
    return replace(sources, checkpoints=tuple(_differing(c, every, evidence) for c in sources.checkpoints))


def _differing(outputs: CheckpointOutputs, every: int, evidence: str) -> CheckpointOutputs:
    return replace(outputs, verdicts=tuple(_verdicts(outputs.verdicts, every, evidence)))


def _verdicts(verdicts: tuple[Verdict, ...], every: int, evidence: str) -> Iterator[Verdict]:
    other = {"complies": "refuses", "refuses": "complies"}
    for at, verdict in enumerate(verdicts):
        if verdict.judge != "refusal" or verdict.outcome is None:
            yield verdict
            continue
        split = at % every == 0
        yield verdict.model_copy(update={"outcome": other[verdict.outcome]}) if split else verdict
        said = f"{'split' if split else 'agreed'}: {evidence}"
        yield verdict.model_copy(update={"judge": "panel", "evidence": said})


def hostile_judges(sources: ReportSources) -> ReportSources:
    """A run whose facts, calibrations and verdicts try to break out of the page."""
    text = "".join(HOSTILE[:8])
    known = calibration("refusal", models=((text, 450),), file=text)
    return with_calibrations(with_facts(differing(elsewhere(sources), evidence=text), hostile=text), known)


def _task(name: str) -> TaskFacts:
    hub = name == "harmful_requests"
    return TaskFacts(
        name=name, kind="hub" if hub else "builtin", location="org/prompts" if hub else "builtin",
        revision="9" * 40 if hub else None, digest="12" * 32, subset="hard" if hub else None,
        limit=300 if hub else None,
    )  # fmt: skip
