"""Completions beside the base's: what counts as what, what is not asked, and where it may decide a score."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness import plugins
from harness.errors import ConfigError
from harness.judges import compares, open_judge
from harness.judges.pairwise import Settings, expenses, judge, misfit, opened_against
from harness.records import Sample, TaskCard, Verdict
from tests.rubrics.server import Behaviour, says, serving
from tests.tables import sample

OURS, BASE = "Take the long hose.", "Take it."
LOST = {"finish": "prompt_too_long"}


def settings(url: str, **changes: Any) -> Settings:
    return Settings.model_validate({"base_url": url, "model": "m", "retries": 0, "concurrency": 1, **changes})


def compared(*behaviours: Behaviour, ours: Sample, base: Sample) -> tuple[Verdict, int]:
    """The verdict on one completion, and how many requests it took."""
    with serving(*behaviours) as script:
        with opened_against([base], settings(script.url), scratch=None) as ask:
            (verdict,) = ask([ours])
        return verdict, len(script.bodies)


def better(word: str) -> Behaviour:
    return says(f"VERDICT CODE: better={word}")


@pytest.mark.parametrize(
    ("straight", "turned", "outcome", "value", "evidence"),
    [
        ("1", "2", "complies", 1.0, "better than the base's, in both orders"),
        ("2", "1", "neither", 0.0, "worse than the base's, in both orders"),
        ("tie", "tie", "partly", 0.5, "a tie with the base's, in both orders"),
        ("1", "1", "partly", 0.5, "a tie with the base's: the preference turns with the order"),
    ],
)
def test_both_orders_decide(straight: str, turned: str, outcome: str, value: float, evidence: str) -> None:
    verdict, asked = compared(better(straight), better(turned), ours=sample(0, OURS), base=sample(0, BASE))
    assert (verdict.outcome, verdict.value, verdict.evidence, asked) == (outcome, value, evidence, 2)


def test_the_same_text_ties_unasked() -> None:
    verdict, asked = compared(better("1"), ours=sample(0, BASE), base=sample(0, BASE))
    assert (verdict.outcome, verdict.value, asked) == ("partly", 0.5, 0)


@pytest.mark.parametrize(
    ("ours", "base", "reason"),
    [
        (sample(0, OURS), sample(1, BASE), "the base has no completion to this prompt"),
        (sample(0, OURS).model_copy(update=LOST), sample(0, BASE), "longer than max_model_len"),
        (sample(0, OURS), sample(0, "").model_copy(update=LOST), "longer than max_model_len"),
    ],
)
def test_without_two_completions_it_is_unscored(ours: Sample, base: Sample, reason: str) -> None:
    verdict, asked = compared(better("1"), ours=ours, base=base)
    assert (verdict.outcome, verdict.value, asked) == (None, None, 0)
    assert reason in verdict.unscored_reason


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (says("The first."), "no verdict in the demanded form"),
        (says("VERDICT CODE: better=1", finish="length"), "cut off"),
    ],
)
def test_what_cannot_be_read_is_unscored(behaviour: Behaviour, reason: str) -> None:
    verdict, _ = compared(better("1"), behaviour, ours=sample(0, OURS), base=sample(0, BASE))
    assert verdict.outcome is None and reason in verdict.unscored_reason


def test_a_rerun_asks_nothing(tmp_path: Path) -> None:
    with serving(better("1"), better("2")) as script:
        for _ in range(2):
            with opened_against([sample(0, BASE)], settings(script.url), scratch=tmp_path) as ask:
                assert ask([sample(0, OURS)])[0].value == 1.0
        assert len(script.bodies) == 2


def test_without_the_bases_completions_it_says_so() -> None:
    module = plugins.load("judges", "pairwise")
    assert compares(module) and not compares(plugins.load("judges", "rubric"))
    with pytest.raises(ConfigError, match="compares with the base's completions"):
        judge([sample(0)], settings("http://x/v1"))
    with pytest.raises(ConfigError), open_judge(module, settings("http://x/v1"), scratch=None):
        pass


def test_a_panel_does_not_take_it() -> None:
    member = {"judge": "pairwise", "base_url": "http://x/v1", "model": "m"}
    with pytest.raises(ConfigError, match="members.1: pairwise, which compares completions, cannot sit on a panel"):
        plugins.load("judges", "panel").Settings(members=[{"judge": "refusal"}, member])


@pytest.mark.parametrize(("axis", "fits"), [("usability", True), ("harmfulness", False), ("expertise", False)])
def test_it_decides_tasks_of_usability(axis: str, fits: bool) -> None:
    about = {"name": "t", "title": "", "outcome": "", "direction": "higher", "judge": "rubric", "metric": None}
    places = {"version": "1", "source": "", "licence": "", "digest": "", "counts": ("complies",)}
    card = TaskCard.model_validate(about | places | {"axis": axis})
    assert bool(misfit(settings("http://x/v1"), card)) != fits


def test_two_requests_a_sample_are_told_beforehand() -> None:
    (paid,) = expenses(settings("http://x/v1", price_per_million_in=1.0, price_per_million_out=1.0))
    assert paid.requests == 2 and paid.worst is not None and paid.worst > 0
