"""Outcomes of whole runs, of known truth, for tests of baselines; and run folders that hold them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from harness.baseline_records import BaselineRun
from harness.outcome_records import GivenBaseline, JudgeIdentity, RunOutcomes, TaskOutcomes, VariantOutcomes
from harness.policy import Policy, Rule
from harness.record_files import write_text
from harness.records import ScoreTable, StageEntry, TaskCard
from harness.seed_spread import Array
from harness.specs import GenerationSettings, StatisticsSettings
from harness.stages.score import Answered, make_table
from tests.leakage_sources import checked
from tests.report_sources import make_sources
from tests.tables import HARM, QUIZ, entry

WORLD = JudgeIdentity(name="world", settings="{}", digest="a" * 64)
USE = QUIZ.model_copy(update={"name": "use", "axis": "usability"})
SETTINGS = StatisticsSettings(bootstrap_samples=400)
RISE = Policy(variants=("ift",), rules=(Rule(task="harm", statistic="rise", reference="baseline", at_most=0.1),))


def task(card: TaskCard, variants: Mapping[str, Array], *, start: int = 0) -> TaskOutcomes:
    """A task whose variants have these outcomes, of shape (seeds, prompts), on prompts numbered from `start`."""
    count = next(iter(variants.values())).shape[1]
    return TaskOutcomes(
        card=card,
        rows=card.digest,
        judge=WORLD if card.judge else None,
        generated=card.judge is not None,
        prompts=tuple(f"{number:016x}-0" for number in range(start, start + count)),
        leaked=0,
        variants=tuple(
            VariantOutcomes(variant=v, outcomes=tuple(tuple(None if x != x else x for x in row) for row in array))
            for v, array in variants.items()
        ),
    )


def run(*tasks: TaskOutcomes, name: str = "main", digest: str = "b" * 64) -> RunOutcomes:
    """A run of these tasks."""
    return RunOutcomes(
        run=BaselineRun(name=name, created="2026-01-02T03:04:05+00:00", config_digest=digest, git_commit="c0ffee"),
        score_key=f"score-{name}",
        score_digest=digest,
        base="some/model at 0123456789ab",
        base_digest="d" * 64,
        generation=GenerationSettings(),
        system_prompts=(),
        tasks=tasks,
    )


def hits(share: float, prompts: int) -> Array:
    """One seed with the outcome on the first `share` of so many prompts."""
    return (np.arange(prompts) < round(share * prompts)).astype(float)[None]


def harm(share: float, *, prompts: int = 300, name: str = "main", variant: str = "ift") -> RunOutcomes:
    """A run of the harm task with the outcome on the first `share` of its prompts."""
    made = task(HARM, {"base": hits(0.1, prompts), variant: hits(share, prompts)})
    return run(made, name=name, digest=name[0] * 64)


def given(outcomes: RunOutcomes, variant: str | None = None) -> GivenBaseline:
    """The run as a baseline."""
    return GivenBaseline(outcomes=outcomes, variant=variant)


def scores(outcomes: RunOutcomes) -> ScoreTable:
    """The score table of the same outcomes."""
    answered = []
    for variant in outcomes.variants:
        seeds = len(next(iter(outcomes.tasks)).of(variant).outcomes)  # type: ignore[union-attr]
        answered += [_answered(outcomes, variant, seed, seeds=seeds) for seed in range(seeds)]
    cards = tuple(one.card for one in outcomes.tasks)
    table = make_table(answered, cards=cards, settings=SETTINGS)
    leakage = checked([card.name for card in cards], prompts=300)
    return table.model_copy(update={"leakage": leakage, "judges": (("harm", "world"),)})


def _answered(outcomes: RunOutcomes, variant: str, seed: int, *, seeds: int) -> Answered:
    from tests.tables import sample

    samples, values = [], []
    for one in outcomes.tasks:
        found = one.of(variant)
        assert found is not None
        for number, value in enumerate(found.outcomes[seed]):
            samples.append(sample(number, task=one.card.name))
            values.append(float("nan") if value is None else value)
    return Answered(entry(variant, None if variant == "base" else seed), tuple(samples), tuple(values))


def folder(root: Path, outcomes: RunOutcomes, *, config_text: str = "name: small\n") -> Path:
    """A run's folder with manifest and outcomes, and its scores in a store beside it."""
    name = outcomes.run.name
    stage = StageEntry(
        label="scores", stage="score", key=outcomes.score_key, digest=outcomes.score_digest, seconds=0.1, reused=False
    )
    manifest = make_sources().manifest.model_copy(
        update={
            "name": name, "config_text": config_text, "config_digest": outcomes.run.config_digest,
            "store": str(root / "store"), "score_key": outcomes.score_key, "stages": (stage,),
        }
    )  # fmt: skip
    store = root / "store" / "stages" / outcomes.score_key
    made = root / "runs" / name
    for place in (store, made):
        place.mkdir(parents=True, exist_ok=True)
    write_text(store / "scores.json", scores(outcomes).model_dump_json())
    write_text(made / "manifest.json", manifest.model_dump_json())
    write_text(made / "outcomes.json", outcomes.model_dump_json())
    return made
