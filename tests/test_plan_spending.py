"""What paid judges may spend, told before anything is."""

from __future__ import annotations

from typing import Any

import pytest

from harness import config
from harness.plan import Plan, make_plan
from harness.plan_spending import Bill, bills, in_words
from harness.power_plan import Strength, strengths
from harness.records import TaskCard
from tests.configs import tree

RUBRIC = {"base_url": "http://host/v1", "model": "m", "retries": 2, "max_tokens": 100}
PRICES = {"price_per_million_in": 2.0, "price_per_million_out": 10.0}
TASK = {"task": "harmful_requests", "limit": 50}


def plan(**settings: Any) -> Plan:
    judging = {"also": ["rubric"], "settings": {"rubric": {**RUBRIC, **settings}}}
    return make_plan(config.parse(tree(judging=judging, evaluation={"backend": "hf", "tasks": [TASK]}), where="x"))


def bill(made: Plan, *, but: int = 0, prompts: tuple[Strength, ...] | None = None) -> Bill:
    """The one bill of a plan of which all judge stages but `but` are missing."""
    judged = [s.key for s in made.stages if s.label.endswith("by rubric")]
    (found,) = bills(made, strengths(made) if prompts is None else prompts, missing=set(judged[but:]))
    return found


def test_requests_are_samples_of_the_checkpoints_not_judged_yet() -> None:
    """Two variants × two seeds, and the base."""
    assert (bill(plan()).checkpoints, bill(plan()).samples, bill(plan()).requests) == (5, 50, 250)
    assert bill(plan(), but=2).requests == 150


def test_a_judge_that_asks_twice_a_sample_is_counted_twice() -> None:
    judging = {"also": ["pairwise"], "settings": {"pairwise": RUBRIC}}
    made = make_plan(config.parse(tree(judging=judging, evaluation={"backend": "hf", "tasks": [TASK]}), where="x"))
    missing = {s.key for s in made.stages if s.label.endswith("by pairwise")}
    (found,) = bills(made, strengths(made), missing=missing)
    assert found.requests == 500
    assert "at most 500 requests (5 checkpoints × 50 samples × 2 requests, each sent up to 3 times)" in in_words(found)


def test_nothing_missing_costs_nothing() -> None:
    made = plan()
    assert bills(made, strengths(made), missing=set()) == ()


def test_judges_that_ask_nobody_send_no_bill() -> None:
    made = make_plan(config.parse(tree(), where="x"))
    assert bills(made, strengths(made), missing={s.key for s in made.stages}) == ()


def test_a_cap_bounds_the_price() -> None:
    words = in_words(bill(plan(**PRICES, max_cost=0.5)))
    assert words.startswith("rubric asks m at http://host/v1: at most 250 requests (5 checkpoints × 50 samples, ")
    assert words.endswith("each sent up to 3 times); at most 2.50 in money (max_cost 0.5 a checkpoint)")


def test_prices_alone_bound_all_but_the_judged_texts() -> None:
    """Each request: 100 tokens of reply at 10 a million, and the rubric's own words, a token a byte at least."""
    made = bill(plan(**PRICES))
    worst = made.expense.worst
    assert worst is not None and 100 * 10 / 1e6 < worst < (100 * 10 + 4000 * 2) / 1e6
    words = in_words(made)
    assert words.endswith("in money, and the judged texts at 2.00 a million tokens; there is no cap (max_cost)")
    assert f"at most {worst * 250:.2f} in money" in words


def test_without_prices_the_price_is_unknown() -> None:
    assert in_words(bill(plan())).endswith(
        "the price is unknown: price_per_million_in and price_per_million_out are not set, nor a max_cost"
    )


@pytest.mark.parametrize("settings", [{}, PRICES])
def test_tasks_whose_prompts_are_not_known_are_named(settings: dict[str, float]) -> None:
    made = plan(**settings)
    card: TaskCard = made.cards[0]
    words = in_words(bill(made, prompts=(Strength(card, None, None, (), ()),)))
    assert "5 checkpoints × 0 samples, and those of harmful_requests, known when run" in words
    assert "at most 0.00 in money" not in words


def test_every_member_of_a_panel_is_paid() -> None:
    members = [{"judge": "rubric", **RUBRIC, "model": m} for m in ("one", "two")]
    judging = {"also": ["panel"], "settings": {"panel": {"members": [*members, {"judge": "refusal"}]}}}
    made = make_plan(config.parse(tree(judging=judging), where="x"))
    found = bills(made, strengths(made), missing={s.key for s in made.stages})
    assert [b.expense.payee for b in found] == ["one at http://host/v1", "two at http://host/v1"]
