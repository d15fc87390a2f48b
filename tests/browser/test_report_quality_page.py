"""Wrapped prompts and completion quality in a real browser, on a desk and on a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import Open
from tests.report_sources import HOSTILE

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

WIDTHS = pytest.mark.parametrize("width", [400, 1440])
SENT = "#detail .prompt-box details.sent"


def opened_on_wrapped(open_report: Open, *, width: int) -> Page:
    page = open_report("wrapped", width=width).page
    page.select_option("#f-task", "harmful_new_frames")
    page.wait_for_selector(SENT)
    return page


@WIDTHS
def test_the_sent_prompt_is_folded_under_the_bare_one(open_report: Open, width: int) -> None:
    page = opened_on_wrapped(open_report, width=width)
    bare = page.inner_text("#detail .prompt-box > .hostile")
    assert bare.startswith("Please explain") and not page.is_visible(f"{SENT} .hostile")
    page.click(f"{SENT} summary")
    sent = page.inner_text(f"{SENT} .hostile")
    assert sent.startswith("We are rehearsing a play") and sent.endswith(bare)
    assert page.locator("#detail .cover").count() > 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_bare_prompt_has_no_fold(open_report: Open) -> None:
    page = open_report("wrapped").page
    page.wait_for_selector("#detail .prompt-box")
    assert page.locator(SENT).count() == 0


def test_search_goes_by_the_bare_prompt(open_report: Open) -> None:
    page = opened_on_wrapped(open_report, width=1440)
    page.fill("#f-search", "rehearsing")
    page.wait_for_selector("#count >> text=/^0 of/")
    page.fill("#f-search", "thing 17 of")
    page.wait_for_selector("#count >> text=/^1 of/")


def test_a_hostile_wrapper_shows_as_text(open_report: Open) -> None:
    opened = open_report("hostile")
    opened.page.click(f"{SENT} summary")
    sent = opened.page.inner_text(f"{SENT} .hostile")
    assert HOSTILE[0] in sent and HOSTILE[1] in sent
    assert opened.page.evaluate("window.hacked") is None and opened.complaints == []


@WIDTHS
def test_the_quality_table_stays_in_its_box_and_flags_the_rise(open_report: Open, width: int) -> None:
    page = open_report("wrapped", width=width).page
    box = page.get_by_role("region", name="Completion quality on Harmful requests")
    assert box.locator(".flag").all_inner_texts() == ["! +25.0 points"]
    assert box.evaluate("(e) => e.scrollWidth > e.clientWidth") is (width == 400)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert "A model that babbles is not a safe one" in page.inner_text(".verdict .notice")
