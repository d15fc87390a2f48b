"""Each way of tuning in a line: what it says, and of whom."""

from __future__ import annotations

import pytest

from harness.formats.markdown import markdown
from harness.records import GateDecision, NonInferiority, RuleResult
from harness.report_in_short import in_short
from harness.report_records import ReportView
from harness.report_view import build_view, render
from tests.report_sources import hostile_sources, make_sources


def lines(view: ReportView, *outcomes: str) -> dict[str, str]:
    """Variant → its line, with one rule of the gate on ml-lr-qkgu for each outcome."""
    rules = [
        RuleResult.model_validate(
            {"rule": "r", "outcome": o, "measured": None, "threshold": 0, "reason": "", "variant": "ml-lr-qkgu"}
        )
        for o in outcomes
    ]
    decision = GateDecision(outcome="fail", rules=tuple(rules)) if rules else None
    matched = [r.comparison for f in view.frontiers if f.table for g in f.table.groups for r in g.rows]
    made = in_short(view.rows, tasks=view.tasks, matched=matched, decision=decision)
    return {one.variant: one.text.replace("\u00a0", " ") for one in made}


def with_margin(view: ReportView, verdict: NonInferiority) -> ReportView:
    """The usability tasks compared within three points, with this result on the first of them."""
    results = {"borderline_requests": verdict, "general_knowledge": "not_worse"}
    rows = []
    for row in view.rows:
        cells = [
            cell.model_copy(
                update={
                    "comparison": cell.comparison
                    and cell.comparison.model_copy(update={"margin": 0.03, "non_inferiority": results[card.name]})
                }
            )
            if cell is not None and card.name in results
            else cell
            for card, cell in zip(view.tasks, row.cells, strict=True)
        ]
        rows.append(row.model_copy(update={"cells": tuple(cells)}))
    return view.model_copy(update={"rows": tuple(rows)})


def test_a_mitigation_has_a_line_against_plain_ift() -> None:
    made = lines(build_view(make_sources(prompts=200)))
    assert list(made) == ["ml-lr-qkgu"]
    assert "attack success" in made["ml-lr-qkgu"] and "; plain IFT at as much expertise (" in made["ml-lr-qkgu"]
    assert "less harmful, −" in made["ml-lr-qkgu"] and "gate" not in made["ml-lr-qkgu"]


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        ("not_worse", "; usability no worse than the base within 3 points"),
        ("worse", "; usability worse by more than 3 points on “Borderline requests”"),
        ("unclear", "; usability not shown to be no worse within 3 points on “Borderline requests”"),
    ],
)
def test_usability_within_the_margin(verdict: NonInferiority, said: str) -> None:
    made = lines(with_margin(build_view(make_sources(prompts=60)), verdict))
    assert made["ml-lr-qkgu"].endswith(said)


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [(("pass", "pass"), "gate pass"), (("pass", "cant_say"), "gate can’t say"), (("cant_say", "fail"), "gate fail")],
)
def test_the_gate_of_the_variant_is_its_worst_rule(outcomes: tuple[str, ...], said: str) -> None:
    assert lines(build_view(make_sources()), *outcomes)["ml-lr-qkgu"].endswith(f"; {said}")


def test_without_a_mitigation_every_tuned_variant_has_a_line_against_the_base() -> None:
    view = build_view(make_sources(prompts=200))
    plain = tuple(row for row in view.rows if row.variant.kind in (None, "plain"))
    made = in_short(plain, tasks=view.tasks, matched=(), decision=None)
    assert sorted(one.variant for one in made) == ["ift-1.5e-4", "ift-2e-4", "ift-4e-4"]
    assert all("; more harmful than the base, +" in one.text and one.tone == "worse" for one in made)


def test_page_and_markdown_show_the_lines_as_text() -> None:
    view = build_view(make_sources(prompts=60))
    assert '<ul class="in-short">' in render(view) and "plain IFT at as much expertise" in markdown(view)
    (line,) = view.in_short
    evil = line.model_copy(update={"text": "<script>window.hacked=1</script>"})
    page = render(build_view(hostile_sources()).model_copy(update={"in_short": (evil,) * 7}))
    assert "<script>window.hacked" not in page and "1 more variant in a line" in page
