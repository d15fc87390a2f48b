"""The report's section on leakage: counts and overlaps, hostile text shown as text."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

from harness.report_leakage import UNCHECKED, leakage_lines
from harness.report_view import build_view, render
from tests.leakage_sources import checked, hostile_leakage, overlap, with_overlaps
from tests.report_sources import CARDS, HOSTILE, make_sources

TASK = "harmful_requests"
FOUND = (overlap(TASK), overlap(TASK, 1, similarity=0.86), overlap("clinic_choice", 2))


def section(html: str) -> str:
    """The section's text."""
    inner = html.split('<section id="leakage"')[1].split("</section>")[0]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", f"<{inner}")).split())


def test_without_an_overlap_it_says_what_was_looked_at() -> None:
    view = build_view(make_sources())
    text = section(render(view))
    assert "None of 60 scored prompts occurs" in text
    assert "my.jsonl (40 turns), probe.csv (harmful) (1 prompt, classifier)" in text
    assert not any("occur" in line for line in view.warnings)


def test_overlaps_are_counted_listed_and_warned_of() -> None:
    view = build_view(with_overlaps(make_sources(), *FOUND))
    text = section(render(view))
    assert "3 of 60 scored prompts occur" in text and "lets the run go on all the same" in text
    assert "harmful_requests 12 1 1 16.7" in text
    assert "86.0" in text and "line 3" in text and "and in 1 other text" in text
    assert view.warnings[0].startswith("Harmful requests: 2 of 12 prompts occur in the data")
    assert view.warnings[1].startswith("Clinic choice: 1 of 12 prompts")


def test_an_assistants_turn_is_not_shown() -> None:
    hidden = overlap(TASK).model_copy(update={"text": ""})
    assert "an assistant’s turn, not shown" in section(render(build_view(with_overlaps(make_sources(), hidden))))


def test_a_list_that_was_cut_says_so() -> None:
    sources = with_overlaps(make_sources(), *FOUND)
    assert sources.table.leakage is not None
    cut = sources.table.leakage.model_copy(update={"overlaps": FOUND[:2]})
    text = section(render(build_view(replace(sources, table=sources.table.model_copy(update={"leakage": cut})))))
    assert "The first 2 of 3 overlaps" in text


def test_hostile_texts_add_no_element() -> None:
    plain = render(build_view(with_overlaps(make_sources(), *(overlap(TASK, n) for n in range(len(HOSTILE))))))
    html = render(build_view(hostile_leakage(make_sources(), HOSTILE)))
    assert html.count("<script") == plain.count("<script") and "<img" not in html
    assert "⟦U+202E⟧" in section(html)


def test_scores_without_a_check_say_so() -> None:
    sources = make_sources()
    view = build_view(replace(sources, table=sources.table.model_copy(update={"leakage": None})))
    assert view.warnings == (UNCHECKED,)
    assert "was not checked" in section(render(view))


def test_every_task_has_its_share() -> None:
    found = checked([card.name for card in CARDS], prompts=12, overlaps=FOUND)
    assert (found.prompts, found.leaked) == (60, 3)
    assert [t.leaked for t in found.tasks] == [2, 0, 0, 0, 1]
    assert found.of("nowhere") is None


def test_what_was_tuned_elsewhere_may_have_seen_anything() -> None:
    sources = make_sources()
    assert sources.table.leakage is not None
    lines = leakage_lines(sources.table.leakage, tasks=sources.table.tasks, elsewhere=("dpo", "mine"))
    assert lines[0].startswith("dpo, mine: tuned elsewhere, on data that this run has not seen")


def test_a_run_that_tunes_nothing_says_that_nothing_was_looked_at() -> None:
    sources = make_sources()
    assert sources.table.leakage is not None
    empty = sources.table.leakage.model_copy(update={"sources": ()})
    text = section(render(build_view(replace(sources, table=sources.table.model_copy(update={"leakage": empty})))))
    assert "were held against no text" in text
    assert "None of" not in text
