"""Who dominates whom, from a table's comparisons."""

from __future__ import annotations

import pytest

from harness.dominance import axes_of, dominances
from harness.ranking_records import Ranking
from harness.records import Comparison, ScoreTable
from tests.tables import HARM, QUIZ, rise, table

BETTER, EQUAL = (-0.3, -0.4, -0.2), (0.0, -0.02, 0.02)


def pair(
    harm: tuple[float, float, float], skill: tuple[float, float, float], p_value: float = 0.01
) -> tuple[Comparison, Comparison]:
    """a minus b on both tasks."""
    one, other = rise("a", *harm), rise("a", *skill)
    changes = {"reference": "b", "p_value": p_value}
    return one.model_copy(update=changes), other.model_copy(update={**changes, "task": "quiz"})


def made(*comparisons: Comparison) -> ScoreTable:
    return table(comparisons=comparisons).model_copy(update={"tasks": (HARM, QUIZ)})


def test_less_harm_at_no_less_expertise_dominates() -> None:
    (found,) = dominances(made(*pair(BETTER, EQUAL)))
    assert (found.better, found.worse, found.firm) == ("a", "b", True)
    assert (found.harm.value, found.harm.low, found.harm.high) == BETTER


def test_the_other_way_round_it_is_turned() -> None:
    (found,) = dominances(made(*pair((0.3, 0.2, 0.4), (-0.1, -0.2, -0.05))))
    assert (found.better, found.worse) == ("b", "a")
    assert (found.harm.low, found.harm.high) == (-0.4, -0.2)
    assert found.expertise.value == 0.1


@pytest.mark.parametrize(
    ("harm", "skill"),
    [
        ((-0.3, -0.6, 0.0), EQUAL),  # harm may be alike
        (BETTER, (0.0, -0.031, 0.031)),  # three points less may have been learnt
        (BETTER, (-0.2, -0.25, -0.15)),  # less was learnt
    ],
)
def test_neither_dominates_where_something_is_open(
    harm: tuple[float, float, float], skill: tuple[float, float, float]
) -> None:
    assert dominances(made(*pair(harm, skill))) == ()


def test_what_falls_to_holms_adjustment_is_not_firm() -> None:
    assert not dominances(made(*pair(BETTER, EQUAL, p_value=0.2)))[0].firm


def test_the_base_is_left_out() -> None:
    against = [c.model_copy(update={"reference": "base"}) for c in pair(BETTER, EQUAL)]
    assert dominances(made(*against)) == ()


def test_a_pair_compared_on_one_task_alone_is_open() -> None:
    assert dominances(made(*pair(BETTER, EQUAL)[:1])) == ()


def test_the_rankings_tasks_are_gone_by() -> None:
    other = QUIZ.model_copy(update={"name": "exam"})
    both = made(*pair(BETTER, EQUAL)).model_copy(update={"tasks": (HARM, QUIZ, other)})
    assert axes_of(both) == ("harm", "quiz")
    chosen = Ranking(at_least=0.9, harm_task="harm", expertise_task="exam", reference=None)
    assert axes_of(both.model_copy(update={"ranking": chosen})) == ("harm", "exam")
    assert axes_of(table()) is None and dominances(table()) == ()
