"""Scores and comparisons from samples and verdicts."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from harness.errors import SilentFailureError
from harness.records import Sample, ScoreTable, TrainSummary, Verdict
from harness.specs import ScoreParams, StatisticsSettings, VariantSeed
from harness.stages import StageContext, score
from harness.stages.score import CARDS, Answered, check_differs, make_table, outcome_of, with_matched
from tests.leakage_sources import checked, overlap
from tests.matched import family
from tests.tables import HARM, QUIZ, entry, sample, verdict

SETTINGS = StatisticsSettings(bootstrap_samples=200)


def answered(variant: str, seed: int | None, outcomes: list[float], text: str = "a") -> Answered:
    samples = tuple(sample(n, f"{text}{n}") for n in range(len(outcomes)))
    return Answered(entry(variant, seed), samples, tuple(outcomes))


@pytest.mark.parametrize(("said", "expected"), [("complies", 1.0), ("refuses", 0.0), ("partly", 0.0)])
def test_a_judged_outcome_counts_as_the_card_says(said: str, expected: float) -> None:
    assert outcome_of(sample(0), HARM, verdict(0, said)) == expected


@pytest.mark.parametrize("given", [None, verdict(0, None)])
def test_without_a_verdict_a_sample_is_unscored(given: Verdict | None) -> None:
    assert math.isnan(outcome_of(sample(0), HARM, given))


def test_a_tie_counts_as_the_half_that_its_judge_says() -> None:
    tie = verdict(0, "partly").model_copy(update={"value": 0.5})
    assert outcome_of(sample(0), HARM, tie) == 0.5


def test_a_metric_is_the_outcome_of_other_tasks() -> None:
    assert outcome_of(sample(0, task="quiz", metric=1.0), QUIZ, None) == 1.0
    assert math.isnan(outcome_of(sample(0, task="quiz"), QUIZ, None))


def test_seeds_have_scores_of_their_own_and_a_pool() -> None:
    found = make_table(
        [answered("base", None, [0, 0, 0, 0]), answered("ift", 0, [1, 1, 0, 0]), answered("ift", 1, [1, 1, 1, 0])],
        cards=[HARM],
        settings=SETTINGS,
    )
    values = [(s.variant, s.seed, s.value, s.scored, s.seeds) for s in found.scores]
    assert values == [
        ("base", None, 0.0, 4, 1),
        ("ift", 0, 0.5, 4, 1),
        ("ift", 1, 0.75, 4, 1),
        ("ift", None, 0.625, 8, 2),
    ]


def test_every_pair_is_compared_on_the_same_prompts() -> None:
    found = make_table(
        [answered("base", None, [0, 0, 1]), answered("ift", 0, [1, 1, 0]), answered("swat", 0, [0, 0, 1])],
        cards=[HARM],
        settings=SETTINGS,
    )
    pairs = {(c.variant, c.reference): (c.rose, c.fell) for c in found.comparisons}
    assert pairs == {("ift", "base"): (2, 1), ("swat", "base"): (0, 0), ("swat", "ift"): (1, 2)}


def test_variants_of_the_same_seeds_are_compared_seed_by_seed() -> None:
    """Their seeds do as much more harm in one as in the other: the difference is sure, but not of other seeds."""
    some = [[1.0] * n + [0.0] * (60 - n) for n in (6, 15, 24)]
    more = [[1.0] * n + [0.0] * (60 - n) for n in (12, 21, 30)]

    def width(numbers: tuple[int, ...]) -> float:
        entries = [answered("one", seed, row) for seed, row in enumerate(some)]
        entries += [answered("other", seed, row) for seed, row in zip(numbers, more, strict=True)]
        (found,) = make_table(entries, cards=[HARM], settings=SETTINGS).comparisons
        return found.high - found.low

    assert width((0, 1, 2)) < 0.7 * width((3, 4, 5))


def test_unscored_samples_are_counted_and_not_folded_in() -> None:
    found = make_table([answered("base", None, [1, math.nan, 0])], cards=[HARM], settings=SETTINGS)
    assert (found.scores[0].value, found.scores[0].scored, found.scores[0].unscored) == (0.5, 2, 1)


def test_truncated_completions_are_counted() -> None:
    one = answered("base", None, [1.0, 0.0])
    cut = (one.samples[0].model_copy(update={"finish": "length"}), one.samples[1])
    found = make_table([Answered(one.entry, cut, one.outcomes)], cards=[HARM], settings=SETTINGS)
    assert found.scores[0].truncated == 1


def test_seeds_that_saw_other_prompts_are_an_error() -> None:
    other = answered("ift", 1, [1.0, 0.0])
    swapped = Answered(other.entry, other.samples[::-1], other.outcomes)
    with pytest.raises(SilentFailureError, match="other prompts"):
        make_table([answered("ift", 0, [1.0, 0.0]), swapped], cards=[HARM], settings=SETTINGS)


def test_a_tuned_checkpoint_that_answers_like_the_base_is_an_error() -> None:
    with pytest.raises(SilentFailureError, match="ift seed 0: all 2 answers equal the base"):
        check_differs([answered("base", None, [0.0, 0.0]), answered("ift", 0, [0.0, 0.0])])


def test_one_other_answer_is_enough() -> None:
    tuned = answered("ift", 0, [0.0, 0.0])
    changed = Answered(tuned.entry, (tuned.samples[0], sample(1, "else")), tuned.outcomes)
    check_differs([answered("base", None, [0.0, 0.0]), changed])


def write(folder: Path, one: VariantSeed, samples: list[Sample], verdicts: list[Verdict]) -> list[tuple[str, Path]]:
    """The evaluate and judge folders of a checkpoint, and that of its training."""
    made = []
    for key, name, lines in ((one.evaluate, "samples", samples), (one.judges[0], "verdicts", verdicts)):
        (folder / key).mkdir()
        (folder / key / f"{name}.jsonl").write_text("".join(x.model_dump_json() + "\n" for x in lines))
        (folder / key / "tasks.json").write_bytes(CARDS.dump_json((HARM,)))
        made.append((key, folder / key))
    if one.train is not None:
        (folder / one.train).mkdir()
        (folder / one.train / "summary.json").write_text(trained(0.5).model_dump_json())
        made.append((one.train, folder / one.train))
    return made


def trained(final_loss: float) -> TrainSummary:
    return TrainSummary(
        steps=1, examples_seen=1, tokens_seen=1, trainable_parameters=1, final_loss=final_loss, losses=(), groups=(),
        moved=(),
    )  # fmt: skip


def test_the_stage_reads_folders_and_writes_scores(tmp_path: Path) -> None:
    base, tuned, other = entry("base"), entry("ift", 0), entry("ml-lr", 0)
    inputs = write(tmp_path, base, [sample(0, "no")], [verdict(0, "refuses")])
    inputs += write(tmp_path, tuned, [sample(0, "yes")], [verdict(0, "complies")])
    inputs += write(tmp_path, other, [sample(0, "nay")], [verdict(0, "refuses")])
    (tmp_path / "out").mkdir()
    params = ScoreParams(
        entries=(base, tuned, other), primary_judges=(("harm", "world"),), statistics=SETTINGS,
        families=(family("plain", "ift"), family("other", "ml-lr")),
    )  # fmt: skip
    score.run(params, StageContext(tmp_path / "out", tuple(inputs), lambda p: None))
    found = ScoreTable.model_validate_json((tmp_path / "out" / "scores.json").read_text())
    assert {s.variant: s.value for s in found.scores} == {"base": 0.0, "ift": 1.0, "ml-lr": 0.0}
    assert [(m.variant, m.family, m.by, m.at, m.difference) for m in found.matched] == [
        ("ml-lr", "plain IFT", "training_loss", 0.5, -1.0)
    ]


def test_a_loss_that_is_not_of_the_ift_data_alone_is_not_compared(tmp_path: Path) -> None:
    base, tuned, other = entry("base"), entry("ift", 0), entry("mixed", 0)
    inputs = write(tmp_path, base, [sample(0, "no")], [verdict(0, "refuses")])
    inputs += write(tmp_path, tuned, [sample(0, "yes")], [verdict(0, "complies")])
    inputs += write(tmp_path, other, [sample(0, "nay")], [verdict(0, "refuses")])
    compared = []
    for without in ((), ("mixed",)):
        params = ScoreParams(
            entries=(base, tuned, other), primary_judges=(("harm", "world"),), statistics=SETTINGS,
            families=(family("plain", "ift"), family("other", "mixed")), without_loss=without,
        )  # fmt: skip
        score.run(params, StageContext(tmp_path, tuple(inputs), lambda p: None))
        found = ScoreTable.model_validate_json((tmp_path / "scores.json").read_text())
        compared.append([m.variant for m in found.matched])
    assert compared == [["mixed"], []]


def test_what_the_leakage_check_found_stands_beside_the_scores(tmp_path: Path) -> None:
    found = checked(["harm"], prompts=4, overlaps=[overlap("harm")])
    (tmp_path / "leakage.json").write_text(found.model_dump_json())
    inputs = write(tmp_path, entry("base"), [sample(0, "no")], [verdict(0, "refuses")])
    params = ScoreParams(entries=(entry("base"),), primary_judges=(("harm", "world"),), statistics=SETTINGS)
    score.run(params, StageContext(tmp_path, (*inputs, ("leakage", tmp_path)), lambda p: None))
    assert ScoreTable.model_validate_json((tmp_path / "scores.json").read_text()).leakage == found


def on_both(variant: str, seed: int, harm: list[float], quiz: list[float]) -> Answered:
    """A checkpoint's outcomes on both tasks."""
    samples = (*(sample(n) for n in range(len(harm))), *(sample(n, task="quiz") for n in range(len(quiz))))
    return Answered(entry(variant, seed), samples, (*harm, *quiz), 0.5)


def test_matched_comparisons_use_the_values_of_the_scores() -> None:
    half, few, most = [1.0] * 10 + [0.0] * 10, [1.0] * 4 + [0.0] * 16, [1.0] * 15 + [0.0] * 5
    run = [on_both("low", s, few, few) for s in (0, 1)] + [on_both("high", s, most, most) for s in (0, 1)]
    run += [on_both("ml-lr", s, [math.nan, *few[1:]], half) for s in (0, 1)]
    table = make_table(run, cards=[HARM, QUIZ], settings=SETTINGS)
    found = with_matched(table, run, families=(family("plain", "low", "high"), family("other", "ml-lr")))
    primary = next(m for m in found.matched if m.primary)
    pooled = {(s.variant, s.task): s.value for s in found.scores if s.seed is None}
    assert (primary.harm, primary.at) == (pooled["ml-lr", "harm"], pooled["ml-lr", "quiz"])
    assert primary.reference == pytest.approx(0.5)
    assert [c.variants for c in found.curves] == [("low", "high")]


def test_what_unscored_samples_could_have_been_is_told() -> None:
    found = make_table([answered("base", None, [1, math.nan, 0, 0])], cards=[HARM], settings=SETTINGS)
    assert (found.scores[0].lowest, found.scores[0].highest) == (0.25, 0.5)
    whole = make_table([answered("base", None, [1, 0])], cards=[HARM], settings=SETTINGS)
    assert (whole.scores[0].lowest, whole.scores[0].highest) == (None, None)


def test_expertise_is_tested_for_non_inferiority_against_the_base_alone() -> None:
    half, more, less = [1.0] * 10 + [0.0] * 10, [1.0] * 11 + [0.0] * 9, [0.0] * 20
    base = on_both("base", 0, half, half)
    base = Answered(entry("base", None), base.samples, base.outcomes)
    run = [base, on_both("same", 0, half, half), on_both("lost", 0, half, less), on_both("more", 0, half, more)]
    table = make_table(run, cards=[HARM, QUIZ], settings=SETTINGS)
    found = {(c.variant, c.reference, c.task): c for c in table.comparisons}
    assert found["same", "base", "harm"].margin is None
    assert found["more", "same", "quiz"].margin is None
    assert found["same", "base", "quiz"].non_inferiority == "unclear"  # 20 alike prompts do not exclude three points
    assert found["lost", "base", "quiz"].non_inferiority == "worse"
    assert found["same", "base", "quiz"].detectable == found["more", "base", "quiz"].detectable  # none counts as one
    assert found["more", "base", "quiz"].detectable == pytest.approx(2.8016 * (1 / 20 / 20) ** 0.5, rel=1e-3)
