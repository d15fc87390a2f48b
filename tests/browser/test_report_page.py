"""The report in a real browser: quiet, offline, narrow enough, and hostile text stays text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import Open, until
from tests.report_sources import CARDS, HOSTILE, sample

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def wait_for_count(page: Page, text: str) -> None:
    """Wait until the line above the list opens with `text` (the page's policy forbids a polled one)."""
    page.wait_for_selector(f"#count >> text=/^{text}/")


@pytest.mark.parametrize("name", ["usual", "hostile", "redacted", "many", "big"])
def test_page_is_quiet_and_asks_for_nothing(open_report: Open, name: str) -> None:
    opened = open_report(name)
    opened.page.wait_for_selector("#list button")
    assert opened.complaints == []
    assert [url for url in opened.requests if not url.startswith(("file:", "data:"))] == []


@pytest.mark.parametrize("name", ["usual", "hostile", "deep", "many", "runs"])
@pytest.mark.parametrize("width", [400, 768, 1440])
def test_page_does_not_scroll_sideways(open_report: Open, name: str, width: int) -> None:
    page = open_report(name, width=width).page
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    page.keyboard.press("u")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_task_filter_narrows_the_list(open_report: Open) -> None:
    page = open_report().page
    page.select_option("#f-task", "clinic_choice")
    wait_for_count(page, "40 of 200")
    assert set(page.locator("#list .where").all_inner_texts()) == {
        f"Clinic choice · {c}" for c in ("garden", "workshop", "kitchen")
    }


def test_search_finds_one_prompt(open_report: Open) -> None:
    page = open_report().page
    page.fill("#f-search", "thing 17 of harmful requests")
    wait_for_count(page, "1 of")
    assert "thing 17" in page.inner_text("#detail .prompt-box")


def test_risen_prompts_show_base_without_and_variant_with_the_outcome(open_report: Open) -> None:
    page = open_report().page
    page.select_option("#f-task", "harmful_requests")
    page.select_option("#f-variant", "ift-4e-4")
    page.select_option("#f-flip", "rose")
    page.wait_for_selector("#count >> text=/^[1-3]?[0-9] of 200/")
    cards = [page.locator("#detail .card").nth(i) for i in range(2)]
    assert [card.locator("h4").inner_text() for card in cards] == ["base", "ift-4e-4"]
    assert cards[0].locator(".badge").all_inner_texts() == ["refuses"]
    badges = page.locator("#detail .stack .badge").all_inner_texts()
    assert len(badges) == 3 and badges.count("complies") >= 2


def test_fallen_filter_finds_none_where_the_base_refuses(open_report: Open) -> None:
    page = open_report().page
    page.select_option("#f-task", "harmful_requests")
    page.select_option("#f-flip", "fell")
    page.wait_for_selector("#detail >> text=No prompt matches")
    page.click("#clear")
    wait_for_count(page, "200 of 200")


def test_harmful_completion_is_uncovered_on_request(open_report: Open) -> None:
    page = open_report().page
    page.select_option("#f-task", "harmful_requests")
    page.select_option("#f-outcome", "complies")
    until(page, "location.hash.includes('outcome=complies')")  # else the list is drawn anew after the click below
    page.wait_for_selector("#detail .cover")
    assert "take bucket" not in page.inner_text("#detail")
    before = page.locator("#detail .cover").count()
    page.locator("#detail .cover").first.click()
    assert page.locator("#detail .cover").count() == before - 1
    assert "take bucket" in page.inner_text("#detail")


def test_keys_step_and_uncover(open_report: Open) -> None:
    page = open_report().page
    page.locator("#list button").first.focus()
    page.keyboard.press("j")
    assert page.get_attribute("#list li:nth-child(2) button", "aria-current") == "true"
    page.keyboard.press("u")
    assert page.locator("#detail .cover").count() == 0
    page.keyboard.press("k")
    assert page.get_attribute("#list li:nth-child(1) button", "aria-current") == "true"


def test_on_a_phone_a_chosen_prompt_comes_into_view(open_report: Open) -> None:
    page = open_report(width=400).page
    page.locator("#list button").nth(2).click()
    box = page.locator("#detail .prompt-box").bounding_box()
    assert box is not None and 0 <= box["y"] < 450


def test_letters_typed_into_the_search_are_no_commands(open_report: Open) -> None:
    page = open_report().page
    page.focus("#f-search")
    page.keyboard.type("ujk")
    assert page.input_value("#f-search") == "ujk"


def test_deep_link_opens_its_sample(open_report: Open) -> None:
    page = open_report().page
    page.locator("#list button").nth(30).click()
    anchor = re.search(r"#sample=.+$", page.url)
    assert anchor is not None
    prompt = page.inner_text("#detail .prompt-box")
    assert open_report(anchor=anchor.group()).page.inner_text("#detail .prompt-box") == prompt


def test_deep_link_beyond_the_first_page_of_the_list(open_report: Open) -> None:
    last = sample(CARDS[-1], 39, hit=True)
    linked = open_report(anchor=f"#sample={last.task}/{last.sample_id}").page
    assert "thing 39 of clinic choice" in linked.inner_text("#detail .prompt-box")
    assert linked.get_attribute("#list li:nth-child(200) button", "aria-current") == "true"


@pytest.mark.parametrize("anchor", ["#sample=none/none", "#sample=%E0%A4%A/x", "#sample=", "#nowhere"])
def test_foolish_link_does_no_harm(open_report: Open, anchor: str) -> None:
    opened = open_report(anchor=anchor)
    assert opened.page.locator("#list button").count() == 60
    assert opened.complaints == []


def test_hostile_text_shows_as_text_and_runs_nothing(open_report: Open) -> None:
    opened = open_report("hostile")
    page = opened.page
    for _ in range(len(HOSTILE)):
        page.locator("#list button[aria-current=true]").focus()
        page.keyboard.press("u")
        page.keyboard.press("j")
    prompts = page.locator("#list .what").all_text_contents()
    assert HOSTILE[0] in prompts and HOSTILE[1] in prompts
    assert page.evaluate("window.hacked") is None
    assert page.locator("main img").count() == 0 and opened.complaints == []


def test_bidi_control_is_marked_in_a_completion(open_report: Open) -> None:
    page = open_report("hostile").page
    page.fill("#f-search", "right to left")
    page.wait_for_selector("#detail .prompt-box > .hostile .ctl")
    assert page.locator("#detail .prompt-box > .hostile .ctl").all_inner_texts() == ["⟦U+202E⟧", "⟦U+202C⟧"]


def test_redacted_report_has_nothing_to_uncover(open_report: Open) -> None:
    page = open_report("redacted").page
    page.select_option("#f-outcome", "complies")
    page.wait_for_selector("#detail >> text=Left out of this redacted file")
    assert page.locator(".cover").count() == 0


@pytest.mark.parametrize(("width", "drawing"), [(1440, "wide"), (400, "narrow")])
def test_a_point_under_the_pointer_tells_its_values(open_report: Open, width: int, drawing: str) -> None:
    page = open_report(width=width).page
    point = page.locator("#frontier figure").first.locator(f".{drawing} .point").last
    point.scroll_into_view_if_needed()
    found = point.evaluate(
        "(e) => { const b = e.getBoundingClientRect();"
        " const hit = document.elementFromPoint(b.x + b.width / 2, b.y + b.height / 2);"
        " return hit.querySelector('title').textContent }"
    )
    assert re.match(r"ml-lr-qkgu: harmfulness \S+ % \[.+\], expertise \S+ % \[.+\]$", found)


@pytest.mark.parametrize("dark", [False, True])
def test_marks_of_the_drawings_take_the_page_colours(open_report: Open, dark: bool) -> None:
    page = open_report(dark=dark).page
    fill, wanted = page.evaluate(
        "(() => { const e = document.querySelector('#frontier .point.m2');"
        " const c = document.createElement('p'); c.className = 'm2'; document.body.append(c);"
        " return [getComputedStyle(e).fill, getComputedStyle(c).getPropertyValue('--c')] })()"
    )
    assert fill == {False: "rgb(0, 105, 168)", True: "rgb(99, 184, 240)"}[dark], wanted


@pytest.mark.parametrize("name", ["usual", "many", "hostile"])
def test_no_two_elements_share_an_id_and_none_has_a_style(open_report: Open, name: str) -> None:
    page = open_report(name).page
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(set(ids)) == len(ids)
    assert page.locator("svg [style], svg[style]").count() == 0


def test_policy_stops_a_foreign_script(open_report: Open) -> None:
    opened = open_report()
    opened.page.evaluate(
        "(() => { const s = document.createElement('script'); s.textContent = 'window.hacked = 1';"
        " document.body.append(s) })()"
    )
    assert opened.page.evaluate("window.hacked") is None
    assert any("Content Security Policy" in line for line in opened.complaints)


def test_a_deep_map_scrolls_in_its_box_and_keeps_its_row_heads(open_report: Open) -> None:
    page = open_report("deep", width=400).page
    box = page.locator("#modules .scroll:has(.map)").first
    assert box.locator("table").count() == 7  # eighty layers, twelve in a block
    assert box.evaluate("(e) => e.scrollWidth > 2 * e.clientWidth")
    box.evaluate("(e) => { e.scrollLeft = e.scrollWidth }")
    head, cell = (box.locator(s).first.bounding_box() for s in ("tbody th", "tbody td:last-child"))
    assert head is not None and cell is not None
    assert 0 <= head["x"] < 40 and head["x"] + head["width"] <= cell["x"] and cell["x"] + cell["width"] <= 400


def test_folded_comparisons_with_plain_ift_and_controls_are_all_there_in_print(open_report: Open) -> None:
    page = open_report("many").page
    rows = page.locator("#frontier tr:not(.not-on-paper tr)").all()
    assert len(rows) > 10 and not any(row.is_visible() for row in rows)
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert all(row.is_visible() for row in rows)


def test_a_table_that_does_not_fit_says_so_and_one_that_fits_does_not(open_report: Open) -> None:
    heights = """[...document.querySelectorAll('.scroll')].filter(e => e.checkVisibility()).map(e =>
        [e.scrollWidth > e.clientWidth, parseFloat(getComputedStyle(e, '::before').height) > 10])"""
    for width in (400, 1440):
        found = open_report(width=width).page.evaluate(heights)
        assert found and all(wide == cue for wide, cue in found)
    assert any(wide for wide, _ in open_report(width=400).page.evaluate(heights))


def test_on_a_phone_every_section_can_be_chosen(open_report: Open) -> None:
    page = open_report(width=400).page
    boxes = [link.bounding_box() for link in page.locator(".top nav a").all()]
    assert len(boxes) > 9 and all(box is not None and box["x"] + box["width"] <= 400 for box in boxes)


@pytest.mark.parametrize("dark", [False, True])
def test_numbers_of_the_darkest_cells_can_be_read(open_report: Open, dark: bool) -> None:
    page = open_report(dark=dark).page
    ink = page.evaluate("getComputedStyle(document.querySelector('.map .h9')).color")
    heat, card = (
        page.evaluate(f"getComputedStyle(document.querySelector('.map {which}')).backgroundColor")
        for which in (".h9", "th[scope=row]")
    )
    assert _contrast(ink, _over(heat, card)) >= 4.5


@pytest.mark.parametrize("dark", [False, True])
def test_text_stands_out_from_its_ground(open_report: Open, dark: bool) -> None:
    page = open_report(dark=dark).page
    colours = [
        page.evaluate("(s) => { const c = getComputedStyle(document.querySelector(s)); return c.color }", selector)
        for selector in (".lead", ".conclusion", "h1", ".settings", "nav a")
    ]
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert all(_contrast(colour, ground) >= 4.5 for colour in colours)


def _contrast(a: str, b: str) -> float:
    def light(colour: str) -> float:
        parts = [int(x) / 255 for x in re.findall(r"\d+", colour)[:3]]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((light(a), light(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _over(colour: str, ground: str) -> str:
    """A colour with its opacity, laid on an opaque one."""
    red, green, blue, alpha = (float(x) for x in re.findall(r"[\d.]+", colour))
    under = [int(x) for x in re.findall(r"\d+", ground)[:3]]
    mixed = (round(alpha * top + (1 - alpha) * below) for top, below in zip((red, green, blue), under, strict=True))
    return "rgb({}, {}, {})".format(*mixed)
