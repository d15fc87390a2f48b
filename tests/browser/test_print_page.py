"""The pages on paper: every table within its page, no number smaller than its interval, what is left out is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import Open

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

UPRIGHT, LYING = 703, 1032
"""What A4 leaves between the margins, in CSS pixels."""
_WIDE = """([width, selector]) => [...document.querySelectorAll(selector)].filter(t => t.getClientRects().length)
  .filter(t => t.getBoundingClientRect().right > width + 1
    || [...t.querySelectorAll('th, td')].some(c => c.scrollWidth > c.clientWidth + 1))
  .map(t => t.closest('.scroll').getAttribute('aria-label'))"""


def printed(open_report: Open, name: str, width: int = UPRIGHT) -> Page:
    page = open_report(name, width=width).page
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    return page


@pytest.mark.parametrize("name", ["usual", "many", "deep", "wrapped", "runs"])
def test_every_table_is_within_its_page(open_report: Open, name: str) -> None:
    page = printed(open_report, name)
    assert page.evaluate(_WIDE, [UPRIGHT, ".scroll:not(.lying) table"]) == []
    lying = printed(open_report, name, LYING)
    assert lying.evaluate(_WIDE, [LYING, ".lying table"]) == []


@pytest.mark.parametrize("name", ["usual", "many", "runs"])
def test_a_number_is_not_smaller_than_its_interval(open_report: Open, name: str) -> None:
    sizes = printed(open_report, name).evaluate(
        "[...document.querySelectorAll('td:has(.num):has(.ci)')].map(c =>"
        " ['.num', '.ci'].map(s => parseFloat(getComputedStyle(c.querySelector(s)).fontSize)))"
    )
    assert len(sizes) > 5 and all(number > interval for number, interval in sizes)


def test_folds_left_out_are_named_and_the_others_open(open_report: Open) -> None:
    page = printed(open_report, "many")
    left_out = page.locator("details.not-on-paper")
    assert left_out.count() > 4 and not any(fold.is_visible() for fold in left_out.all())
    text = page.inner_text("main")
    assert "Not printed: the intervals of 45 single seeds." in text
    assert "Not printed: 105 comparisons of tuned variants with one another." in text
    assert page.locator("details:not([open]):not(.not-on-paper)").count() == 0


def test_folds_of_a_page_without_script_are_printed(open_report: Open) -> None:
    page = printed(open_report, "runs")
    assert page.locator("details:not([open])").count() > 0
    assert all(fold.is_visible() for fold in page.locator("details:not([open]) > :not(summary)").all())
