"""The terminal summary: numbers, gate, and no way for hostile text to reach the terminal."""

from __future__ import annotations

import io
from dataclasses import replace

from rich.console import Console

from harness.formats.markdown import markdown
from harness.hostile import one_line
from harness.report_view import ReportView, build_view, render
from harness.summary import print_summary
from tests.many_variants import many_sources
from tests.report_sources import make_sources
from tests.robustness_sources import analysis, with_analyses


def printed(view: ReportView, *, width: int = 140) -> str:
    stream = io.StringIO()
    print_summary(view, Console(file=stream, width=width, force_terminal=False))
    return stream.getvalue()


def renamed(view: ReportView, name: str) -> ReportView:
    rows = tuple(r.model_copy(update={"variant": r.variant.model_copy(update={"name": name})}) for r in view.rows)
    return view.model_copy(update={"rows": rows, "headline": name})


def test_summary_gives_answer_table_and_gate() -> None:
    view = build_view(make_sources(prompts=50))
    text = printed(view)
    assert view.headline in text and "ml-lr-qkgu" in text
    assert "gate: fail (3 rules: 1 pass, 1 fail, 1 can’t say)" in text


def test_the_gate_ends_with_the_rule_that_decided_and_what_would_change_it() -> None:
    lines = printed(build_view(make_sources(prompts=50))).splitlines()
    assert lines[-2].startswith("  It fails by: attack success of ift-4e-4 stays within 5 points of the base; margin: ")
    assert lines[-1].startswith("  To change it, every rule that fails must move")


def test_summary_gives_the_comparison_at_like_expertise() -> None:
    view = build_view(make_sources(prompts=50))
    text = printed(view)
    assert "ml-lr-qkgu at like expertise: Attack success" in text
    assert all(one_line(m.text) in text for m in view.matched)


def test_summary_says_what_the_search_found_and_who_used_it() -> None:
    view = build_view(with_analyses(make_sources(), analysis()))
    text = printed(view, width=400)
    assert one_line(view.robustness[0].searches[0].headline) in text
    assert "(ml-lr-qkgu)" in text


def test_every_pooled_share_is_printed() -> None:
    view = build_view(make_sources(prompts=50))
    text = printed(view)
    shares = [
        f"{c.score.value * 100:.1f}\u00a0%" for r in view.rows for c in r.cells if c and c.score.value is not None
    ]
    assert len(shares) == 25 and all(share in text for share in shares)


def test_markup_is_printed_as_it_is() -> None:
    text = printed(renamed(build_view(make_sources()), "[red]x[/red] [/] [link=y]"))
    assert "[red]x[/red] [/] [link=y]" in text


def test_control_characters_do_not_reach_the_terminal() -> None:
    text = printed(renamed(build_view(make_sources()), "a\x1b[31m\u202e\x07"))
    assert "\x1b" not in text and "\u202e" not in text and "⟦U+001B⟧" in text


def test_summary_without_gate_says_so() -> None:
    view = build_view(make_sources()).model_copy(update={"decision": None})
    assert "gate: the config has no gate section" in printed(view)


def test_warnings_are_printed() -> None:
    view = build_view(make_sources()).model_copy(update={"warnings": ("base has no score on X.",)})
    assert "! base has no score on X." in printed(view)


def test_the_ranking_is_printed_with_its_sentence() -> None:
    view = build_view(many_sources(prompts=60))
    text = printed(view, width=120)
    assert view.ranking is not None and one_line(view.ranking.sentence) in text
    cells = [[c.strip() for c in line.split("│")[1:-1]] for line in text.splitlines() if line.startswith("│")]
    ranked = [c for c in cells if len(c) == 7 and c[1]]
    assert [c[1] for c in ranked] == [row.name for row in view.ranking.rows]
    assert (ranked[0][0], ranked[-1][0]) == ("1", "too little") and "unclear" in {c[0] for c in ranked}


def test_where_nothing_was_ranked_there_is_no_table_of_it() -> None:
    made = make_sources(prompts=10)
    view = build_view(replace(made, table=made.table.model_copy(update={"ranking": None})))
    text = printed(view, width=400)
    assert "Not ranked: these scores hold no ranking" in text and "rank among those" not in text


def test_what_variants_need_besides_is_one_line_below_the_ranking() -> None:
    (line,) = [x for x in printed(build_view(many_sources(prompts=10)), width=120).splitlines() if "also needed" in x]
    assert "ptst: a system prompt of 213 characters before every question" in line
    assert "safety-mix, lisa: 60 examples of builtin:safe" in line or "lisa, safety-mix: 60 examples" in line


def test_what_a_variant_changes_for_itself_stands_below_its_name() -> None:
    made = make_sources()
    first, *others = reversed(made.manifest.variants)
    entries = (first.model_copy(update={"changes": ("dataset.limit=\x1b[50",)}), *others)
    view = build_view(replace(made, manifest=made.manifest.model_copy(update={"variants": entries})))
    text = printed(view)
    assert "dataset.limit=⟦U+001B⟧[50" in text and "\x1b" not in text
    assert '<small class="changed" dir="auto">dataset.limit=⟦U+001B⟧[50</small>' in render(view)
    assert f"| {first.name}<br>dataset.limit=⟦U+001B⟧\\[50 |" in markdown(view)


def test_many_comparisons_at_like_expertise_are_a_line_for_each_reference() -> None:
    view = build_view(many_sources(prompts=60))
    lines = [line for line in printed(view).splitlines() if line.endswith("(numbers in the report)")]
    assert [line.split(":")[0] for line in lines] == list(dict.fromkeys(m.label for m in view.matched))
    assert 0 < len(lines) < 6 and "less harmful (" in lines[0]
