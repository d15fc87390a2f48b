"""What a plan's judges may spend: paid requests at most, and their price as far as the settings tell. Source: ours."""

from __future__ import annotations

import json
from collections.abc import Set
from dataclasses import dataclass

from harness import plugins
from harness.judges import Expense, expenses_of
from harness.judging import settings_of
from harness.plan import Plan
from harness.power_plan import Strength
from harness.specs import JudgeParams


@dataclass(frozen=True)
class Bill:
    """What a judge may still spend on one payee."""

    judge: str
    expense: Expense
    checkpoints: int
    """That it has not judged yet."""
    samples: int
    """Of each checkpoint, in the tasks whose prompts are known."""
    unknown: tuple[str, ...]
    """Judged tasks whose prompts are known when run."""

    @property
    def requests(self) -> int:
        """Over all checkpoints, without those of `unknown`."""
        return self.checkpoints * self.samples * self.expense.requests


def bills(plan: Plan, strengths: tuple[Strength, ...], *, missing: Set[str]) -> tuple[Bill, ...]:
    """Of every judge that pays, over its stages among the `missing` keys; `strengths` tell the prompts of the tasks."""
    prompts = {one.card.name: None if one.published else one.prompts for one in strengths}
    waiting: dict[JudgeParams, int] = {}
    for spec in plan.stages:
        if isinstance(spec.params, JudgeParams) and spec.key in missing:
            waiting[spec.params] = waiting.get(spec.params, 0) + 1
    found = []
    for params, checkpoints in waiting.items():
        settings = settings_of(params.file, json.loads(params.given or params.settings), where="judging.settings")
        known = [prompts[task] or 0 for task in params.tasks]
        unknown = tuple(task for task in params.tasks if prompts[task] is None)
        for expense in expenses_of(plugins.load("judges", params.file), settings):
            found.append(Bill(params.judge, expense, checkpoints, sum(known), unknown))
    return tuple(found)


def in_words(bill: Bill) -> str:
    """A bill in one line."""
    paid = bill.expense
    more = f", and those of {', '.join(bill.unknown)}, known when run" if bill.unknown else ""
    often = f", each sent up to {paid.attempts} times" if paid.attempts > 1 else ""
    each = f" × {paid.requests} requests" if paid.requests > 1 else ""
    counts = f"{bill.checkpoints} checkpoints × {bill.samples:,} samples{each}{more}{often}"
    return f"{bill.judge} asks {paid.payee}: at most {bill.requests:,} requests ({counts}); {_price(bill)}"


def _price(bill: Bill) -> str:
    paid = bill.expense
    if paid.cap is not None:
        return f"at most {_money(paid.cap * bill.checkpoints)} in money (max_cost {_money(paid.cap)} a checkpoint)"
    if paid.worst is None:
        return "the price is unknown: price_per_million_in and price_per_million_out are not set, nor a max_cost"
    known = "" if bill.unknown else f"at most {_money(paid.worst * bill.requests)} in money, and "
    return f"{known}the judged texts at {_money(paid.text_price)} a million tokens; there is no cap (max_cost)"


def _money(amount: float) -> str:
    return f"{amount:,.2f}" if amount >= 1 or amount == 0 else f"{amount:.2g}"
