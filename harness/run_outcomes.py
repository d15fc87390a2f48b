"""A finished run's outcomes on every prompt, from its store: RunOutcomes, which the run's folder keeps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.baseline_records import BaselineRun
from harness.checkpoint_outputs import read_checkpoint
from harness.errors import StoreError
from harness.outcome_records import JudgeIdentity, RunOutcomes, TaskOutcomes, VariantOutcomes
from harness.prompt_outcomes import Answers, answers_of
from harness.record_files import read_record
from harness.records import Checkpoint, Manifest, ScoreTable, TaskCard
from harness.report_records import CheckpointOutputs
from harness.specs import BaseParams, EvaluateParams, JudgeParams, ModelSource, ScoreParams, VariantSeed
from harness.store import Seal, Store


def run_outcomes(manifest: Manifest, table: ScoreTable) -> RunOutcomes:
    """What every checkpoint of the run did. Raises StoreError where a stage of the run is gone from its store."""
    store = Store(Path(manifest.store))
    score = _seal(store, manifest.score_key)
    if not isinstance(score.spec.params, ScoreParams):
        raise StoreError(f"{store.folder(manifest.score_key)}: holds no scores; run the config again")
    entries = score.spec.params.entries
    asked, base = _asked(store, entries[0]), _seal(store, _base_key(store, entries[0]))
    checkpoints = [read_checkpoint(store, entry) for entry in entries]
    judges = _judges(store, entries[0])
    return RunOutcomes(
        run=run_of(manifest),
        score_key=manifest.score_key,
        score_digest=score.digest,
        base=_model(base.spec.params.source) if isinstance(base.spec.params, BaseParams) else "",
        base_digest=read_record(Checkpoint, store.folder(base.spec.key) / "checkpoint.json").digest,
        generation=asked.generation,
        system_prompts=_system_prompts(store, entries, common=asked.generation.system_prompt),
        tasks=tuple(
            _task(card, table=table, asked=asked, judge=judges.get(name), checkpoints=checkpoints)
            for card in table.tasks
            for name in (dict(score.spec.params.primary_judges).get(card.name, ""),)
        ),
    )


def run_of(manifest: Manifest) -> BaselineRun:
    """The run as a decision names it."""
    return BaselineRun(
        name=manifest.name,
        created=manifest.created,
        config_digest=manifest.config_digest,
        git_commit=manifest.git_commit,
    )


def _task(
    card: TaskCard,
    *,
    table: ScoreTable,
    asked: EvaluateParams,
    judge: JudgeIdentity | None,
    checkpoints: Sequence[CheckpointOutputs],
) -> TaskOutcomes:
    name = None if judge is None else judge.name
    answers = {
        variant: answers_of([c for c in checkpoints if c.variant == variant], card, judge=name)
        for variant in dict.fromkeys(c.variant for c in checkpoints)
    }
    prompts = tuple(dict.fromkeys(prompt for one in answers.values() for prompt in one))
    found = None if table.leakage is None else table.leakage.of(card.name)
    return TaskOutcomes(
        card=card,
        rows=next(ref.digest for ref in asked.tasks if ref.name == card.name),
        judge=judge,
        generated=any(s.finish != "choice" for c in checkpoints for s in c.samples if s.task == card.name),
        prompts=prompts,
        leaked=None if found is None else found.leaked,
        variants=tuple(VariantOutcomes(variant=v, outcomes=_rows(one, prompts)) for v, one in answers.items()),
    )


def _rows(answers: Answers, prompts: Sequence[str]) -> tuple[tuple[float | None, ...], ...]:
    seeds = max((len(row) for row in answers.values()), default=0)
    rows = [answers.get(prompt, [float("nan")] * seeds) for prompt in prompts]
    return tuple(tuple(None if row[at] != row[at] else row[at] for row in rows) for at in range(seeds))


def _asked(store: Store, entry: VariantSeed) -> EvaluateParams:
    seal = _seal(store, entry.evaluate)
    if not isinstance(seal.spec.params, EvaluateParams):
        raise StoreError(f"{store.folder(entry.evaluate)}: holds no samples; run the config again")
    return seal.spec.params


def _base_key(store: Store, entry: VariantSeed) -> str:
    return next(i.key for i in _seal(store, entry.evaluate).spec.inputs if i.name == "base")


def _judges(store: Store, entry: VariantSeed) -> dict[str, JudgeIdentity]:
    found = {}
    for key in entry.judges:
        params = _seal(store, key).spec.params
        if isinstance(params, JudgeParams):
            found[params.judge] = JudgeIdentity(
                name=params.judge, settings=params.settings, digest=params.source_digest
            )
    return found


def _system_prompts(
    store: Store, entries: Sequence[VariantSeed], *, common: str | None
) -> tuple[tuple[str, str], ...]:
    """(variant, system prompt) of those that have one of their own."""
    prompts = {entry.variant: _asked(store, entry).generation.system_prompt for entry in entries}
    return tuple((name, text) for name, text in prompts.items() if text is not None and text != common)


def _model(source: ModelSource) -> str:
    return source.location if source.revision is None else f"{source.location} at {source.revision[:12]}"


def _seal(store: Store, key: str) -> Seal:
    seal = store.seal(key)
    if seal is None:
        raise StoreError(f"{store.folder(key)}: is gone from the store; run the config again")
    return seal
