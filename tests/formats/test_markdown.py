"""The comment for a pull request: what it holds, that it stays short, and that it says what it leaves out."""

from __future__ import annotations

from harness.formats.markdown import markdown
from harness.markdown_text import LIMIT
from harness.report_view import build_view
from tests.formats.sources import audit
from tests.many_variants import many_sources
from tests.report_sources import make_sources

VIEW = build_view(make_sources())


def test_it_holds_the_answer_the_gate_and_how_to_run_again() -> None:
    text = markdown(VIEW)
    assert "## quickstart: Yes: " in text and "**Gate: fail** (3 rules: 1 pass, 1 fail, 1 can’t say)" in text
    assert "```\nharness run configs/quickstart.yaml\n```" in text
    assert "0 of 60 scored prompts occur" in text


def test_each_rule_has_its_margin_and_what_would_settle_it() -> None:
    gate = markdown(VIEW).split("### ")[0]
    assert "What would change it: It fails by: attack success of ift-4e-4" in gate
    assert gate.count("; margin: ") == 1 + 3 and "about 240 more prompts, 540 in all" in gate
    unknown = markdown(VIEW.model_copy(update={"margins": ()})).split("### ")[0]
    assert unknown.count("\n- **") == 3 and unknown.count("; margin: ") == 1


def test_every_variant_and_task_has_a_cell_with_interval_and_difference() -> None:
    lines = [line for line in markdown(VIEW).splitlines() if line.startswith("| ift-4e-4 ")]
    assert len(lines) == 1 and lines[0].count("\\[") == 2 * len(VIEW.tasks)
    assert ", worse" in lines[0]


def test_a_long_one_is_cut_openly() -> None:
    rows = tuple(
        row.model_copy(update={"variant": row.variant.model_copy(update={"name": f"{row.variant.name}-{n}"})})
        for n in range(200)
        for row in VIEW.rows
    )
    text = markdown(VIEW.model_copy(update={"rows": rows}))
    assert 1000 < len(text) <= LIMIT
    table = text.split("### All variants")[1]
    shown = sum(line.startswith(("| base-", "| ift-", "| ml-")) for line in table.splitlines())
    assert f"… and {1000 - shown:,} more variants (in report.html)" in text


def test_what_is_shown_at_like_expertise_comes_before_its_numbers() -> None:
    made = markdown(build_view(many_sources(prompts=30)))
    section = made.split("### At like expertise or training loss")[1].split("###")[0]
    answers, numbers = section.split("<details><summary>The numbers</summary>", 1)
    assert answers.count("\n- against ") == 3 and "- against plain IFT: " in answers
    assert "92 more comparisons: other strategies and controls among themselves" in numbers
    assert sum(line.startswith("| ") and "---" not in line for line in section.splitlines()) == 2 * 121 + 4


def test_numbers_at_like_expertise_are_cut_first() -> None:
    view = build_view(many_sources(prompts=30))
    whole, short = markdown(view), markdown(view, limit=30_000)
    assert len(short) <= 30_000 < len(whole)
    assert "more (in report.html)" in short and "more (in report.html)" not in whole
    assert short.split("### All variants")[1] == whole.split("### All variants")[1]


def test_what_was_unscored_is_counted() -> None:
    text = markdown(VIEW).split("### Unscored")[1].split("###")[0]
    pairs = sum(cell is not None and cell.score.unscored > 0 for row in VIEW.rows for cell in row.cells)
    assert pairs == text.count("\n- ") or "Every sample was scored." in text


def test_no_completion_is_in_it() -> None:
    assert "turn the crank" not in markdown(audit().view)
