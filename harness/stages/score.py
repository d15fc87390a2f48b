"""Stage score: samples and verdicts → scores with intervals, every pair of variants on the same prompts, and variants
at matched expertise and training loss."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from pydantic import TypeAdapter

from harness import statistics
from harness.category_scores import categories_of, category_scores
from harness.errors import SilentFailureError
from harness.leakage_records import Leakage
from harness.matched import Measured, compare_matched, plain_curves, planes_of
from harness.power import detectable_margin, non_inferiority
from harness.ranking import rank
from harness.ranking_records import RankingParams
from harness.record_files import read_lines, read_record
from harness.records import CategoryScore, Comparison, Sample, Score, ScoreTable, TaskCard, TrainSummary, Verdict
from harness.specs import Family, ScoreParams, StatisticsSettings, VariantSeed
from harness.stages import Progress, StageContext

BASE = "base"
CARDS = TypeAdapter(tuple[TaskCard, ...])


@dataclass(frozen=True)
class Pair:
    """Outcomes of two variants: (seeds, prompts) each, of the same prompts in the same order."""

    variant: statistics.Array
    reference: statistics.Array
    same_seeds: bool = False
    """Whether rows are of the same training seeds of one run, in the same order."""


@dataclass(frozen=True)
class Answered:
    """One checkpoint's outcomes."""

    entry: VariantSeed
    samples: tuple[Sample, ...]
    outcomes: tuple[float, ...]
    """Beside the samples: 1 where the task's outcome occurred, 0 where not, a part of it where the metric or the judge
    says so, NaN where unscored."""
    final_loss: float | None = None
    """Of the training, on the IFT data; None for the base, and where it is not known."""


def run(params: ScoreParams, context: StageContext) -> None:
    """Write scores.json.

    Raises SilentFailureError where a tuned checkpoint answers exactly like the base, or prompts do not pair up.
    """
    cards = CARDS.validate_json((context.input(params.entries[0].evaluate) / "tasks.json").read_bytes())
    called = dict(params.outcomes)
    cards = tuple(card.model_copy(update={"outcome": called.get(card.name, card.outcome)}) for card in cards)
    primary = dict(params.primary_judges)
    answered = []
    for number, entry in enumerate(params.entries, start=1):
        one = read_answers(entry, context, cards=cards, primary=primary)
        answered.append(replace(one, final_loss=None) if entry.variant in params.without_loss else one)
        context.progress(Progress(number, len(params.entries), "scoring"))
    check_differs(answered)
    table = make_table(answered, cards=cards, settings=params.statistics)
    table = with_matched(table, answered, families=params.families)
    if params.ranking is not None:
        table = with_ranking(table, answered, params=params.ranking)
    table = table.model_copy(update={"judges": params.primary_judges, "calibrations": params.calibrations})
    if context.has("leakage"):
        found = read_record(Leakage, context.input("leakage") / "leakage.json")
        table = table.model_copy(update={"leakage": found})
    (context.folder / "scores.json").write_text(table.model_dump_json(indent=1), encoding="utf-8")


def read_answers(
    entry: VariantSeed, context: StageContext, *, cards: Sequence[TaskCard], primary: dict[str, str]
) -> Answered:
    """One checkpoint's samples with their outcomes."""
    samples = read_lines(Sample, context.input(entry.evaluate) / "samples.jsonl")
    verdicts: dict[tuple[str, str], Verdict] = {}
    for key in entry.judges:
        for verdict in read_lines(Verdict, context.input(key) / "verdicts.jsonl"):
            if primary.get(verdict.task) == verdict.judge:
                verdicts[verdict.task, verdict.sample_id] = verdict
    by_name = {card.name: card for card in cards}
    outcomes = tuple(outcome_of(s, by_name[s.task], verdicts.get((s.task, s.sample_id))) for s in samples)
    loss = None
    if entry.train is not None:
        path = context.input(entry.train) / "summary.json"
        loss = TrainSummary.model_validate_json(path.read_bytes()).final_loss
    return Answered(entry, samples, outcomes, loss)


def outcome_of(sample: Sample, card: TaskCard, verdict: Verdict | None) -> float:
    """From 0 to 1, or NaN: by the verdict for a judged task, by lm-eval's metric for the others."""
    if card.judge is None:
        return math.nan if sample.metric is None else float(sample.metric)
    if verdict is None or verdict.outcome is None:
        return math.nan
    return float(verdict.outcome in card.counts) if verdict.value is None else verdict.value


def check_differs(answered: Sequence[Answered]) -> None:
    """Raise SilentFailureError for a tuned checkpoint whose every answer is the base's: its weights were not used."""
    base = next((a for a in answered if a.entry.variant == BASE), None)
    if base is None:
        return
    before = [_answer(s) for s in base.samples]
    for other in answered:
        if other.entry.train is not None and [_answer(s) for s in other.samples] == before:
            raise SilentFailureError(
                f"{other.entry.variant} seed {other.entry.seed}: all {len(before)} answers equal the base model's; "
                "its tuned weights or adapter cannot have been applied, or its learning rate is next to nothing"
            )


def make_table(answered: Sequence[Answered], *, cards: Sequence[TaskCard], settings: StatisticsSettings) -> ScoreTable:
    """All scores and comparisons."""
    grouped = _by_variant(answered)
    seeds = {name: tuple(a.entry.seed for a in group) for name, group in grouped.items()}
    scores: list[Score] = []
    comparisons: list[Comparison] = []
    categories: list[CategoryScore] = []
    for card in cards:
        arrays = {name: outcome_array(group, card.name) for name, group in grouped.items()}
        for name, group in grouped.items():
            scores += _scores(name, group, card, settings)
        comparisons += compare(arrays, card, settings, seeds=seeds)
        kinds = categories_of(answered[0].samples, card.name) if answered else ()
        for name, array in arrays.items() if kinds else ():
            categories += category_scores(name, card.name, array, categories=kinds, settings=settings)
    return ScoreTable(
        tasks=tuple(cards),
        scores=tuple(scores),
        comparisons=tuple(comparisons),
        statistics=settings,
        categories=tuple(categories),
    )


def with_matched(table: ScoreTable, answered: Sequence[Answered], *, families: Sequence[Family]) -> ScoreTable:
    """The table with every comparison at matched expertise or training loss, and plain IFT's curves."""
    tuned = [m for m in _measured(table, answered) if m.seeds]
    planes = planes_of(tuned, cards=table.tasks, settings=table.statistics)
    confidence = table.statistics.confidence
    matched = compare_matched(planes, families=families, confidence=confidence)
    curves = plain_curves(planes, families=families, confidence=confidence)
    return table.model_copy(update={"families": tuple(families), "matched": matched, "curves": curves})


def with_ranking(table: ScoreTable, answered: Sequence[Answered], *, params: RankingParams) -> ScoreTable:
    """The table with the ranking of its tuned variants."""
    return table.model_copy(
        update={"ranking": rank(_measured(table, answered), params, settings=table.statistics)}
    )


def _measured(table: ScoreTable, answered: Sequence[Answered]) -> list[Measured]:
    """All variants; the base is without seeds."""
    found = []
    for name, group in _by_variant(answered).items():
        seeds = tuple(a.entry.seed for a in group if a.entry.seed is not None)
        losses = tuple(a.final_loss for a in group if a.final_loss is not None)
        outcomes = tuple((card.name, outcome_array(group, card.name)) for card in table.tasks)
        found.append(Measured(name, seeds, losses, outcomes))
    return found


def _by_variant(answered: Sequence[Answered]) -> dict[str, tuple[Answered, ...]]:
    return {name: tuple(group) for name, group in itertools.groupby(answered, key=lambda a: a.entry.variant)}


def outcome_array(group: Sequence[Answered], task: str) -> statistics.Array:
    """(seeds, prompts) outcomes of a variant on a task. Raises SilentFailureError where seeds saw other prompts."""
    rows, prompts = [], None
    for answers in group:
        chosen = [i for i, s in enumerate(answers.samples) if s.task == task]
        ids = [answers.samples[i].sample_id for i in chosen]
        if prompts is not None and ids != prompts:
            raise SilentFailureError(f"{task}: {answers.entry.variant} saw other prompts than its other seeds")
        prompts = ids
        rows.append([answers.outcomes[i] for i in chosen])
    return np.array(rows, dtype=np.float64)


def _scores(name: str, group: Sequence[Answered], card: TaskCard, settings: StatisticsSettings) -> list[Score]:
    array = outcome_array(group, card.name)
    truncated = [sum(s.task == card.name and s.finish == "length" for s in a.samples) for a in group]
    made = [_one_seed(array[i], card, settings, group[i].entry, truncated[i]) for i in range(len(group))]
    if group[0].entry.seed is None:
        return [s.model_copy(update={"seed": None}) for s in made]
    pooled = statistics.clustered_share(
        array, confidence=settings.confidence, samples=settings.bootstrap_samples, seed=settings.seed
    )
    scored = int((~np.isnan(array)).sum())
    whole = Score(
        variant=name,
        seed=None,
        task=card.name,
        axis=card.axis,
        value=None if pooled is None else pooled.value,
        low=None if pooled is None else pooled.low,
        high=None if pooled is None else pooled.high,
        scored=scored,
        unscored=array.size - scored,
        truncated=sum(truncated),
        seeds=len(group),
        lowest=_lowest(array),
        highest=_highest(array),
    )
    return [*made, whole]


def _one_seed(
    row: statistics.Array, card: TaskCard, settings: StatisticsSettings, entry: VariantSeed, truncated: int
) -> Score:
    scored = row[~np.isnan(row)]
    interval = None
    if scored.size:
        interval = statistics.wilson(float(scored.sum()), scored.size, confidence=settings.confidence)
    return Score(
        variant=entry.variant,
        seed=entry.seed,
        task=card.name,
        axis=card.axis,
        value=None if interval is None else interval.value,
        low=None if interval is None else interval.low,
        high=None if interval is None else interval.high,
        scored=int(scored.size),
        unscored=int(row.size - scored.size),
        truncated=truncated,
        lowest=_lowest(row),
        highest=_highest(row),
    )


def _lowest(outcomes: statistics.Array) -> float | None:
    return statistics.unscored_bounds(outcomes)[0] if np.isnan(outcomes).any() else None


def _highest(outcomes: statistics.Array) -> float | None:
    return statistics.unscored_bounds(outcomes)[1] if np.isnan(outcomes).any() else None


def compare(
    arrays: dict[str, statistics.Array],
    card: TaskCard,
    settings: StatisticsSettings,
    *,
    seeds: Mapping[str, tuple[int | None, ...]],
) -> tuple[Comparison, ...]:
    """Every variant against the base and against every variant before it; Holm over the task's family.

    `seeds` are the training seeds of each variant's rows: variants of the same ones are compared seed by seed.
    """
    found = []
    for reference, variant in itertools.combinations(arrays, 2):
        left, right = arrays[variant], arrays[reference]
        if left.shape[1] != right.shape[1]:
            counts = f"{variant} answered {left.shape[1]} prompts, {reference} {right.shape[1]}"
            raise SilentFailureError(f"{card.name}: {counts}")
        pair = Pair(left, right, same_seeds=seeds[variant] == seeds[reference])
        made = compare_pair(variant, reference, card.name, pair, settings)
        if made is not None:
            found.append(_with_margin(made, pair, card, settings) if reference == BASE else made)
    adjusted = statistics.holm([c.p_value for c in found])
    return tuple(c.model_copy(update={"p_value": p}) for c, p in zip(found, adjusted, strict=True))


def compare_pair(
    variant: str,
    reference: str,
    task: str,
    pair: Pair,
    settings: StatisticsSettings,
) -> Comparison | None:
    """Two variants on the same prompts; None where both scored no prompt.

    The p-value is not adjusted, and nothing is said of a margin.
    """
    left, right = pair.variant, pair.reference
    difference = statistics.seedwise_difference if pair.same_seeds else statistics.paired_difference
    interval = difference(
        left, right, confidence=settings.confidence, samples=settings.bootstrap_samples, seed=settings.seed
    )
    if interval is None:
        return None
    ours, theirs = statistics.majority(left), statistics.majority(right)
    rose, fell = int(((ours == 1) & (theirs == 0)).sum()), int(((ours == 0) & (theirs == 1)).sum())
    return Comparison(
        variant=variant,
        reference=reference,
        task=task,
        difference=interval.value,
        low=interval.low,
        high=interval.high,
        p_value=statistics.mcnemar(rose, fell),
        rose=rose,
        fell=fell,
        prompts=int((~np.isnan(ours) & ~np.isnan(theirs)).sum()),
    )


def _with_margin(made: Comparison, pair: Pair, card: TaskCard, settings: StatisticsSettings) -> Comparison:
    """The comparison with its non-inferiority, where the task's axis has a margin."""
    margin = settings.margins.of(card.axis)
    if margin is None:
        return made
    interval = statistics.Interval(made.difference, made.low, made.high)
    # Where no prompt differs that does not show that none would: it counts as if one did.
    discordant = max(statistics.discordance(pair.variant, pair.reference), 1 / made.prompts)
    detectable = detectable_margin(
        made.prompts, discordant=discordant, confidence=settings.confidence, power=settings.power
    )
    shown = non_inferiority(interval, margin=margin, direction=card.direction)
    return made.model_copy(update={"margin": margin, "non_inferiority": shown, "detectable": detectable})


def _answer(sample: Sample) -> tuple[str, str, str]:
    return (sample.sample_id, sample.completion, sample.chosen)
