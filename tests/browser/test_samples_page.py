"""The sample browser in a real browser: flips, pairs with marked words, links, keys, covers, paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import Open
from tests.report_sources import HOSTILE

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

HARMFUL = "#variant=ift-4e-4&flip=harmful"


def counted(page: Page, text: str) -> None:
    page.wait_for_selector(f"#count >> text=/^{text}/")


def test_safe_before_and_harmful_after_is_of_harmfulness_tasks_alone(open_report: Open) -> None:
    page = open_report().page
    page.select_option("#f-flip", "harmful")
    counted(page, "[1-9][0-9]* of 200")
    where = page.locator("#list .where").all_inner_texts()
    assert where and all(line.startswith("Harmful ") for line in where)


def test_the_reverse_stands_the_other_way_round(open_report: Open) -> None:
    page = open_report(anchor=HARMFUL).page
    rose = page.locator("#list .what").all_text_contents()
    page = open_report(anchor="#variant=base&against=ift-4e-4&flip=safe").page
    assert rose and page.locator("#list .what").all_text_contents() == rose


def test_any_two_variants_lie_side_by_side_by_seed(open_report: Open) -> None:
    page = open_report(anchor="#variant=ml-lr-qkgu&against=ift-2e-4").page
    heads = page.locator("#detail .card h4").all_inner_texts()
    assert heads == ["ift-2e-4", "ml-lr-qkgu"] * 3
    metas = page.locator("#detail .meta").all_inner_texts()
    assert ["seed 0" in m for m in metas] == [True, True, False, False, False, False]


def test_a_variant_beside_itself_shows_its_seeds(open_report: Open) -> None:
    page = open_report(anchor="#variant=ift-2e-4&against=ift-2e-4").page
    metas = " ".join(page.locator("#detail .meta").all_inner_texts())
    assert [metas.count(f"seed {n}") for n in range(3)] == [1, 1, 1]


def test_words_are_marked_only_where_both_lie_open(open_report: Open) -> None:
    page = open_report(anchor=HARMFUL).page
    page.locator("#list button").first.focus()
    assert page.locator("#detail .cover").count() > 0
    assert page.locator("#detail .stack .uncovered").count() == page.locator("#detail .stack mark").count() == 0
    page.keyboard.press("u")
    assert page.locator("#detail .cover").count() == 0
    marked = page.locator("#detail mark").all_inner_texts()
    assert "cannot" in marked and "bucket" in marked


def test_uncovering_one_leaves_the_others_and_moves_the_focus_to_it(open_report: Open) -> None:
    page = open_report(anchor=HARMFUL).page
    before = page.locator("#detail .cover").count()
    page.locator("#detail .cover").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("#detail .cover").count() == before - 1
    assert "bucket" in page.locator(":focus").inner_text()
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert page.locator("#detail .cover").count() == before


def test_a_link_reproduces_filters_search_and_sample(open_report: Open) -> None:
    page = open_report().page
    page.select_option("#f-task", "harmful_requests")
    page.select_option("#f-category", "workshop")
    page.select_option("#f-variant", "ift-4e-4")
    page.select_option("#f-against", "ift-2e-4")
    page.select_option("#f-outcome", "complies")
    page.fill("#f-search", "thing 1")
    counted(page, "[0-9]+ of 200")
    page.wait_for_url("**search=thing%201")
    page.locator("#list button").first.focus()
    page.keyboard.press("j")
    again = open_report(anchor=page.url[page.url.index("#") :]).page
    for selector in ("#count", "#list", "#detail"):
        assert again.inner_text(selector) == page.inner_text(selector)
    assert again.input_value("#f-search") == "thing 1"


def test_a_link_whose_filters_leave_its_sample_out_shows_it_and_says_so(open_report: Open) -> None:
    page = open_report().page
    page.locator("#list button").nth(2).click()
    anchor = page.url[page.url.index("#") :]
    page = open_report(anchor=f"{anchor}&search=nowhere-at-all").page
    assert "were cleared" in page.inner_text("#count") and "thing 2 " in page.inner_text("#detail .prompt-box")


def test_a_link_with_an_unknown_variant_says_so(open_report: Open) -> None:
    opened = open_report(anchor="#variant=nobody&flip=harmful")
    assert "names a variant that this report does not have" in opened.page.inner_text("#count")
    assert opened.complaints == []


def test_tab_goes_from_the_filters_to_the_list_to_the_completions(open_report: Open) -> None:
    page = open_report(anchor=HARMFUL).page
    page.focus("#clear")
    stops = []
    for _ in range(3):
        page.keyboard.press("Tab")
        stops.append(page.evaluate("document.activeElement.closest('#list, #more, #detail')?.id"))
    assert stops[0] == "list" and "detail" in stops and stops[1:].count("list") == 0


def test_arrows_step_in_the_list_and_keys_can_be_turned_off(open_report: Open) -> None:
    page = open_report().page
    current = "#list button[aria-current=true] .what"
    first = page.inner_text(current)
    page.locator("#list button").first.focus()
    page.keyboard.press("ArrowDown")
    assert page.inner_text(current) != first
    page.keyboard.press("ArrowUp")
    assert page.inner_text(current) == first
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "f-search"
    page.keyboard.press("Escape")
    page.uncheck("#f-keys")
    page.locator("#list button").first.focus()
    page.keyboard.press("j")
    assert page.inner_text(current) == first


def test_a_print_shows_covered_samples_as_covered(open_report: Open) -> None:
    page = open_report(anchor=HARMFUL).page
    page.locator("#list button").first.focus()
    page.keyboard.press("u")
    assert "bucket" in page.inner_text("#detail")
    page.emulate_media(media="print")
    assert "bucket" not in page.inner_text("#detail") and "Covered, may be harmful" in page.inner_text("#detail")
    assert page.is_hidden("#filters") and page.is_visible("#detail .prompt-box")


@pytest.mark.parametrize("without", ["", "DecompressionStream"])
def test_deflated_samples_are_read_with_and_without_the_browsers_help(open_report: Open, without: str) -> None:
    opened = open_report("big", without=without)
    assert opened.page.get_attribute("#sample-store", "type") == "text/plain"
    counted(opened.page, "1,500 of 1,500")
    opened.page.fill("#f-search", "thing 299 of clinic choice")
    counted(opened.page, "1 of 1,500")
    assert opened.complaints == []


@pytest.mark.parametrize("width", [400, 1440])
def test_hostile_completions_are_text_side_by_side_too(open_report: Open, width: int) -> None:
    opened = open_report("hostile", width=width, anchor="#variant=ift-4e-4")
    page = opened.page
    for _ in range(len(HOSTILE)):
        page.locator("#list button[aria-current=true]").focus()
        page.keyboard.press("u")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.keyboard.press("j")
    page.fill("#f-search", "{{ 7*7 }}")
    page.wait_for_selector("#detail .prompt-box >> text={{ 7*7 }}")
    assert page.evaluate("window.hacked") is None and opened.complaints == []


def test_without_javascript_the_counts_stay(open_report: Open) -> None:
    page = open_report().page
    made = page.context.browser
    assert made is not None
    bare = made.new_page(java_script_enabled=False)
    bare.goto(page.url.partition("#")[0])
    section = bare.inner_text("#samples")
    assert "Harmful requests" in section and "needs JavaScript" in section and "Unpacking" not in section
    bare.close()
