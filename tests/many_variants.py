"""A run of fifteen variants and three seeds with known shares, for the ranking in words, on the page and in costs."""

from __future__ import annotations

import random
from collections.abc import Sequence

from harness.costs import ExtraData, VariantCost
from harness.ranking_records import RankingParams
from harness.records import Manifest, VariantEntry
from harness.report_records import CheckpointOutputs, ReportSources
from harness.specs import StatisticsSettings, VariantSeed
from harness.stages.score import Answered, make_table, outcome_of, with_matched, with_ranking
from tests import report_sources
from tests.matched import family
from tests.report_sources import CARDS, SEEDS, judged, sample, training

HARM, SKILL = CARDS[0], CARDS[-1]
PLAIN = ("ift-4e-4", "ift-2e-4", "ift-1e-4", "ift-5e-5")
CONTROLS = ("random", "complement")
SHARES = {
    "base": ("none", 0.01, 0.05),
    "ift-4e-4": ("ift", 0.80, 0.95),
    "ift-2e-4": ("ift", 0.45, 0.88),
    "ift-1e-4": ("ift", 0.20, 0.60),
    "ift-5e-5": ("ift", 0.08, 0.35),
    "ml-lr": ("ml_lr", 0.16, 0.93),
    "random": ("ml_lr", 0.35, 0.90),
    "complement": ("ml_lr", 0.60, 0.93),
    "swat": ("swat", 0.03, 0.945),
    "kl-tokens": ("kl", 0.10, 0.80),
    "lisa": ("lisa", 0.12, 0.85),
    "wise-ft": ("wise_ft", 0.25, 0.86),
    "safe-lora": ("safe_lora", 0.22, 0.91),
    "safety-mix": ("safety_mix", 0.05, 0.865),
    "ptst": ("ptst", 0.14, 0.95),
    "adopted": ("checkpoint", 0.02, 0.40),
}
"""variant → (strategy, harm, expertise)."""


def many_sources(*, prompts: int = 120, rename: str = "{}") -> ReportSources:
    """The run; `rename` is put around every tuned variant's name."""
    names = {v: rename.format(v) if v != "base" else v for v in SHARES}
    made = [_checkpoint(v, s, prompts) for v in SHARES for s in ((None,) if v == "base" else SEEDS)]
    outputs = [CheckpointOutputs(names[c.variant], c.seed, c.train, c.samples, c.verdicts) for c in made]
    answered = [_answered(c) for c in outputs]
    table = make_table(answered, cards=(HARM, SKILL), settings=StatisticsSettings(bootstrap_samples=400))
    families = [family("plain", *(names[v] for v in PLAIN)), *(family("control", names[v]) for v in CONTROLS)]
    families += [family("other", names[v]) for v in SHARES if v not in (*PLAIN, *CONTROLS, "base")]
    table = with_matched(table, answered, families=families)
    params = RankingParams(
        at_least=0.9, harm_task=HARM.name, expertise_task=SKILL.name, references=tuple(names[v] for v in PLAIN)
    )
    return ReportSources(
        manifest=_manifest(names),
        table=with_ranking(table, answered, params=params),
        decision=None,
        checkpoints=tuple(outputs),
        dataset=None,
        primary_judges=((HARM.name, "world"),),
        costs=tuple(_cost(v, names) for v in SHARES if v != "base"),
    )


def _checkpoint(variant: str, seed: int | None, prompts: int) -> CheckpointOutputs:
    rng = random.Random(f"{variant} {seed}")
    samples, verdicts = [], []
    for task, share in zip((HARM, SKILL), SHARES[variant][1:], strict=True):
        for number in range(prompts):
            hit = rng.random() < share
            samples.append(sample(task, number, hit=hit))
            if task.metric is None:
                verdicts += judged(task, number, hit=hit, sure=True)
    train = None if seed is None else training(rng)
    return CheckpointOutputs(variant, seed, train, tuple(samples), tuple(verdicts))


def _answered(outputs: CheckpointOutputs) -> Answered:
    verdicts = {(v.task, v.sample_id): v for v in outputs.verdicts if v.judge == "world"}
    cards = {c.name: c for c in (HARM, SKILL)}
    outcomes = (outcome_of(s, cards[s.task], verdicts.get((s.task, s.sample_id))) for s in outputs.samples)
    entry = VariantSeed(variant=outputs.variant, seed=outputs.seed, train=None, evaluate="", judges=())
    loss = None if outputs.train is None else outputs.train.final_loss
    return Answered(entry, outputs.samples, tuple(outcomes), loss)


def _cost(variant: str, names: dict[str, str]) -> VariantCost:
    searched = ("ml-lr", "random", "complement", "swat")
    alike = ("ift-4e-4", "wise-ft", "safe-lora", "ptst")
    safety = variant in ("lisa", "safety-mix")
    trained = variant != "adopted"
    return VariantCost(
        variant=names[variant],
        train_seconds=42.4 if trained else None,
        restore_seconds=3.21 if variant in ("wise-ft", "safe-lora") else None,
        prepare_seconds=2539.0 if variant in searched else None,
        evaluate_seconds=31.0,
        peak_memory=3 * 2**30 if trained else None,
        steps=300 if trained else None,
        tokens_seen=196_102 if trained else None,
        extra_data=(ExtraData(location="builtin:safe", examples=60),) if safety else (),
        extra_models=("unaligned sibling builtin:unaligned",) if variant == "safe-lora" else (),
        system_prompt=213 if variant == "ptst" else None,
        shares_training=_without(alike, variant, names),
        shares_prepare=_without(searched, variant, names),
    )


def _without(group: Sequence[str], variant: str, names: dict[str, str]) -> tuple[str, ...]:
    return tuple(names[v] for v in group if v != variant) if variant in group else ()


def _manifest(names: dict[str, str]) -> Manifest:
    variants = []
    for variant, (strategy, _, _) in SHARES.items():
        seeds = (None,) if variant == "base" else SEEDS
        entries = tuple(
            VariantSeed(variant=names[variant], seed=s, train=None if s is None else "t", evaluate="e", judges=())
            for s in seeds
        )
        variants.append(VariantEntry(name=names[variant], strategy=strategy, description="", entries=entries))
    return report_sources.make_sources(prompts=2).manifest.model_copy(update={"variants": tuple(variants)})
