"""The sample browser's filters, links and covers: met by one variant, of whole words, nothing dropped silently."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.records import Verdict
from harness.report_records import CheckpointOutputs
from harness.report_view import build_view, render
from tests.browser.conftest import Open, until
from tests.report_sources import CARDS, make_sources

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

HARMFUL = CARDS[0].name
CURRENT = "#list button[aria-current=true]"


def judged(outputs: CheckpointOutputs) -> CheckpointOutputs:
    """Reference answers to harmful requests; ift-4e-4 is incoherent on the last under seed 0, where judges disagree."""
    samples = tuple(
        s.model_copy(update={"target": f"Sure, the secret steps of {s.sample_id}.", "category": "swindle"})
        if s.task == HARMFUL else s
        for s in outputs.samples
    )  # fmt: skip
    if (outputs.variant, outputs.seed) != ("ift-4e-4", 0):
        return replace(outputs, samples=samples)
    last = [s for s in samples if s.task == HARMFUL][-1]

    def changed(v: Verdict) -> Verdict:
        mine = (v.task, v.sample_id, v.judge) == (last.task, last.sample_id, "world")
        return v.model_copy(update={"outcome": "incoherent", "unscored_reason": ""}) if mine else v

    return replace(outputs, samples=samples, verdicts=tuple(changed(v) for v in outputs.verdicts))


@pytest.fixture(scope="module", autouse=True)
def _judged(reports: Path) -> None:
    sources = make_sources(prompts=40)
    made = build_view(replace(sources, checkpoints=tuple(judged(one) for one in sources.checkpoints)))
    (reports / "judged.html").write_text(render(made), encoding="utf-8")
    (reports / "judged-redacted.html").write_text(render(made, redact=True), encoding="utf-8")


def found(page: Page, text: str) -> None:
    page.wait_for_selector(f"#count >> text=/^{text} of 200/")


def in_pane(page: Page) -> bool:
    """Whether the open prompt's line lies within what the list shows."""
    line, pane = (page.locator(s).bounding_box() for s in (CURRENT, ".list-pane"))
    assert line is not None and pane is not None
    return pane["y"] - 1 <= line["y"] and line["y"] + line["height"] <= pane["y"] + pane["height"] + 1


def test_a_prompt_far_down_stays_listed_marked_and_in_reach_of_the_keyboard(open_report: Open) -> None:
    page = open_report("judged").page
    page.select_option("#f-task", "clinic_choice")
    found(page, "40")
    page.click("#clear")
    found(page, "200")
    assert "number 161 is open" in page.inner_text("#count") and page.locator("#list button").count() == 180
    assert in_pane(page) and page.locator('#list [tabindex="0"]').count() == 1
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-current')") == "true"
    page.focus("#f-search")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.getAttribute('aria-current')") == "true"


def test_another_section_and_a_reload_keep_the_filters(open_report: Open) -> None:
    page = open_report("judged", anchor="#variant=ift-4e-4&flip=harmful&search=thing").page
    before = page.inner_text("#count")
    page.click("nav a[href='#limits']")
    page.wait_for_url("**#limits")
    until(page, "history.state && history.state.view")  # the address changes first
    page.reload()
    page.wait_for_selector("#browser[data-ready]")
    assert page.inner_text("#count") == before and page.input_value("#f-flip") == "harmful"
    assert page.url.endswith("#limits") and page.evaluate("scrollY") > 0


@pytest.mark.parametrize(
    ("anchor", "said"),
    [
        ("#task=clinic_choice&category=swindle", "category is not one of its task"),
        ("#task=nowhere&flip=harmful", "names a task that this report does not have"),
        ("#flip=upwards", "names a flip that"),
        ("#judges=all", "names a filter by judges that"),
        ("#task=clinic_choice&colour=red", "holds a filter that this report does not know"),
        ("#task=%zz", "cannot be read"),
    ],
)
def test_what_a_link_cannot_have_is_said(open_report: Open, anchor: str, said: str) -> None:
    opened = open_report("judged", anchor=anchor)
    assert said in opened.page.inner_text("#count") and opened.complaints == []


def test_a_category_that_the_next_task_lacks_is_said_to_be_cleared(open_report: Open) -> None:
    page = open_report("judged", anchor=f"#task={HARMFUL}&category=swindle").page
    page.select_option("#f-task", "clinic_choice")
    page.wait_for_selector("#count >> text=has no such category")


@pytest.mark.parametrize(
    ("search", "count"),
    [
        ("  thing 17  ", 5),
        ("requests thing HARMFUL 17", 1),
        ('"17 of harmful requests"', 1),
        ('"requests thing" 17', 0),
        ('"17 of harmful', 2),
        ("   ", 200),
        ('""', 200),
    ],
)
def test_a_search_is_of_all_words_and_phrases(open_report: Open, search: str, count: int) -> None:
    page = open_report("judged").page
    page.fill("#f-search", search)
    found(page, str(count))


def test_an_id_is_found_by_how_it_begins(open_report: Open) -> None:
    page = open_report("judged").page
    page.locator("#list button").nth(3).click()
    number = page.url.partition("/requests")[0].rpartition("/")[2][:8]
    page.fill("#f-search", number)
    found(page, "1")


def test_verdict_and_flip_are_met_by_the_same_variant(open_report: Open) -> None:
    page = open_report("judged", anchor=f"#task={HARMFUL}&flip=harmful&outcome=refuses").page
    every = set(page.locator("#list .what").all_text_contents())
    by_variant: set[str] = set()
    for variant in ("ift-4e-4", "ift-2e-4", "ift-1.5e-4", "ml-lr-qkgu"):
        page.select_option("#f-variant", variant)
        page.wait_for_url(f"**/{variant}*")
        by_variant |= set(page.locator("#list .what").all_text_contents())
    assert every == by_variant
    page.select_option("#f-variant", "")
    page.select_option("#f-outcome", "incoherent")
    page.wait_for_url("**outcome=incoherent*")
    assert page.locator("#list button").count() <= 1


def test_judges_that_disagree_can_be_asked_for(open_report: Open) -> None:
    page = open_report("judged", anchor="#judges=disagree").page
    found(page, "1")
    assert "thing 39 of harmful requests" in page.inner_text("#detail .prompt-box")
    page.select_option("#f-variant", "ml-lr-qkgu")
    found(page, "0")


def test_an_incoherent_completion_is_marked_neither_good_nor_bad(open_report: Open) -> None:
    page = open_report("judged", anchor="#judges=disagree").page
    badge = page.locator(".badge", has_text="incoherent")
    assert badge.count() == 1 and badge.get_attribute("class") == "badge odd"
    marks = [
        page.evaluate(f"getComputedStyle(document.querySelector('.badge.{tone}'), '::before').content")
        for tone in ("odd", "good", "bad")
    ]
    assert len(set(marks)) == 3 and "1 of them incoherent" in page.inner_text("#samples .lead")


def test_covers_open_and_close_again(open_report: Open) -> None:
    page = open_report("judged", anchor=f"#task={HARMFUL}&variant=ift-4e-4&flip=harmful").page
    covers = page.locator("#detail .cover").count()
    assert "secret steps" not in page.inner_text("#detail") and covers >= 3
    page.locator(".prompt-box .cover").focus()
    page.keyboard.press("Enter")
    assert "secret steps" in page.inner_text(":focus") and page.locator("#detail .cover").count() == covers - 1
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator("#detail .cover").count() == covers
    assert page.inner_text(":focus") == "Covered, may be harmful. Show it"
    for opened in (0, covers):
        page.keyboard.press("u")
        assert page.locator("#detail .cover").count() == opened


def test_a_redacted_file_says_that_the_reference_answer_is_left_out(open_report: Open) -> None:
    page = open_report("judged-redacted", anchor=f"#task={HARMFUL}").page
    assert "Left out of this redacted file" in page.inner_text(".prompt-box")
    assert "reference answers to harmful requests are left out" in page.inner_text("#samples .lead")


def test_the_base_stands_once_beside_all_seeds(open_report: Open) -> None:
    page = open_report("judged", anchor="#variant=ift-4e-4").page
    assert page.locator("#detail .card h4").all_inner_texts() == ["base", *["ift-4e-4"] * 3]
    page.select_option("#f-variant", "base")
    page.select_option("#f-against", "ift-4e-4")
    page.wait_for_url("**against=ift-4e-4*")
    assert page.locator("#detail .card h4").all_inner_texts() == [*["ift-4e-4"] * 3, "base"]


def test_numbers_in_the_tables_lead_to_their_samples_by_keyboard(open_report: Open) -> None:
    opened = open_report("judged")
    page = opened.page
    link = page.locator("#task-1 a.to-samples[href*='variant=ift-4e-4'][href*='outcome=complies']").first
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**outcome=complies")
    until(page, "document.querySelector('#f-variant').value === 'ift-4e-4'")  # the address changes first
    assert page.input_value("#f-task") == HARMFUL
    assert 0 < page.locator("#list button").count() <= 40
    hrefs = page.locator("a.to-samples").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    for href in hrefs[:: max(1, len(hrefs) // 40)]:
        page.evaluate(f"location.hash = {href!r}")
        page.wait_for_url(f"**{href}")
        assert "The link" not in page.inner_text("#count")
    assert opened.complaints == []


def test_on_a_phone_the_table_by_task_shows_every_number(open_report: Open) -> None:
    page = open_report("judged", width=400).page
    table = page.locator("table.stacked")
    assert table.evaluate("t => t.parentElement.scrollWidth <= t.parentElement.clientWidth")
    cells = [cell.bounding_box() for cell in table.locator("tbody td").all()]
    assert cells and all(box and box["x"] >= 0 and box["x"] + box["width"] <= 400 for box in cells)
    assert "Completions" in table.locator("td").nth(1).evaluate("e => getComputedStyle(e, '::before').content")
