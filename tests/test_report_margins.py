"""Margins, power and bounds in words."""

from __future__ import annotations

import pytest

from harness.records import Comparison, NonInferiority
from harness.report_margins import bounds_words, calibration_lines, margin_words, power_lines
from harness.specs import JudgeCalibration, Kappa, StatisticsSettings
from tests.tables import QUIZ, rise, score


def against_base(said: NonInferiority | None, *, detectable: float = 0.01, variant: str = "plain") -> Comparison:
    found = rise(variant, -0.01, -0.04, 0.02)
    margin = None if said is None else 0.03
    return found.model_copy(
        update={"task": "quiz", "margin": margin, "non_inferiority": said, "detectable": detectable}
    )


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("not_worse", "no worse within 3 points"),
        ("worse", "worse by more than 3 points"),
        ("unclear", "not shown to be no worse within 3 points"),
        (None, ""),
    ],
)
def test_margins_in_words(said: NonInferiority | None, words: str) -> None:
    assert margin_words(against_base(said)).replace("\u00a0", " ") == words


def test_the_base_itself_has_no_margin() -> None:
    assert margin_words(None) == ""


def test_too_few_prompts_are_told_with_what_would_do() -> None:
    found = [against_base("unclear", detectable=0.06), against_base("unclear", detectable=0.05, variant="other")]
    (line,) = power_lines(found, tasks=[QUIZ], settings=StatisticsSettings())
    assert "300 of them" in line and "loss of 6\u00a0points" in line
    assert "about 1,200 would be needed (plain and 1 more)" in line


def test_a_variant_that_is_clearly_worse_or_no_worse_needs_no_more_prompts() -> None:
    found = [against_base("worse", detectable=0.06), against_base("not_worse", detectable=0.06)]
    assert power_lines(found, tasks=[QUIZ], settings=StatisticsSettings()) == ()


def test_enough_prompts_are_not_warned_of() -> None:
    assert power_lines([against_base("unclear")], tasks=[QUIZ], settings=StatisticsSettings()) == ()


def test_what_unscored_samples_could_have_made_of_a_share() -> None:
    found = score("plain", 0.5).model_copy(update={"lowest": 0.45, "highest": 0.55})
    assert bounds_words(found).replace("\u00a0", " ") == "45.0 % to 55.0 % whatever they are"
    assert bounds_words(score("plain", 0.5)) == ""


def test_what_unscored_samples_could_have_made_of_a_difference() -> None:
    """At worst the variant's all had the outcome and the base's none; at best the reverse."""
    base = score("base", 0.2).model_copy(update={"lowest": 0.1, "highest": 0.3})
    found = score("plain", 0.5).model_copy(update={"lowest": 0.45, "highest": 0.55})
    shown = bounds_words(found, base).replace("\u00a0", " ")
    assert shown == "45.0 % to 55.0 %, +15.0 to +45.0 points against the base whatever they are"
    assert bounds_words(score("plain", 0.5), base) == "+20.0 to +40.0 points against the base whatever they are"
    assert bounds_words(base, base).replace("\u00a0", " ") == "10.0 % to 30.0 % whatever they are"
    assert bounds_words(score("plain", 0.5), score("base", 0.2)) == ""


def known(**changes: object) -> JudgeCalibration:
    made = JudgeCalibration(
        judge="refusal", labels_file="labels.csv", labels_digest="0" * 64, rows=450, unscored=0,
        kappa=0.921, low=0.875, high=0.949, current=True, fitted_on_these=False,
    )  # fmt: skip
    return made.model_copy(update=changes)


def test_a_judges_agreement_with_humans_in_words() -> None:
    (line,) = calibration_lines("refusal", [known(), known(judge="world")])
    assert line == "Cohen’s κ 0.92 [0.88, 0.95] against 450 human labels (labels.csv)"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"current": False}, "another version or other settings"),
        ({"fitted_on_these": True}, "fitted on these labels"),
        ({"unscored": 7}, "7 of them unscored"),
        ({"kappa": None}, "no kappa on labels.csv"),
    ],
)
def test_what_weakens_a_calibration_is_told(changes: dict[str, object], words: str) -> None:
    assert words in calibration_lines("refusal", [known(**changes)])[0]


def test_a_task_that_counts_refusals_is_told_their_kappa() -> None:
    of = Kappa(kappa=0.5, low=0.4, high=0.6)
    (line,) = calibration_lines("refusal", [known(refusals=of)], counts=("refuses",))
    assert line == "Cohen’s κ of refusals 0.50 [0.40, 0.60] against 450 human labels (labels.csv)"
    (line,) = calibration_lines("refusal", [known()], counts=("refuses",))
    assert line.startswith("its kappa of refusals was not measured on labels.csv")


def test_a_judge_that_was_not_measured_is_told() -> None:
    assert "not measured against human labels" in calibration_lines("refusal", [known(judge="world")])[0]
