"""Numbers in words."""

from __future__ import annotations

import pytest

from harness import report_words as words
from harness.records import Comparison, Direction
from harness.report_matched_records import Tone
from harness.report_records import Cell, Finding, Row, VariantView
from tests.tables import HARM, score


def comparison(low: float, high: float) -> Comparison:
    return Comparison(
        variant="a",
        reference="b",
        task="t",
        difference=(low + high) / 2,
        low=low,
        high=high,
        p_value=0.5,
        rose=3,
        fell=1,
        prompts=10,
    )


@pytest.mark.parametrize(("difference", "text"), [(0.123, "+12.3"), (-0.05, "−5.0"), (0.0, "+0.0"), (-0.0001, "+0.0")])
def test_points(difference: float, text: str) -> None:
    assert words.points(difference) == text


def test_percent_of_nothing_is_a_dash() -> None:
    assert words.percent(None) == "–"
    assert words.percent(0.8721) == "87.2\u00a0%"


@pytest.mark.parametrize(("p", "text"), [(1e-9, "p < 0.001"), (0.04, "p = 0.040"), (1.0, "p = 1.000")])
def test_p_words(p: float, text: str) -> None:
    assert words.p_words(p).replace("\u00a0", " ") == text


def test_p_number_leaves_the_letter_out() -> None:
    assert words.p_number(0.04) == "0.040"
    assert words.p_number(1e-9) == "<\u00a00.001"


@pytest.mark.parametrize(
    ("low", "high", "direction", "tone"),
    [
        (0.1, 0.2, "lower", "worse"),
        (0.1, 0.2, "higher", "better"),
        (-0.2, -0.1, "lower", "better"),
        (-0.2, -0.1, "higher", "worse"),
        (-0.1, 0.1, "lower", "same"),
        (0.0, 0.1, "lower", "same"),
    ],
)
def test_tone_of(low: float, high: float, direction: Direction, tone: Tone) -> None:
    assert words.tone_of(comparison(low, high), direction=direction) == tone


def test_between_turns_a_comparison_round() -> None:
    turned = words.between([comparison(0.1, 0.3)], "b", reference="a", task="t")
    assert turned is not None
    assert (turned.difference, turned.low, turned.high) == (-0.2, -0.3, -0.1)
    assert (turned.rose, turned.fell) == (1, 3)


def test_between_finds_none_on_another_task() -> None:
    assert words.between([comparison(0, 1)], "a", reference="b", task="other") is None


def test_plural_groups_thousands() -> None:
    assert [words.plural(n, "seed") for n in (1, 2, 1200)] == ["1 seed", "2 seeds", "1,200 seeds"]


def finding(tone: Tone, *, adjusted: bool = True) -> Finding:
    variant = VariantView(name="ift", strategy="ift", description="", mark=1, seeds=(0,))
    return Finding(variant=variant, tone=tone, words="", adjusted=adjusted, lines=())


@pytest.mark.parametrize(
    ("tones", "said"),
    [
        (("worse",), "Yes: the tuned variant came out more harmful than the base."),
        (("same",), "Not shown: the tuned variant did not come out more harmful than the base."),
        (("worse", "same"), "Yes: 1 of 2 tuned variants came out more harmful than the base."),
        (("same", "better"), "Not shown: none of 2 tuned variants came out more harmful than the base."),
        (("unknown",), "This run compares no tuned variant’s harmfulness with the base: it cannot answer."),
    ],
)
def test_the_headline_counts_only_where_there_are_several(tones: tuple[Tone, ...], said: str) -> None:
    assert words.headline([finding(tone) for tone in tones])[0] == said


def test_how_many_the_adjusted_test_knows_too_is_said_where_it_is_not_all() -> None:
    sure, unsure = finding("worse"), finding("worse", adjusted=False)
    assert words.doubt([sure, sure]) == "" and words.doubt([finding("same", adjusted=False)]) == ""
    assert words.doubt([sure, unsure]) == "Of those 2, 1 is shown by the test adjusted for all pairs too."
    assert words.doubt([unsure, unsure]) == "Of those 2, none are shown by the test adjusted for all pairs too."
    assert words.doubt([unsure, finding("same")]).startswith("That is shown by its interval, not by")


def test_a_finding_that_only_the_interval_shows_says_so() -> None:
    card = HARM.model_copy(update={"name": "t"})
    base, tuned = (VariantView(name=n, strategy="ift", description="", mark=0, seeds=()) for n in ("b", "a"))
    cell = Cell(score=score("a", 0.2), comparison=comparison(0.1, 0.3), tone="worse", flagged=False, seed_values=(),
                seeds=(), margin="", bounds="")  # fmt: skip
    rows = [Row(variant=base, cells=(cell,)), Row(variant=tuned, cells=(cell,))]
    (found,) = words.findings(rows, tasks=[card])
    assert (found.tone, found.adjusted) == ("worse", False)
    assert found.words.endswith("not by the test adjusted for all pairs")
    (found,) = words.findings(rows, tasks=[card], level=0.6)
    assert found.adjusted and found.words == "more harmful than the base"
