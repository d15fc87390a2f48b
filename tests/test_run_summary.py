"""What got better or worse between runs: every variant on every task is counted once."""

from __future__ import annotations

from harness.records import Score
from harness.run_comparison_records import RunCell, RunDifference, RunHead, RunLine, RunSummary, RunTask
from harness.run_summary import summaries
from tests.report_sources import CARDS

HEADS = tuple(
    RunHead(number=n, name=f"run-{n}", created="", version="", decision=None, gate="", headline="") for n in (1, 2)
)


def score(value: float) -> Score:
    return Score(
        variant="v", seed=None, task=CARDS[0].name, axis="harmfulness", value=value, low=value, high=value,
        scored=10, unscored=0, truncated=0,
    )  # fmt: skip


def line(variant: str, tone: str, *, low: float | None = -0.1, high: float | None = 0.2, note: str = "") -> RunLine:
    against = RunDifference.model_validate(
        {"kind": "paired", "difference": 0.1, "low": low, "high": high, "tone": tone, "prompts": 10, "note": note}
    )
    cells = (RunCell(score=score(0.2), against=None), RunCell(score=score(0.3), against=against))
    return RunLine(variant=variant, cells=cells, course=None)


def summary(*lines: RunLine) -> RunSummary:
    (found,) = summaries(HEADS, [RunTask(card=CARDS[0], lines=lines)])
    return found


def test_every_variant_is_counted_once() -> None:
    gone = RunLine(variant="d", cells=(RunCell(score=score(0.2), against=None), None), course=None)
    nowhere = RunLine(variant="e", cells=(None, None), course=None)
    found = summary(line("a", "worse"), line("b", "better"), line("c", "same"), gone, nowhere)
    assert found.counts == ((1, "worse"), (1, "better"), (1, "no difference shown"), (1, "only in one of the two"))
    assert [(one.variant, one.first, one.value) for one in found.worse] == [("a", 0.2, 0.3)]


def test_where_no_difference_is_shown_the_furthest_interval_is_told() -> None:
    (same,) = summary(line("a", "same"), line("b", "same", low=-0.3)).same
    assert (same.variants, same.reach, same.notes) == (("a", "b"), 0.3, ())


def test_what_cannot_be_compared_says_why_once() -> None:
    lines = (line(v, "unknown", low=None, high=None, note="other judge") for v in ("a", "b"))
    (apart,) = summary(*lines).apart
    assert (apart.variants, apart.reach, apart.notes) == (("a", "b"), None, ("other judge",))
