"""Wherever the gate's answer is a headline it says for which variants, and shows what rules have in common once."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from harness.formats.markdown import markdown
from harness.hostile import one_line
from harness.records import RuleResult
from harness.report_records import ReportSources, ReportView
from harness.report_view import build_view, render
from harness.run_comparison import compare_runs
from harness.run_comparison_records import RunInput
from harness.summary import print_summary
from tests.report_sources import make_sources

WEAK = "the judge was not measured"


def narrow(variant: str = "ml-lr") -> ReportSources:
    """A run whose gate judged one variant of two, and of two rules can't say for the same reason."""
    made = make_sources()
    assert made.decision is not None
    rules = tuple(
        RuleResult(rule=f"rule {n}", outcome="cant_say", measured=0.1, threshold=0.05, reason=WEAK, variant=variant,
                   numbers="measured +10.0 points", by_numbers="fail")
        for n in range(2)
    )  # fmt: skip
    update = {"outcome": "cant_say", "rules": rules, "unjudged": ("ift-4e-4",)}
    return replace(made, decision=made.decision.model_copy(update=update), margins=())


def printed(view: ReportView) -> str:
    stream = io.StringIO()
    print_summary(view, Console(file=stream, width=200))
    return stream.getvalue()


def test_report_comment_and_terminal_say_whom_it_judged() -> None:
    view = build_view(narrow())
    assert "Gate for ml-lr: can’t say</span>" in render(view)
    assert "**Gate for ml-lr: can’t say**" in markdown(view)
    assert "\ngate for ml-lr: can’t say (2 rules: 2 can’t say)" in printed(view)


def test_runs_side_by_side_say_whom_it_judged() -> None:
    given = RunInput(sources=narrow(), headline="", facts=())
    head = compare_runs([given, given]).runs[0]
    assert (head.decision, head.gate) == ("cant_say", "for ml-lr; 2 rules: 2 can’t say")


def test_a_shared_reason_is_said_once_with_each_rules_numbers() -> None:
    view = build_view(narrow())
    verdict = render(view).split('<section class="verdict"')[1].split("</section>")[0]
    for text in (verdict, markdown(view), printed(view)):
        assert text.count(WEAK) == 1 and f"2 can’t say: {WEAK}" in text
        assert text.count("by which alone it would fail") == 2


@pytest.mark.parametrize("name", ["<script>x</script>\x1b[31m", "[red]a|b`\u202e\n**c**"])
def test_hostile_names_of_judged_variants_are_text(name: str) -> None:
    view = build_view(narrow(name))
    verdict = render(view).split('<section class="verdict"')[1].split("</section>")[0]
    assert "<script" not in verdict and "\x1b" not in verdict and "\u202e" not in verdict
    assert f"gate for {one_line(name)}: can’t say" in printed(view)
    assert "<script" not in markdown(view) and "**c**" not in markdown(view)
